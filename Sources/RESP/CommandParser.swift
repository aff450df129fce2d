// An incremental parser of commands: arrays of bulk strings, or inline words. It works on the bytes where they lie and
// gives ranges, not copies; what it has understood of a command that is not complete yet it remembers, so that a command
// of a million arguments is not read again with every packet.
//
// Source: https://redis.io/docs/latest/develop/reference/protocol-spec/. Lengths are read as strictly as Redis reads
// them (no sign, no leading zero), which makes the accepted form of a command unique: see `Command.encoded`.

package import Primitives

/// What follows the commands that were gathered.
package enum Gathered: Equatable {
    case more
    case incomplete
    case failed(ProtocolError)
}

private struct GatheredCommand {
    var offset: Int
    var consumed: Int
    var first: Int
    var count: Int
}

/// The parsing state of one connection.
package struct CommandParser: ~Copyable {
    /// What the bytes at hand amount to.
    package enum Outcome: Equatable {
        /// A command is complete; `current` has it. `consumed` bytes belong to it.
        case command(consumed: Int)
        /// An empty line or an empty array, which is skipped.
        case nothing(consumed: Int)
        case incomplete
        case failed(ProtocolError)
    }

    private var ranges: UnsafeMutablePointer<ArgumentRange>
    private var capacity: Int
    /// Ranges in use, and the first of them that belongs to the command at work; those before it are of commands that
    /// were gathered.
    private var parsed = 0
    private var first = 0
    /// Arguments announced; -1 before the first line is complete.
    private var expected = -1
    /// Where the next unread byte is, counted from the command's first byte.
    private var position = 0
    /// An inline command, re-written as an array of bulk strings.
    private var rewritten = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var currentStart: UnsafeRawPointer?
    private var currentLength = 0
    private var gathered: UnsafeMutablePointer<GatheredCommand>?
    /// Commands that `gather` found.
    package private(set) var gatheredCount = 0

    private static let initialCapacity = 8

    package init() {
        self.capacity = Self.initialCapacity
        self.ranges = .allocate(capacity: Self.initialCapacity)
    }

    deinit {
        self.ranges.deallocate()
        self.rewritten.deallocate()
        self.gathered?.deallocate()
    }

    /// Looks for one command at the start of `bytes`.
    ///
    /// Between two calls that return `incomplete` the caller may move the bytes and must append to them, and nothing else.
    package mutating func next(in bytes: Bytes) -> Outcome {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return .incomplete }
        if self.expected < 0 {
            guard bytes[0] == UInt8(ascii: "*") else { return self.inline(start, bytes.count) }
            switch Self.lengthLine(start, from: 1, end: bytes.count) {
            case .incomplete(let tooLong):
                return tooLong ? .failed(.tooBigArgumentCountLine) : .incomplete
            case .invalid: return .failed(.invalidArgumentCount)
            case .value(let value, let next):
                guard value <= Limits.argumentCount else { return .failed(.invalidArgumentCount) }
                guard value > 0 else { return .nothing(consumed: next) }
                self.expected = value
                self.position = next
            }
        }
        return self.arguments(start, bytes.count)
    }

    /// The command that `next` has just found. Its bytes are those that `next` was given.
    package var current: Command {
        guard let start = self.currentStart else { preconditionFailure("no command has been parsed") }
        return Command(
            start: start,
            length: self.currentLength,
            ranges: self.ranges + self.first,
            count: self.parsed - self.first
        )
    }

    /// Gets ready for the next command. To be called once a command has been dealt with.
    package mutating func advance() {
        if self.capacity > Limits.retainedArguments { self.resize(to: Self.initialCapacity, keeping: 0) }
        self.dropRewritten()
        self.gatheredCount = 0
        self.parsed = 0
        self.first = 0
        self.expected = -1
        self.position = 0
        self.currentStart = nil
    }

    /// How many commands `gather` finds at most.
    package static let mostGathered = 16

    /// Looks for several commands at the start of `bytes`, so that what they will need can be fetched into the cache before
    /// the first of them runs. An inline command comes alone.
    /// - Returns: what follows them: another command (`more`), an unfinished one, or a mistake.
    package mutating func gather(in bytes: Bytes) -> Gathered {
        precondition(self.gatheredCount == 0, "the commands gathered before have not been dealt with")
        var offset = 0
        while self.gatheredCount < Self.mostGathered, offset < bytes.count {
            let rest = Bytes(rebasing: bytes[offset...])
            let isInline = self.expected < 0 && rest[0] != UInt8(ascii: "*")
            if isInline, self.gatheredCount > 0 { return .more }
            switch self.next(in: rest) {
            case .command(let consumed):
                self.hold(offset: offset, consumed)
                offset += consumed
                if isInline { return .more }
            case .nothing(let consumed):
                self.hold(offset: offset, consumed)
                offset += consumed
            case .incomplete: return .incomplete
            case .failed(let error): return .failed(error)
            }
        }
        return offset < bytes.count ? .more : .incomplete
    }

    /// One of the commands gathered, with the bytes it took; nil in place of an empty line.
    /// - Parameter bytes: what `gather` was given.
    package func gathered(_ index: Int, in bytes: Bytes) -> (command: Command?, consumed: Int) {
        precondition(index < self.gatheredCount, "so many commands were not gathered")
        guard let held = self.gathered?[index], let base = bytes.baseAddress else {
            preconditionFailure("nothing was gathered")
        }
        guard held.count > 0 else { return (nil, held.consumed) }
        // An inline command comes alone, and its bytes are those that were written out for it.
        let rewritten = self.rewritten.baseAddress.map { UnsafeRawPointer($0) }
        let command = Command(
            start: rewritten ?? base + held.offset,
            length: rewritten == nil ? held.consumed : self.rewritten.count,
            ranges: self.ranges + held.first,
            count: held.count
        )
        return (command, held.consumed)
    }

    /// All commands gathered have been dealt with: what was understood of an unfinished one behind them is kept.
    package mutating func advancePastGathered() {
        guard self.expected >= 0 || self.position > 0 else { return self.advance() }
        let unfinished = self.parsed - self.first
        self.ranges.update(from: self.ranges + self.first, count: unfinished)
        self.parsed = unfinished
        self.first = 0
        self.gatheredCount = 0
    }

    private mutating func hold(offset: Int, _ consumed: Int) {
        let gathered = self.gathered ?? .allocate(capacity: Self.mostGathered)
        self.gathered = gathered
        gathered[self.gatheredCount] = GatheredCommand(
            offset: offset,
            consumed: consumed,
            first: self.first,
            count: self.parsed - self.first
        )
        self.gatheredCount += 1
        self.first = self.parsed
        self.expected = -1
        self.position = 0
    }

    private mutating func arguments(_ start: UnsafeRawPointer, _ end: Int) -> Outcome {
        while self.parsed - self.first < self.expected {
            guard self.position < end else { return .incomplete }
            let marker = start.load(fromByteOffset: self.position, as: UInt8.self)
            guard marker == UInt8(ascii: "$") else { return .failed(.expectedBulk(marker)) }
            switch Self.lengthLine(start, from: self.position + 1, end: end) {
            case .incomplete(let tooLong):
                return tooLong ? .failed(.tooBigBulkLengthLine) : .incomplete
            case .invalid: return .failed(.invalidBulkLength)
            case .value(let length, let next):
                guard length >= 0, length <= Limits.bulkLength else { return .failed(.invalidBulkLength) }
                guard next + length + 2 <= end else { return .incomplete }
                self.append(ArgumentRange(offset: UInt32(next), length: UInt32(length)))
                // Redis skips the two bytes after a bulk unseen; checking them is free and keeps `encoded` honest.
                guard start.loadUnaligned(fromByteOffset: next + length, as: UInt16.self) == Self.lineEnd else {
                    return .failed(.invalidBulkLength)
                }
                self.position = next + length + 2
            }
        }
        self.currentStart = start
        self.currentLength = self.position
        return .command(consumed: self.position)
    }

    /// CR LF as one little-endian word.
    private static let lineEnd: UInt16 = 0x0a0d

    private enum LengthLine {
        case value(Int, next: Int)
        case incomplete(tooLong: Bool)
        case invalid
    }

    private static func lengthLine(_ start: UnsafeRawPointer, from: Int, end: Int) -> LengthLine {
        var cursor = from
        var value = 0
        while cursor < end {
            let byte = start.load(fromByteOffset: cursor, as: UInt8.self)
            let digit = byte &- UInt8(ascii: "0")
            if digit > 9 { break }
            // Ten digits are more than any limit; a longer number is refused before it can overflow.
            guard cursor - from < 10, !(cursor > from && value == 0) else { return .invalid }
            value = value &* 10 &+ Int(digit)
            cursor += 1
        }
        guard cursor < end else { return .incomplete(tooLong: cursor - from > Limits.inlineLength) }
        let stop = start.load(fromByteOffset: cursor, as: UInt8.self)
        if stop == UInt8(ascii: "-"), cursor == from { return Self.negativeLine(start, from: from, end: end) }
        guard stop == UInt8(ascii: "\r"), cursor > from else { return .invalid }
        guard cursor + 1 < end else { return .incomplete(tooLong: false) }
        guard start.load(fromByteOffset: cursor + 1, as: UInt8.self) == UInt8(ascii: "\n") else { return .invalid }
        return .value(value, next: cursor + 2)
    }

    /// Redis takes a negative argument count for an empty command; `-1` is the form that clients send.
    private static func negativeLine(_ start: UnsafeRawPointer, from: Int, end: Int) -> LengthLine {
        let expected: StaticString = "-1\r\n"
        for index in 0..<4 {
            guard from + index < end else { return .incomplete(tooLong: false) }
            guard start.load(fromByteOffset: from + index, as: UInt8.self) == expected.utf8Start[index] else {
                return .invalid
            }
        }
        return .value(-1, next: from + 4)
    }

    private mutating func append(_ range: ArgumentRange) {
        if self.parsed == self.capacity { self.resize(to: self.capacity * 2, keeping: self.parsed) }
        self.ranges[self.parsed] = range
        self.parsed += 1
    }

    private mutating func resize(to capacity: Int, keeping count: Int) {
        let larger = UnsafeMutablePointer<ArgumentRange>.allocate(capacity: capacity)
        larger.update(from: self.ranges, count: count)
        self.ranges.deallocate()
        self.ranges = larger
        self.capacity = capacity
    }

    private mutating func inline(_ start: UnsafeRawPointer, _ end: Int) -> Outcome {
        let bytes = Bytes(start: start, count: end)
        guard let newline = bytes.dropFirst(self.position).firstIndex(of: UInt8(ascii: "\n")) else {
            self.position = end
            return end > Limits.inlineLength ? .failed(.tooBigInlineRequest) : .incomplete
        }
        self.position = 0
        guard newline <= Limits.inlineLength else { return .failed(.tooBigInlineRequest) }
        guard let words = InlineWords.split(Bytes(rebasing: bytes[0..<newline])) else {
            return .failed(.unbalancedQuotes)
        }
        guard !words.isEmpty else { return .nothing(consumed: newline + 1) }
        self.rewrite(words)
        return .command(consumed: newline + 1)
    }

    private mutating func rewrite(_ words: [[UInt8]]) {
        var encoded = Array("*\(words.count)\r\n".utf8)
        for word in words {
            encoded.append(contentsOf: "$\(word.count)\r\n".utf8)
            self.append(ArgumentRange(offset: UInt32(encoded.count), length: UInt32(word.count)))
            encoded.append(contentsOf: word)
            encoded.append(contentsOf: "\r\n".utf8)
        }
        self.rewritten = .allocate(byteCount: encoded.count, alignment: 1)
        self.rewritten.copyBytes(from: encoded)
        self.currentStart = UnsafeRawPointer(self.rewritten.baseAddress)
        self.currentLength = encoded.count
    }

    private mutating func dropRewritten() {
        guard self.rewritten.baseAddress != nil else { return }
        self.rewritten.deallocate()
        self.rewritten = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    }
}
