import Primitives
import Replication

/// A replica that follows one stream, and insists on every frame once and in order.
final class Follower {
    enum Failure: Error {
        case notAFrame(after: Position)
        case wrongNumber(LSN, after: Position)
        case wrongMutation(LSN)
    }

    let connection: TestClient
    /// Everything up to here has come.
    private(set) var position: Position
    private var held: [UInt8] = []

    init(_ connection: TestClient, after position: Position = 0) {
        self.connection = connection
        self.position = position
    }

    /// Reads until everything up to a position has come. Heartbeats are passed over.
    /// - Parameter expected: every mutation of the stream, from the first on.
    func read(to position: Position, _ expected: [[UInt8]]) throws {
        while self.position < position { try self.readSome(expected) }
    }

    /// Reads what has come.
    func readSome(_ expected: [[UInt8]]) throws {
        self.held += try self.connection.some()
        let used = try self.held.withUnsafeBytes { try self.take($0, expected) }
        self.held.removeFirst(used)
    }

    private func take(_ bytes: Bytes, _ expected: [[UInt8]]) throws -> Int {
        var used = 0
        while used < bytes.count {
            let rest = Bytes(rebasing: bytes[used...])
            if rest[0] == UInt8(ascii: "+") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return used }
                used += end + 1
                continue
            }
            switch FrameScan(rest) {
            case .frame(let lsn, let offset, let length):
                guard lsn == self.position + 1 else { throw Failure.wrongNumber(lsn, after: self.position) }
                let mutation = rest[offset..<length]
                guard lsn <= expected.count, mutation.elementsEqual(expected[Int(lsn) - 1]) else {
                    throw Failure.wrongMutation(lsn)
                }
                self.position = lsn
                used += length
            case .incomplete: return used
            case .failed: throw Failure.notAFrame(after: self.position)
            }
        }
        return used
    }

    func acknowledge(_ durable: Position? = nil) throws {
        try self.connection.send("REPLCONF ACK \(self.position)\(durable.map { " \($0)" } ?? "")\r\n")
    }
}

/// Writes, and knows what each shard's stream must be: it is the only one that writes.
final class Scribe {
    let client: TestClient
    private let shards: Int
    private(set) var streams: [[[UInt8]]]
    private(set) var count: Int

    /// - Parameter count: keys that are there already.
    init(_ client: TestClient, shards: Int = 1, after count: Int = 0) {
        self.client = client
        self.count = count
        self.shards = shards
        self.streams = Array(repeating: [], count: shards)
    }

    /// Sets so many new keys, with values of so many bytes, in one pipeline.
    func write(_ count: Int, bytes: Int = 20) throws {
        var commands: [[String]] = []
        for _ in 0..<count {
            self.count += 1
            let words = ["SET", Self.key(self.count), Self.value(self.count, bytes: bytes)]
            let shard = Array(words[1].utf8).withUnsafeBytes { KeySlot.shard(of: $0, shards: self.shards) }
            self.streams[shard].append(TestClient.encoded(words))
            commands.append(words)
        }
        for reply in try self.client.pipeline(commands) where reply != .simple("OK") { throw Refused(reply: reply) }
    }

    struct Refused: Error {
        var reply: Reply
    }

    static func key(_ number: Int) -> String { "key:\(number)" }

    static func value(_ number: Int, bytes: Int = 20) -> String {
        let text = "value \(number) "
        return text + String(repeating: "v", count: max(0, bytes - text.utf8.count))
    }
}

/// One stream as `REPL.TOPOLOGY` tells it.
struct StreamState: Equatable {
    var port: Int64
    var history: String
    var position: Position
    var ancestors: [Left]

    struct Left: Equatable {
        var history: String
        var at: Position
    }

    init(_ reply: Reply) {
        let fields = reply.fields
        self.port = fields["port"]?.number ?? -1
        self.history = fields["history"]?.text ?? ""
        self.position = Position(fields["position"]?.number ?? 0)
        self.ancestors = (fields["ancestors"]?.elements ?? []).map {
            Left(history: $0.elements.first?.text ?? "", at: Position($0.elements.last?.number ?? 0))
        }
    }
}

extension TestServer {
    func streams(through client: TestClient) throws -> [StreamState] {
        (try client.command("REPL.TOPOLOGY").fields["streams"]?.elements ?? []).map(StreamState.init)
    }

    /// A number that `INFO` tells.
    func number(_ field: String, through client: TestClient) throws -> Int {
        Int(try self.info(field, through: client) ?? "") ?? -1
    }

    /// Waits until everything that was written is in the log's files.
    func waitUntilWritten(through client: TestClient) throws {
        try self.wait(for: "the log") {
            let last = try self.number("log_last_lsn", through: client)
            return try self.number("log_written_lsn", through: client) == last
        }
    }
}
