import Primitives
import Server
import Testing

/// `--commit`, and `min-replicas-to-write`.
@Suite struct CommitTests {
    private func replica(
        _ id: String,
        _ server: TestServer,
        shard: Int = 0,
        region: String? = nil
    ) throws -> TestClient {
        let connection = try server.replicationPort(shard: shard)
        let zeros = String(repeating: "0", count: 40)
        try connection.send("REPLICATE FROM 0 ID \(id) HISTORY \(zeros)\(region.map { " REGION \($0)" } ?? "")\r\n")
        #expect(try connection.reply().text?.hasPrefix("ACK 0 ") == true)
        return connection
    }

    /// Waits until a write waits for replicas.
    private func waitUntilBlocked(_ server: TestServer, _ observer: TestClient) throws {
        try server.wait(for: "a write to wait") { try server.number("blocked_clients", through: observer) > 0 }
    }

    private static let refusal = Reply.error(
        "NOREPLICAS Not enough replicas acknowledged the write in time: it stays applied, and replicas may have it"
    )

    @Test(
        "with ack:1 a write is answered once a replica has it on disk, not before",
        arguments: [false, true],
        [1, 2]
    )
    func acknowledged(isLogged: Bool, shards: Int) throws {
        let settings = ["commit": "ack:1", "commit-timeout": "0", "log-sync": "always"]
        try TestServer.run(in: isLogged ? try DataFolder() : nil, shards: shards, settings) { server in
            let client = try server.client()
            let observer = try server.client()
            let links = try (0..<shards).map { try self.replica("a", server, shard: $0) }
            try client.send(TestClient.encoded(["SET", "k", "v"]))
            try self.waitUntilBlocked(server, observer)
            #expect(try observer.command("GET", "k") == .text("v"), "it is applied; only its reply waits")
            for link in links { try link.send("REPLCONF ACK 1\r\n") }
            #expect(try server.number("blocked_clients", through: observer) == 1, "applied is not durable")
            for link in links { try link.send("REPLCONF ACK 1 1\r\n") }
            #expect(try client.reply() == .simple("OK"))
            #expect(try client.command("GET", "k") == .text("v"), "reads wait for nobody")
            #expect(try client.command("DEL", "none") == .integer(0), "nor does what changes nothing")
        }
    }

    @Test(
        "without acknowledgements writes are refused after the time-out; reads keep their replies and all their order",
        arguments: [1, 2]
    )
    func refused(shards: Int) throws {
        try TestServer.run(shards: shards, ["commit": "ack:1", "commit-timeout": "50"]) { server in
            let client = try server.client()
            let names = (0..<12).map { "key-\($0)" }
            for round in 0..<3 {
                try client.send(
                    names.flatMap { TestClient.encoded(["SET", $0, "\(round)"]) + TestClient.encoded(["GET", $0]) }
                )
                try client.send(TestClient.encoded(["PING"]) + TestClient.encoded(["MGET", names[0], names[5]]))
                for name in names {
                    #expect(try client.reply() == Self.refusal, "\(name)")
                    #expect(try client.reply() == .text("\(round)"), "the write stays applied")
                }
                #expect(try client.reply() == .simple("PONG"))
                #expect(try client.reply() == .array([.text("\(round)"), .text("\(round)")]))
            }
            try client.send(TestClient.encoded(["MSET"] + names.flatMap { [$0, "m"] }) + TestClient.encoded(["PING"]))
            #expect(try client.reply() == Self.refusal)
            #expect(try client.reply() == .simple("PONG"))
            #expect(try client.command("FLUSHALL") == Self.refusal)
            #expect(try client.command("DBSIZE") == .integer(0))
            #expect(try client.command("NOPE").text?.hasPrefix("ERR unknown command") == true)
        }
    }

    @Test(
        "one write among many is answered by itself: an acknowledgement for all answers all in order",
        arguments: [1, 2]
    )
    func pipeline(shards: Int) throws {
        let settings = ["commit": "ack:1", "commit-timeout": "20000", "log-sync": "always"]
        try TestServer.run(in: try DataFolder(), shards: shards, settings) { server in
            let client = try server.client()
            let links = try (0..<shards).map { try self.replica("a", server, shard: $0) }
            for round in 0..<5 {
                let pipeline = (0..<60).flatMap { number in
                    [["SET", "k\(number)", "\(round).\(number)"], ["GET", "k\(number)"], ["STRLEN", "none"]]
                }
                try client.send(pipeline.flatMap(TestClient.encoded))
                // More than there is counts as everything that there is by then.
                var replies: [Reply] = []
                let reader = try server.client()
                try server.wait(for: "the writes") {
                    for link in links { try link.send("REPLCONF ACK 999999 999999\r\n") }
                    return try server.number("blocked_clients", through: reader) == 0
                        && reader.command("GET", "k59") == .text("\(round).59")
                }
                for link in links { try link.send("REPLCONF ACK 999999 999999\r\n") }
                for _ in pipeline { replies.append(try client.reply()) }
                let expected = (0..<60).flatMap { [Reply.simple("OK"), .text("\(round).\($0)"), .integer(0)] }
                #expect(replies == expected)
            }
        }
    }

    @Test("a quorum is a majority of the slots and this node")
    func quorum() throws {
        let settings = ["commit": "quorum", "commit-timeout": "50", "log-sync": "always"]
        try TestServer.run(in: try DataFolder(), settings) { server in
            let client = try server.client()
            #expect(try client.command("SET", "k", "1") == .simple("OK"), "alone this node is the majority")
            let replicas = try ["a", "b"].map { try self.replica($0, server) }
            for replica in replicas { try replica.send("REPLCONF ACK 1 1\r\n") }
            #expect(try client.command("WAITAOF", "0", "2", "0") == .array([.integer(1), .integer(2)]))
            #expect(try client.command("SET", "k", "2") == Self.refusal, "one of three")
            try replicas[1].send("REPLCONF ACK 2 2\r\n")
            #expect(try client.command("WAITAOF", "0", "1", "0") == .array([.integer(1), .integer(1)]))
            try client.send(TestClient.encoded(["SET", "k", "3"]))
            try replicas[1].send("REPLCONF ACK 3 3\r\n")
            let reply = try client.reply()
            // The acknowledgement may have overtaken the write, and counts for what was there then.
            #expect(reply == .simple("OK") || reply == Self.refusal)
        }
    }

    @Test("regions are counted, not replicas")
    func regions() throws {
        try TestServer.run(["commit": "regions:2", "commit-timeout": "0"]) { server in
            let client = try server.client()
            let observer = try server.client()
            let near = try ["a", "b"].map { try self.replica($0, server, region: "eu") }
            let far = try self.replica("c", server, region: "us")
            let nowhere = try self.replica("d", server)
            try client.send(TestClient.encoded(["SET", "k", "v"]))
            try self.waitUntilBlocked(server, observer)
            for replica in near + [nowhere] { try replica.send("REPLCONF ACK 1 1\r\n") }
            #expect(try observer.command("WAITAOF", "0", "3", "0") == .array([.integer(0), .integer(3)]))
            #expect(try server.number("blocked_clients", through: observer) == 1)
            try far.send("REPLCONF ACK 1 1\r\n")
            #expect(try client.reply() == .simple("OK"))
        }
    }

    @Test("a client that leaves while its write waits for ever is forgotten", arguments: [1, 2])
    func leaving(shards: Int) throws {
        try TestServer.run(shards: shards, ["commit": "ack:1", "commit-timeout": "0"]) { server in
            let observer = try server.client()
            for round in 0..<6 {
                let client = try server.client()
                try client.send(TestClient.encoded(["SET", "k\(round)", "v"]) + TestClient.encoded(["SET", "x", "v"]))
                try self.waitUntilBlocked(server, observer)
                client.reset()
                try server.wait(for: "nobody to wait") { try server.number("blocked_clients", through: observer) == 0 }
            }
        }
    }

    @Test("with too few good replicas writes are refused, from the first one on, and reads are not", arguments: [1, 2])
    func minReplicas(shards: Int) throws {
        try TestServer.run(shards: shards, ["min-replicas-to-write": "1"]) { server in
            let client = try server.client()
            let refusal = Reply.error("NOREPLICAS Not enough good replicas to write.")
            for key in ["a", "b", "c", "d"] { #expect(try client.command("SET", key, "1") == refusal) }
            #expect(try client.command("MSET", "a", "1", "b", "2", "c", "3") == refusal)
            #expect(try client.command("FLUSHALL") == refusal)
            #expect(try client.command("GET", "a") == .null)
            let links = try (0..<shards).map { try self.replica("r", server, shard: $0) }
            for link in links { try link.send("REPLCONF ACK 0\r\n") }
            for key in ["a", "b", "c", "d"] {
                try server.wait(for: "writes to be let through") {
                    try client.command("SET", key, "1") == .simple("OK")
                }
            }
            for link in links { link.close() }
            for key in ["a", "b", "c", "d"] {
                try server.wait(for: "writes to be refused") { try client.command("SET", key, "2") == refusal }
            }
            #expect(try client.command("CONFIG", "SET", "min-replicas-to-write", "0") == .simple("OK"))
            for key in ["a", "b", "c", "d"] { #expect(try client.command("SET", key, "3") == .simple("OK")) }
        }
    }
}
