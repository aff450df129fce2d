// What a primary sends, as its replica reads it:
//
//     answer → stream ⇄ snapshot ⇄ chunk
//     any → failed
//
// The bytes are read where they lie, however they are cut: a short buffer asks for more, and anything that is malformed, out
// of order or too long is a typed error that ends the connection. Nothing of what came before it is lost by that, and nothing
// behind it is read. Source: the wire of kevy 1.x, with a history in the answer and heartbeats between frames.
//
// A snapshot may begin wherever a frame may, also while the stream runs: that is a primary which lost the replica's place. A
// second one before the end of the first starts over.

package import Primitives
package import RESP

/// What the bytes of a primary amount to. Borrows them: valid until the next call.
package enum FollowerEvent {
    /// The handshake is granted, with the position as it was asked; the history only to the long form.
    case acknowledged(Position, History?)
    /// The primary gives a reason and ends the connection.
    case refused(Bytes)
    case snapshotBegan
    /// The snapshot's next bytes, cut as they came.
    case snapshotChunk(Bytes)
    /// The data is that of a position now, and frames follow it.
    case snapshotEnded(Position)
    /// The next mutation of the stream.
    case frame(LSN, Command)
    /// The primary is alive, at this tip and this time of its clock.
    case ping(tip: Position, at: Milliseconds)
}

package struct FollowerInput: ~Copyable {
    package enum State: Equatable, Sendable {
        /// The answer to the handshake is still to come.
        case answer
        case stream
        /// Between two chunks of a snapshot.
        case snapshot
        /// So many bytes of a chunk are still to come, and its line end.
        case chunk(left: Int)
        case failed(FollowerError)
    }

    package private(set) var state = State.answer
    /// Everything up to here has been given out; the next frame is the one after it.
    package private(set) var position: Position
    private let isLongForm: Bool
    private var parser = CommandParser()
    private var hasCommand = false

    /// Bytes of a line: an answer, a heartbeat, the reason of a refusal.
    package static let longestLine = 4096
    /// Bytes of a frame. A primary without a log takes commands of up to its `client-query-buffer-limit`, by default 1 GiB.
    package static let longestFrame = 1 << 30

    /// - Parameters:
    ///   - position: what the handshake asks for.
    ///   - isLongForm: the handshake claims a history, and must be answered with one.
    package init(asking position: Position, isLongForm: Bool) {
        self.position = position
        self.isLongForm = isLongForm
    }

    /// Whether the byte that comes next begins a mutation. Inside of a snapshot any byte may come, this one too.
    package func beginsFrame(_ next: UInt8) -> Bool { self.state == .stream && next == UInt8(ascii: "*") }

    /// Reads the next event from the front of the bytes.
    ///
    /// Bytes that are not consumed must be there again at the next call, at the front; they may have moved.
    /// - Returns: the event, nil when more bytes are needed for it, and how many bytes have been dealt with.
    package mutating func next(in bytes: Bytes) throws(FollowerError) -> (event: FollowerEvent?, consumed: Int) {
        if self.hasCommand {
            self.parser.advance()
            self.hasCommand = false
        }
        do throws(FollowerError) {
            var used = 0
            while true {
                let step = try self.step(in: used == 0 ? bytes : Bytes(rebasing: bytes[used...]))
                used += step.consumed
                if step.event != nil || step.consumed == 0 { return (step.event, used) }
            }
        } catch {
            self.state = .failed(error)
            throw error
        }
    }

    /// - Returns: no event and bytes consumed where something without an event was passed over.
    private mutating func step(in bytes: Bytes) throws(FollowerError) -> (event: FollowerEvent?, consumed: Int) {
        switch self.state {
        case .stream:
            // The usual case first.
            if bytes.first == UInt8(ascii: "*") { return try self.frame(in: bytes) }
            return try self.line(in: bytes)
        case .answer, .snapshot: return try self.line(in: bytes)
        case .chunk(let left): return try self.chunk(left: left, in: bytes)
        case .failed(let error): throw error
        }
    }

    // MARK: Frames

    private mutating func frame(in bytes: Bytes) throws(FollowerError) -> (event: FollowerEvent?, consumed: Int) {
        guard let envelope = try Envelope(bytes) else { return (nil, 0) }
        let expected = self.position + 1
        guard envelope.lsn == expected else {
            throw envelope.lsn > expected
                ? .gap(expected: expected, received: envelope.lsn)
                : .stepBack(expected: expected, received: envelope.lsn)
        }
        let rest = Bytes(rebasing: bytes[envelope.length...])
        guard let first = rest.first else { return (nil, 0) }
        // An inline command is a client's to send.
        guard first == UInt8(ascii: "*") else { throw .malformedMutation }
        switch self.parser.next(in: rest) {
        case .command(let consumed):
            self.hasCommand = true
            self.position = expected
            return (.frame(expected, self.parser.current), envelope.length + consumed)
        case .incomplete:
            guard bytes.count <= Self.longestFrame else { throw .oversize }
            return (nil, 0)
        case .nothing, .failed: throw .malformedMutation
        }
    }

    // MARK: Lines

    private mutating func line(in bytes: Bytes) throws(FollowerError) -> (event: FollowerEvent?, consumed: Int) {
        guard let first = bytes.first else { return (nil, 0) }
        guard self.begins(with: first) else { throw self.mismatch }
        let searched = Bytes(rebasing: bytes.prefix(Self.longestLine))
        guard let end = searched.firstIndex(of: UInt8(ascii: "\n")) else {
            guard bytes.count < Self.longestLine else { throw .oversize }
            return (nil, 0)
        }
        guard end > 1, bytes[end - 1] == UInt8(ascii: "\r") else { throw self.mismatch }
        let line = Bytes(rebasing: bytes[..<(end - 1)])
        let event = try self.event(of: line)
        return (event, end + 1)
    }

    /// Whether such a byte begins something that may come now.
    private func begins(with byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"): true
        case UInt8(ascii: "$"): self.state == .snapshot
        default: false
        }
    }

    /// What is wrong when something comes that may not come now.
    private var mismatch: FollowerError {
        switch self.state {
        case .answer: .malformedAnswer
        case .stream: .malformedEnvelope
        case .snapshot, .chunk: .malformedSnapshot
        case .failed(let error): error
        }
    }

    private mutating func event(of line: Bytes) throws(FollowerError) -> FollowerEvent? {
        if line[0] == UInt8(ascii: "-") { return .refused(Bytes(rebasing: line.dropFirst())) }
        if line[0] == UInt8(ascii: "$") {
            guard let length = Decimal.readUnsigned(Bytes(rebasing: line.dropFirst())) else { throw .malformedSnapshot }
            guard length <= UInt64(Limits.bulkLength) else { throw .oversize }
            self.state = .chunk(left: Int(length))
            return nil
        }
        var words = Words(line)
        let verb = words.next()
        if self.state == .answer {
            guard verb.equals(Bytes("+ACK")) else { throw .malformedAnswer }
            return try self.answer(&words)
        }
        if verb.equals(Bytes("+PING")) {
            guard let tip = Decimal.readUnsigned(words.next()), let time = Decimal.read(words.next()), words.isAtEnd
            else {
                throw self.mismatch
            }
            return .ping(tip: tip, at: time)
        }
        if verb.equals(Bytes("+SNAPSHOT")), words.isAtEnd {
            self.state = .snapshot
            return .snapshotBegan
        }
        if verb.equals(Bytes("+SNAPSHOT_END")), self.state == .snapshot {
            guard let position = Decimal.readUnsigned(words.next()), position < UInt64(Int64.max), words.isAtEnd else {
                throw .malformedSnapshot
            }
            self.state = .stream
            self.position = position
            return .snapshotEnded(position)
        }
        throw self.mismatch
    }

    private mutating func answer(_ words: inout Words) throws(FollowerError) -> FollowerEvent {
        guard Decimal.readUnsigned(words.next()) == self.position else { throw .malformedAnswer }
        var history: History?
        if self.isLongForm {
            guard let granted = History(hex: words.next()), granted != .none else { throw .malformedAnswer }
            history = granted
        }
        guard words.isAtEnd else { throw .malformedAnswer }
        self.state = .stream
        return .acknowledged(self.position, history)
    }

    // MARK: Chunks

    private mutating func chunk(
        left: Int,
        in bytes: Bytes
    ) throws(FollowerError) -> (event: FollowerEvent?, consumed: Int) {
        if left > 0 {
            let piece = Bytes(rebasing: bytes.prefix(left))
            guard !piece.isEmpty else { return (nil, 0) }
            self.state = .chunk(left: left - piece.count)
            return (.snapshotChunk(piece), piece.count)
        }
        if let first = bytes.first, first != UInt8(ascii: "\r") { throw .malformedSnapshot }
        guard bytes.count >= 2 else { return (nil, 0) }
        guard bytes[1] == UInt8(ascii: "\n") else { throw .malformedSnapshot }
        self.state = .snapshot
        return (nil, 2)
    }
}

/// `*2\r\n:<offset>\r\n`, in front of every mutation.
private struct Envelope {
    var lsn: LSN
    var length: Int

    private static let prefix: StaticString = "*2\r\n:"
    private static let longestNumber = 19

    /// nil when more bytes are needed.
    init?(_ bytes: Bytes) throws(FollowerError) {
        let prefix = Bytes(Self.prefix)
        let shared = min(prefix.count, bytes.count)
        for index in 0..<shared where bytes[index] != prefix[index] {
            throw index < 4 ? .malformedEnvelope : .malformedOffset
        }
        guard shared == prefix.count else { return nil }
        var end = prefix.count
        let limit = min(bytes.count, prefix.count + Self.longestNumber + 2)
        while end < limit, bytes[end] != UInt8(ascii: "\r") { end += 1 }
        guard end < limit else {
            guard bytes.count < prefix.count + Self.longestNumber + 2 else { throw .malformedOffset }
            return nil
        }
        guard end + 1 < bytes.count else { return nil }
        guard bytes[end + 1] == UInt8(ascii: "\n"),
            let offset = Decimal.read(Bytes(rebasing: bytes[prefix.count..<end]))
        else { throw .malformedOffset }
        guard offset >= 0 else { throw .negativeOffset }
        guard offset < Int64.max else { throw .malformedOffset }
        self.lsn = LSN(offset) + 1
        self.length = end + 2
    }
}

/// The words of a line, one blank between two.
private struct Words {
    private var rest: Bytes
    private(set) var isAtEnd = false

    init(_ line: Bytes) { self.rest = line }

    /// The next word; empty where there is none.
    mutating func next() -> Bytes {
        guard !self.isAtEnd, let blank = self.rest.firstIndex(of: UInt8(ascii: " ")) else {
            defer {
                self.rest = Bytes(start: nil, count: 0)
                self.isAtEnd = true
            }
            return self.rest
        }
        defer { self.rest = Bytes(rebasing: self.rest[(blank + 1)...]) }
        return Bytes(rebasing: self.rest[..<blank])
    }
}
