// Takes a full copy and throws it away, checking its envelope: bytes in, how many of them belonged to the copy out. Three
// forms:
//
//     chunked  `+SNAPSHOT` · `$<length>` bytes CRLF … · `+SNAPSHOT_END <position>`       (a Sluice primary)
//     sized    `$<length>` bytes                                                        (Redis, from a file)
//     marked   `$EOF:<mark>` bytes <mark>                                               (Redis, straight from its child)
//
// The mark ends a transfer of unknown length. Redis sends nothing behind it until the replica has acknowledged, so that it is
// looked for at the end of each read only, as Redis's own replica does.

/// How a copy is framed; the line that opens it has been read.
package enum CopyFraming: Equatable, Sendable {
    case chunked
    /// The stream goes on behind `position` once so many bytes have come.
    case sized(Int, position: UInt64)
    case marked([UInt8], position: UInt64)
}

package struct CopyReader: Sendable {
    private enum State: Equatable {
        case sized(remaining: Int)
        case marked
        /// A line is due: a chunk's length or the end.
        case line
        case chunk(remaining: Int)
        /// The CRLF behind a chunk.
        case chunkEnd
        case finished(position: UInt64)
    }

    private let framing: CopyFraming
    private var state: State
    /// The last bytes of a marked copy, which may be its mark.
    private var held: [UInt8] = []
    /// Bytes of the copy itself, envelope excluded.
    package private(set) var bytes: UInt64 = 0
    package private(set) var chunks = 0
    private var content: RDBCheck

    /// A server's chunks are far smaller; a length beyond it is damage.
    private static let largestChunk = 64 << 20
    private static let longestLine = 256

    /// - Parameter checksum: whether the content's checksum is computed, which costs as much time as reading it.
    package init(_ framing: CopyFraming, checksum: Bool) {
        self.framing = framing
        self.content = RDBCheck(checksum: checksum)
        switch framing {
        case .chunked: self.state = .line
        case .sized(let length, _): self.state = .sized(remaining: length)
        case .marked: self.state = .marked
        }
    }

    /// Where the stream goes on; nil while the copy is not complete.
    package var position: UInt64? {
        if case .finished(let position) = self.state { position } else { nil }
    }

    /// Takes what it can and returns how many bytes that were; the rest belongs to the next read, or to the stream.
    package mutating func consume(_ input: UnsafeRawBufferPointer) throws(StreamError) -> Int {
        var at = 0
        while at < input.count {
            let rest = UnsafeRawBufferPointer(rebasing: input[at...])
            switch self.state {
            case .finished: return at
            case .marked:
                try self.takeMarked(rest)
                return input.count
            case .sized(let remaining):
                let count = min(remaining, rest.count)
                self.take(UnsafeRawBufferPointer(rebasing: rest[..<count]))
                self.state = .sized(remaining: remaining - count)
                at += count
                if remaining == count { try self.finish() }
            case .chunk(let remaining):
                let count = min(remaining, rest.count)
                self.take(UnsafeRawBufferPointer(rebasing: rest[..<count]))
                self.state = remaining == count ? .chunkEnd : .chunk(remaining: remaining - count)
                at += count
            case .chunkEnd:
                guard rest.count >= 2 else { return at }
                guard rest[0] == 13, rest[1] == 10 else { throw .malformed("a chunk of the copy must end in CRLF") }
                self.state = .line
                at += 2
            case .line:
                guard let end = rest.firstIndex(of: 10) else {
                    guard rest.count <= Self.longestLine else { throw .malformed("an endless line in the copy") }
                    return at
                }
                try self.take(line: String(decoding: rest[..<end].dropLast(), as: UTF8.self))
                at += end + 1
            }
        }
        return at
    }

    private mutating func take(line: String) throws(StreamError) {
        if line.hasPrefix("$"), let length = Int(line.dropFirst()), (1...Self.largestChunk).contains(length) {
            self.chunks += 1
            self.state = .chunk(remaining: length)
            return
        }
        let words = line.split(separator: " ")
        guard words.count == 2, words[0] == "+SNAPSHOT_END", let position = UInt64(words[1]) else {
            if line.hasPrefix("-") { throw .refused(line) }
            throw .malformed("unexpected line in the copy: \(line.prefix(64))")
        }
        try self.content.finish()
        self.state = .finished(position: position)
    }

    private mutating func takeMarked(_ input: UnsafeRawBufferPointer) throws(StreamError) {
        guard case .marked(let mark, _) = self.framing else { preconditionFailure("a mark without a marked copy") }
        let fresh = min(input.count, mark.count)
        // What was held is content as far as newer bytes have taken its place at the end.
        let surplus = max(0, self.held.count + fresh - mark.count)
        self.held.prefix(surplus).withUnsafeBytes { self.take($0) }
        self.held.removeFirst(min(surplus, self.held.count))
        self.take(UnsafeRawBufferPointer(rebasing: input[..<(input.count - fresh)]))
        self.held += input[(input.count - fresh)...]
        if self.held == mark { try self.finish() }
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) {
        self.bytes += UInt64(bytes.count)
        self.content.take(bytes)
    }

    private mutating func finish() throws(StreamError) {
        try self.content.finish()
        switch self.framing {
        case .chunked: preconditionFailure("a chunked copy names its own end")
        case .sized(_, let position), .marked(_, let position): self.state = .finished(position: position)
        }
    }
}

/// What a copy's content must be without being read: an RDB file's beginning, end and, if asked for, checksum.
struct RDBCheck: Sendable {
    private static let magic = Array("REDIS".utf8)
    private static let endOfFile: UInt8 = 0xff
    private static let checksumSize = 8

    private var checksum: CRC64?
    private var head: [UInt8] = []
    /// The last bytes, which may be the checksum.
    private var tail: [UInt8] = []
    private var last: UInt8 = 0

    init(checksum: Bool) { self.checksum = checksum ? CRC64() : nil }

    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        if self.head.count < Self.magic.count { self.head += bytes.prefix(Self.magic.count - self.head.count) }
        let fresh = min(bytes.count, Self.checksumSize)
        let surplus = max(0, self.tail.count + fresh - Self.checksumSize)
        self.tail.prefix(surplus).withUnsafeBytes { self.enter($0) }
        self.tail.removeFirst(min(surplus, self.tail.count))
        self.enter(UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - fresh)]))
        self.tail += bytes[(bytes.count - fresh)...]
    }

    private mutating func enter(_ bytes: UnsafeRawBufferPointer) {
        guard let last = bytes.last else { return }
        self.last = last
        self.checksum?.update(bytes)
    }

    /// - Throws: `malformed` when the content is no RDB file, or a damaged one.
    func finish() throws(StreamError) {
        guard self.head == Self.magic else { throw .malformed("the copy does not begin as an RDB file") }
        guard self.tail.count == Self.checksumSize, self.last == Self.endOfFile else {
            throw .malformed("the copy does not end as an RDB file")
        }
        guard let checksum else { return }
        let written = self.tail.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        // Zero says that the server writes none.
        guard written == 0 || written == checksum.value else { throw .malformed("the copy's checksum does not fit") }
    }
}
