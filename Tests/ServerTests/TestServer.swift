import Logging
import Primitives
import Replication
import Server
import Sockets

/// A real server in this process, on free ports of the loopback interface.
struct TestServer {
    let server: Server

    /// Starts a server with settings by their names, runs `body`, and stops the server whatever happened.
    static func run(
        shards: Int = 1,
        _ settings: [String: String] = [:],
        _ body: (TestServer) throws -> Void
    ) throws {
        var options = ServerOptions()
        options.port = 0
        options.shards = shards
        options.stream.backlogBytes = 16 << 20
        for (name, value) in settings { try options.set(name, to: value) }
        let server = try Server(options: options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        defer { server.stop() }
        try body(TestServer(server: server))
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

/// Long enough for a machine that does much else at the same time.
struct Deadline {
    private let end = Clocks.monotonicNanoseconds + 20_000_000_000

    var isPassed: Bool { self.millisecondsLeft == 0 }

    var millisecondsLeft: Int32 {
        let now = Clocks.monotonicNanoseconds
        return now >= self.end ? 0 : Int32((self.end - now) / 1_000_000)
    }
}
