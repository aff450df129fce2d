import Logging
import Primitives
import Replication
import Server
import Sockets
import Synchronization

/// A real server in this process, on free ports of the loopback interface.
struct TestServer {
    let server: Server

    /// Starts a server with settings by their names, runs `body`, and stops the server whatever happened.
    /// - Parameters:
    ///   - folder: where the server keeps its data; nil for nowhere.
    ///   - journal: gets what the server logs.
    @discardableResult
    static func run<Result>(
        in folder: DataFolder? = nil,
        shards: Int = 1,
        _ settings: [String: String] = [:],
        journal: Journal? = nil,
        shutdown: (@Sendable () -> Void)? = nil,
        _ body: (TestServer) throws -> Result
    ) throws -> Result {
        var options = ServerOptions()
        options.port = 0
        options.shards = shards
        options.stream.backlogBytes = 16 << 20
        for (name, value) in settings { try options.set(name, to: value) }
        options.dataDirectory = folder?.path
        let logger = Logger(label: "test") { _ -> any LogHandler in
            if let journal { JournalHandler(journal) } else { SwiftLogNoOpLogHandler() }
        }
        let server = try Server(options: options, logger: logger, shutdown: shutdown)
        defer { server.stop() }
        return try body(TestServer(server: server))
    }

    func client() throws -> TestClient { try TestClient(port: self.server.clientPort) }

    /// A connection to a shard's replication port that has not said anything yet.
    func replicationPort(shard: Int = 0) throws -> TestClient {
        try TestClient(port: self.server.replicationPorts[shard])
    }

    /// A replica whose handshake was granted; `answer` is what it was granted with.
    func replica(
        _ id: String,
        from position: Position = 0,
        history: String? = nil,
        shard: Int = 0
    ) throws -> (connection: TestClient, answer: Reply) {
        let connection = try self.replicationPort(shard: shard)
        let tail = history.map { " HISTORY \($0)" } ?? ""
        try connection.send("REPLICATE FROM \(position) ID \(id)\(tail)\r\n")
        return (connection, try connection.reply())
    }

    /// One field of INFO; nil when it is not there.
    func info(_ field: String, through client: TestClient) throws -> String? {
        guard case .bulk(let text) = try client.command("INFO") else { return nil }
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\r\n")
        return lines.first { $0.hasPrefix(field + ":") }.map { String($0.dropFirst(field.utf8.count + 1)) }
    }

    /// Asks again and again until the answer is yes; throws when the deadline passes.
    func wait(for what: String, until condition: () throws -> Bool) throws {
        let deadline = Deadline()
        while try !condition() {
            guard !deadline.isPassed else { throw TestClient.Failure.timedOut(what) }
        }
    }
}

/// Keeps what a server logs, a line each.
final class Journal: Sendable {
    private let entries = Mutex<[String]>([])

    var lines: [String] { self.entries.withLock { $0 } }

    func add(_ line: String) { self.entries.withLock { $0.append(line) } }

    /// The first line that contains a text.
    func line(with text: String) -> String? { self.lines.first { $0.contains(text) } }
}

struct JournalHandler: LogHandler {
    let journal: Journal
    var metadataProvider: Logger.MetadataProvider?
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    init(_ journal: Journal) { self.journal = journal }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        self.journal.add("\(event.level): \(event.message) [\(fields.joined(separator: ", "))]")
    }
}

/// Long enough for a machine that does much else at the same time.
struct Deadline {
    private let end = Clocks.monotonicNanoseconds + 20_000_000_000

    var isPassed: Bool { self.millisecondsLeft == 0 }

    var millisecondsLeft: Int32 {
        let now = Clocks.monotonicNanoseconds
        return now >= self.end ? 0 : Int32((self.end - now) / 1_000_000)
    }
}
