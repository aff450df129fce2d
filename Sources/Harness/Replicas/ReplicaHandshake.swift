// A replica's side of the handshake, as a value: bytes in, actions out. Sources: docs of the REPLICATE stream; for PSYNC
// the Redis replication protocol as served by Redis 7 (`+CONTINUE`, `+FULLRESYNC`, `$EOF:` and `$<length>` transfers).
//
//     replicate: request → `+ACK <position>[ <history>]` → streaming
//     psync: AUTH → `+OK` where a password is asked for → PING → `+PONG` → port and capabilities → `+OK` `+OK` → request, and then
//         at a known offset: `+CONTINUE` → streaming
//         for a newcomer: `+FULLRESYNC <id> <offset>` → `$…` → copying
//
// PSYNC could be sent alone and be answered; the exchanges before it are what every replica of Redis and Valkey makes. A
// Sluice primary announces a copy on the stream, so that it is the reader of the stream which sees it.

/// Where a replica wants to start.
package enum StartingPoint: Equatable, Sendable {
    /// Everything up to this position of this history is held.
    case position(UInt64, history: String)
    /// Nothing is held.
    case nothing
}

package struct ReplicaHandshake: Sendable {
    package enum Action: Equatable, Sendable {
        /// Nothing to do until more bytes come.
        case wait
        /// Send these bytes.
        case send([UInt8])
        /// The stream begins at this position.
        case stream(position: UInt64)
        /// A full copy comes first.
        case copy(CopyFraming)
    }

    private enum State: Equatable {
        /// The answer to AUTH is due, and then that to the PING which went with it.
        case authentication
        case greeting
        /// So many answers are due.
        case introduction(Int)
        case acknowledgement(UInt64)
        case psync
        case transferHeader(offset: UInt64)
        case done
    }

    /// The longest line that a primary may send before the stream; Redis's errors are far shorter.
    private static let lineLimit = 4096
    /// Redis marks the end of a transfer of unknown length with as many random characters.
    private static let markSize = 40

    package let dialect: Dialect
    private let start: StartingPoint
    private var state: State
    /// The primary has announced a full copy.
    package private(set) var isFull = false

    /// - Parameter greeting: an AUTH that goes first, for a primary of the PSYNC dialect; empty for none.
    /// - Returns: the machine and the first bytes to send.
    package static func begin(
        _ dialect: Dialect,
        id: String,
        at start: StartingPoint,
        greeting: [UInt8] = []
    ) -> (handshake: ReplicaHandshake, opening: [UInt8]) {
        switch (dialect, start) {
        case (.replicate, .position(let position, let history)):
            (Self(dialect, start, .acknowledgement(position)), Self.replicate(position, id, history))
        case (.replicate, .nothing):
            (Self(dialect, start, .acknowledgement(0)), Self.replicate(0, id, String(repeating: "0", count: 40)))
        case (.psync, _):
            (Self(dialect, start, greeting.isEmpty ? .greeting : .authentication), greeting + Self.greeting)
        }
    }

    private init(_ dialect: Dialect, _ start: StartingPoint, _ state: State) {
        self.dialect = dialect
        self.start = start
        self.state = state
    }

    private static func replicate(_ position: UInt64, _ id: String, _ history: String) -> [UInt8] {
        CommandEncoder.bytes(["REPLICATE", "FROM", String(position), "ID", id, "HISTORY", history])
    }

    /// What a replica of Redis sends before its request: first this, …
    static let greeting = CommandEncoder.bytes(["PING"])
    /// … then, in one go, this.
    static let introduction =
        CommandEncoder.bytes(["REPLCONF", "listening-port", "0"])
        + CommandEncoder.bytes(["REPLCONF", "capa", "eof", "capa", "psync2"])

    /// The request itself.
    static func psync(_ start: StartingPoint) -> [UInt8] {
        switch start {
        case .position(let position, let history): CommandEncoder.bytes(["PSYNC", history, String(position + 1)])
        case .nothing: CommandEncoder.bytes(["PSYNC", "?", "-1"])
        }
    }

    /// Takes what has arrived, drops from it what it used, and tells what to do.
    package mutating func receive(_ input: inout ArraySlice<UInt8>) throws(StreamError) -> Action {
        precondition(self.state != .done, "bytes for a finished handshake")
        guard let line = try Self.line(&input) else { return .wait }
        // Redis sends bare line ends to show that it lives while it prepares a transfer.
        if line.isEmpty { return try self.receive(&input) }
        if line.hasPrefix("-") { throw .refused(line) }
        return try self.lineReceived(line, &input)
    }

    private mutating func lineReceived(
        _ line: String,
        _ input: inout ArraySlice<UInt8>
    ) throws(StreamError) -> Action {
        let words = line.split(separator: " ")
        switch (self.state, words.first) {
        case (.authentication, "+OK"):
            self.state = .greeting
            return try self.receive(&input)
        case (.greeting, "+PONG"):
            self.state = .introduction(2)
            return .send(Self.introduction)
        case (.introduction(let due), "+OK"):
            self.state = due > 1 ? .introduction(due - 1) : .psync
            return due > 1 ? try self.receive(&input) : .send(Self.psync(self.start))
        case (.acknowledgement(let position), "+ACK"):
            guard words.count >= 2, UInt64(words[1]) == position else {
                throw .malformed("\(line) does not answer position \(position)")
            }
            self.state = .done
            return .stream(position: position)
        case (.psync, "+CONTINUE"):
            guard case .position(let position, _) = self.start else { throw .malformed("+CONTINUE for a newcomer") }
            self.state = .done
            return .stream(position: position)
        case (.psync, "+FULLRESYNC"):
            guard words.count == 3, let offset = UInt64(words[2]) else { throw .malformed(line) }
            self.isFull = true
            self.state = .transferHeader(offset: offset)
            return try self.receive(&input)
        case (.transferHeader(let offset), _) where line.hasPrefix("$EOF:") && line.utf8.count == 5 + Self.markSize:
            self.state = .done
            return .copy(.marked(Array(line.utf8.dropFirst(5)), position: offset))
        case (.transferHeader(let offset), _) where line.hasPrefix("$"):
            guard let length = Int(line.dropFirst()), length >= 0 else { throw .malformed(line) }
            self.state = .done
            return .copy(.sized(length, position: offset))
        default:
            throw .malformed("unexpected answer \(line.prefix(64))")
        }
    }

    private static func line(_ input: inout ArraySlice<UInt8>) throws(StreamError) -> String? {
        guard let end = input.firstIndex(of: UInt8(ascii: "\n")) else {
            guard input.count <= self.lineLimit else { throw .malformed("a line longer than \(self.lineLimit) bytes") }
            return nil
        }
        var line = input[..<end]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        input = input[(end + 1)...]
        return String(decoding: line, as: UTF8.self)
    }
}
