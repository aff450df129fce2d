// Reads a replication stream: frames of a Sluice primary, or the plain commands of a Redis primary. The generator's SET
// is recognised by its fixed opening and checked in place; everything else takes the slow path, which parses any command.
// A piece that ends inside a frame is left for the next read.

package import Workload

/// How a primary talks to its replicas.
package enum Dialect: Sendable, Equatable {
    /// `REPLICATE FROM …`: frames with a position each.
    case replicate
    /// `PSYNC …`: bare commands, counted in bytes.
    case psync
}

/// Why a stream cannot be followed any further.
package enum StreamError: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(String)
    /// A frame that is not the next one.
    case gap(expected: UInt64, received: UInt64)
    case refused(String)
    case violation(StreamViolation)

    package var description: String {
        switch self {
        case .malformed(let what): "malformed stream: \(what)"
        case .gap(let expected, let received): "frame \(received) came where \(expected) was due"
        case .refused(let line): "the primary said: \(line)"
        case .violation(let violation): violation.description
        }
    }
}

/// The state of one replica's stream between two reads.
package struct StreamReader: Sendable {
    package let dialect: Dialect
    /// Mutations held (replicate) or bytes of the stream taken (psync): what is acknowledged.
    package private(set) var position: UInt64
    package private(set) var verifier: StreamVerifier
    /// Commands that are not the generator's: other writes, PING, SELECT.
    package private(set) var otherCommands: UInt64 = 0
    /// The primary asked for an acknowledgement (REPLCONF GETACK).
    package var acknowledgementAsked = false
    /// The number of the last marker; 0 before the first.
    package private(set) var marker: UInt64 = 0
    /// A full copy follows what was taken.
    package private(set) var isCopyDue = false

    package init(dialect: Dialect, position: UInt64, verifier: StreamVerifier) {
        self.dialect = dialect
        self.position = position
        self.verifier = verifier
    }

    /// Takes as many whole frames as there are and returns their length in bytes.
    package mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(StreamError) -> Int {
        var taken = 0
        while taken < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
            let length =
                switch self.dialect {
                case .replicate: try self.frame(rest)
                case .psync: try self.plainCommand(rest)
                }
            if length == 0 { break }
            taken += length
            if self.isCopyDue { break }
        }
        return taken
    }

    private mutating func plainCommand(_ bytes: UnsafeRawBufferPointer) throws(StreamError) -> Int {
        let length = try self.command(bytes)
        self.position += UInt64(length)
        return length
    }

    /// `*2\r\n:<position>\r\n<command>`, or a line between frames.
    private mutating func frame(_ bytes: UnsafeRawBufferPointer) throws(StreamError) -> Int {
        guard bytes[0] == UInt8(ascii: "*") else { return try self.line(bytes) }
        guard let offset = try Self.number(bytes, at: 5) else { return 0 }
        guard bytes[1] == UInt8(ascii: "2"), bytes[4] == UInt8(ascii: ":") else {
            throw .malformed("a frame must begin with *2 and a position")
        }
        guard offset.value == self.position else {
            throw .gap(expected: self.position, received: offset.value)
        }
        let length = try self.command(UnsafeRawBufferPointer(rebasing: bytes[offset.end...]))
        guard length > 0 else { return 0 }
        self.position += 1
        return offset.end + length
    }

    /// `+PING <tip> <ms>` is skipped, `+SNAPSHOT` opens a full copy; an error is the primary's last word.
    private mutating func line(_ bytes: UnsafeRawBufferPointer) throws(StreamError) -> Int {
        guard let end = Self.lineEnd(bytes, from: 0) else { return 0 }
        let text = String(decoding: bytes[0..<(end - 2)], as: UTF8.self)
        if text.hasPrefix("+PING ") { return end }
        if text == "+SNAPSHOT" {
            self.isCopyDue = true
            return end
        }
        throw text.hasPrefix("-") ? .refused(text) : .malformed("unexpected line \(text.prefix(64))")
    }

    // MARK: - Commands

    /// One command; returns its length, or 0 when it is not complete yet.
    private mutating func command(_ bytes: UnsafeRawBufferPointer) throws(StreamError) -> Int {
        if let value = Self.generatedSet(bytes) {
            guard value.upperBound + 2 <= bytes.count else { return 0 }
            do throws(StreamViolation) {
                try self.verifier.receive(
                    key: UnsafeRawBufferPointer(rebasing: bytes[18..<(18 + LoadKey.size)]),
                    value: UnsafeRawBufferPointer(rebasing: bytes[value])
                )
            } catch {
                throw .violation(error)
            }
            return value.upperBound + 2
        }
        return try self.anyCommand(bytes)
    }

    /// Where the value lies, when the bytes open like the generator's SET; its end may lie beyond the bytes.
    @inline(__always)
    private static func generatedSet(_ bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        // "*3\r\n$3\r\nSET\r\n$16\r\n", compared in two words and a half.
        let valueHead = 18 + LoadKey.size
        guard bytes.count >= valueHead + 5 else { return nil }
        guard
            bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self) == 0x0a0d_3324_0a0d_332a,
            bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == 0x3631_240a_0d54_4553,
            bytes[valueHead + 2] == UInt8(ascii: "$")
        else { return nil }
        var size = 0
        var at = valueHead + 3
        while at < bytes.count {
            let digit = bytes[at] &- UInt8(ascii: "0")
            if digit > 9 { break }
            size = size &* 10 &+ Int(digit)
            at += 1
            if at > valueHead + 12 { return nil }
        }
        guard at < bytes.count, bytes[at] == UInt8(ascii: "\r"), size >= MutationHeader.minimumValueSize else {
            return nil
        }
        return (at + 2)..<(at + 2 + size)
    }

    private mutating func anyCommand(_ bytes: UnsafeRawBufferPointer) throws(StreamError) -> Int {
        guard let first = bytes.first else { return 0 }
        guard first == UInt8(ascii: "*") else { throw .malformed("a command must begin with *") }
        guard let count = try Self.number(bytes, at: 1) else { return 0 }
        guard count.value > 0, count.value <= Self.argumentLimit else { throw .malformed("\(count.value) arguments") }
        var at = count.end
        // No array: a mixed load comes this way.
        var arguments = (0..<0, 0..<0, 0..<0)
        var last = 0..<0
        for index in 0..<count.value {
            guard at < bytes.count else { return 0 }
            guard bytes[at] == UInt8(ascii: "$") else { throw .malformed("an argument must begin with $") }
            guard let length = try Self.number(bytes, at: at + 1) else { return 0 }
            guard length.value <= Self.bulkLimit else { throw .malformed("an argument of \(length.value) bytes") }
            let end = length.end + Int(length.value)
            guard end + 2 <= bytes.count else { return 0 }
            last = length.end..<end
            switch index {
            case 0: arguments.0 = last
            case 1: arguments.1 = last
            case 2: arguments.2 = last
            default: break
            }
            at = end + 2
        }
        func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
        if let other = OtherMutation(
            name: part(arguments.0),
            key: part(arguments.1),
            argument: count.value > 2 ? part(last) : nil
        ) {
            self.verifier.receive(other)
            return at
        }
        self.noteOther([arguments.0, arguments.1, arguments.2].prefix(Int(count.value)), bytes)
        return at
    }

    /// A command that is not the generator's.
    private mutating func noteOther(_ arguments: some Sequence<Range<Int>>, _ bytes: UnsafeRawBufferPointer) {
        self.otherCommands += 1
        let words = arguments.map { String(decoding: bytes[$0].prefix(16), as: UTF8.self).uppercased() }
        if words.count == 3, words[0] == "REPLCONF", words[1] == "GETACK" { self.acknowledgementAsked = true }
        if words.count == 3, words[0] == "SET", words[1] == Marker.streamed, let number = UInt64(words[2]) {
            self.marker = max(self.marker, number)
        }
    }

    /// Redis's own limits on a command: arguments, and bytes of one.
    private static let argumentLimit: UInt64 = 1 << 20
    private static let bulkLimit: UInt64 = 512 << 20

    /// Decimal digits from `at` up to CRLF: the value and the offset behind the CRLF; nil when more bytes are needed.
    @inline(__always)
    private static func number(
        _ bytes: UnsafeRawBufferPointer,
        at start: Int
    ) throws(StreamError) -> (value: UInt64, end: Int)? {
        var value: UInt64 = 0
        var at = start
        while at < bytes.count {
            let digit = bytes[at] &- UInt8(ascii: "0")
            if digit > 9 {
                guard at > start, bytes[at] == UInt8(ascii: "\r") else { throw .malformed("a number was expected") }
                return at + 2 <= bytes.count ? (value, at + 2) : nil
            }
            guard at - start < 19 else { throw .malformed("a number has too many digits") }
            value = value &* 10 &+ UInt64(digit)
            at += 1
        }
        return nil
    }

    /// The offset behind the first CRLF.
    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var at = start
        while at + 1 < bytes.count {
            if bytes[at] == UInt8(ascii: "\r"), bytes[at + 1] == UInt8(ascii: "\n") { return at + 2 }
            at += 1
        }
        return nil
    }
}
