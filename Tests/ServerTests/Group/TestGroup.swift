import Foundation
import Logging
import Replication
import Server
import Sockets

/// Members of one group in this process, on free ports of the loopback interface, with short heartbeats.
final class TestGroup {
    private struct Ports {
        var group: UInt16
        var client: UInt16
        var replication: UInt16
    }

    static let heartbeat = 100

    let journal = Journal()
    private let folders: [DataFolder]
    private let ports: [Ports]
    private let settings: [String: String]
    private let shards: Int
    private var servers: [Server?]
    private let secret: DataFolder

    /// Starts the members, runs `body`, and stops whatever runs then.
    static func run(
        members: Int = 3,
        shards: Int = 1,
        _ settings: [String: String] = [:],
        _ body: (TestGroup) throws -> Void
    ) throws {
        let group = try TestGroup(members: members, shards: shards, settings)
        defer { group.stopAll() }
        for member in 0..<members { try group.start(member) }
        do {
            try body(group)
        } catch {
            print(group.journal.lines.suffix(200).joined(separator: "\n"))
            throw error
        }
    }

    private init(members: Int, shards: Int, _ settings: [String: String]) throws {
        self.folders = try (0..<members).map { _ in try DataFolder() }
        self.secret = try DataFolder()
        try FileManager.default.createDirectory(atPath: self.secret.path, withIntermediateDirectories: true)
        try self.secret.write("secret", Array("a secret of the test, known to all".utf8))
        self.settings = settings
        self.shards = shards
        self.servers = Array(repeating: nil, count: members)
        // Held at the same time, so that no two are the same.
        var held: [Socket] = []
        defer { for socket in held { socket.close() } }
        // Below those that the system gives to connections: a member comes back to its own.
        func port() throws -> UInt16 {
            while true {
                let port = UInt16.random(in: 12_000...21_000)
                guard let socket = try? Socket.listen(host: "127.0.0.1", port: port) else { continue }
                held.append(socket)
                return port
            }
        }
        self.ports = try (0..<members).map { _ in
            // Shards listen on ports that follow each other; far from those that the system gives out.
            Ports(
                group: try port(),
                client: try port(),
                replication: shards == 1 ? try port() : .random(in: 12_000...21_000)
            )
        }
    }

    var count: Int { self.servers.count }

    /// Member ids begin with 1.
    func start(_ member: Int) throws {
        var options = ServerOptions()
        options.shards = self.shards
        options.stream.backlogBytes = 16 << 20
        options.dataDirectory = self.folders[member].path
        let ports = self.ports[member]
        let members = self.ports.enumerated().map { "\($0.offset + 1)@127.0.0.1:\($0.element.group)" }
        try options.set("port", to: "\(ports.client)")
        try options.set("replication-port", to: "\(ports.replication)")
        try options.set("group", to: members.joined(separator: ","))
        try options.set("node-id", to: "\(member + 1)")
        try options.set("heartbeat", to: "\(Self.heartbeat)")
        try options.set("group-secret-file", to: self.secret.path + "/secret")
        for (name, value) in self.settings { try options.set(name, to: value) }
        let journal = self.journal
        let logger = Logger(label: "test") { _ in JournalHandler(journal) }
        var member1 = logger
        member1[metadataKey: "at"] = "\(member + 1)"
        self.servers[member] = try Server(options: options, logger: member1)
    }

    func stop(_ member: Int) {
        self.servers[member]?.stop()
        self.servers[member] = nil
    }

    /// Stops a member that does not lead; the client is the leader's.
    func stopFollower() throws -> (leader: Int, stopped: Int, client: TestClient) {
        let leader = try self.leader()
        let follower = self.running.first { $0 != leader } ?? 0
        self.stop(follower)
        return (leader, follower, try self.client(leader))
    }

    private func stopAll() {
        for member in self.servers.indices { self.stop(member) }
    }

    /// Forgets what a member that does not run had on disk.
    func erase(_ member: Int) throws { try FileManager.default.removeItem(atPath: self.folders[member].path) }

    var running: [Int] { self.servers.indices.filter { self.servers[$0] != nil } }

    func clientPort(_ member: Int) -> UInt16 { self.ports[member].client }

    func groupPort(_ member: Int) -> UInt16 { self.ports[member].group }

    func client(_ member: Int) throws -> TestClient { try TestClient(port: self.ports[member].client) }

    /// One field of a section of INFO; nil when it is not there.
    func info(_ field: String, in section: String = "group", of member: Int) throws -> String? {
        let client = try self.client(member)
        defer { client.close() }
        guard let text = try client.command("INFO", section).text else { return nil }
        let lines = text.split(separator: "\r\n")
        return lines.first { $0.hasPrefix(field + ":") }.map { String($0.dropFirst(field.utf8.count + 1)) }
    }

    func number(_ field: String, of member: Int) throws -> Int { Int(try self.info(field, of: member) ?? "") ?? -1 }

    /// Asks again and again until there is an answer.
    func wait<Answer>(for what: String, _ body: () throws -> Answer?) throws -> Answer {
        let deadline = Deadline()
        while true {
            if let answer = try body() { return answer }
            guard !deadline.isPassed else { throw TestClient.Failure.timedOut(what) }
            usleep(10_000)
        }
    }

    /// The member that carries out commands of a shard.
    func leader(of shard: Int = 0) throws -> Int {
        try self.wait(for: "a leader of shard \(shard)") {
            try self.running.first { try self.info("group\(shard)_serving", of: $0) == "1" }
        }
    }

    /// What the leader answers that there is, or that there will be: on a busy machine one may lead only for a moment.
    func ask(_ words: String...) throws -> Reply {
        try self.wait(for: "an answer to \(words)") {
            let client = try self.client(try self.leader())
            defer { client.close() }
            let reply = try client.command(words)
            return reply.isError ? nil : reply
        }
    }

    /// Position and digest of a member's data.
    func digest(of member: Int) throws -> [Reply] {
        let client = try self.client(member)
        defer { client.close() }
        return try client.command("REPL.DIGEST").elements.map { shard in
            let fields = shard.fields
            return .array([fields["position"] ?? .null, fields["digest"] ?? .null])
        }
    }

    /// Waits until all members that run have the same data at the same position.
    func waitUntilEqual() throws {
        _ = try self.wait(for: "equal members") {
            let digests = try self.running.map { try self.digest(of: $0) }
            return digests.allSatisfy { $0 == digests[0] } ? true : nil
        }
    }
}
