import Primitives
import Server
import Testing

/// `WAIT` and `WAITAOF`.
@Suite struct WaitTests {
    private func start(_ words: [String], _ client: TestClient, _ server: TestServer) throws {
        let observer = try server.client()
        try client.send(TestClient.encoded(words))
        try server.wait(for: "the client to wait") { try server.number("blocked_clients", through: observer) > 0 }
    }

    private func follower(_ id: String, _ server: TestServer, shard: Int = 0) throws -> TestClient {
        let (connection, answer) = try server.replica(id, history: String(repeating: "0", count: 40), shard: shard)
        #expect(answer.text?.hasPrefix("ACK 0 ") == true)
        return connection
    }

    @Test("WAIT is answered once as many replicas have applied the caller's last write")
    func applied() throws {
        try TestServer.run { server in
            let client = try server.client()
            let replicas = try ["a", "b"].map { try self.follower($0, server) }
            #expect(try client.command("SET", "k", "v") == .simple("OK"))
            #expect(try client.command("SET", "k", "w") == .simple("OK"))
            #expect(try client.command("WAIT", "0", "0") == .integer(0))
            try self.start(["WAIT", "1", "0"], client, server)
            try replicas[0].send("REPLCONF ACK 1\r\n")
            try replicas[1].send("REPLCONF ACK 2\r\n")
            #expect(try client.reply() == .integer(1))
            try replicas[0].send("REPLCONF ACK 2\r\n")
            #expect(try client.command("WAIT", "2", "0") == .integer(2))
            #expect(try client.command("WAIT", "1", "0") == .integer(2), "more than asked for are counted")
            #expect(try client.command("WAIT", "3", "30") == .integer(2), "the time is over")
            let reader = try server.client()
            #expect(
                try reader.command("WAIT", "5", "20") == .integer(2),
                "who wrote nothing is told how many there are"
            )
            replicas[0].close()
            #expect(try client.command("SET", "k", "x") == .simple("OK"))
            #expect(try client.command("WAIT", "1", "20") == .integer(0))
            try replicas[1].send("REPLCONF ACK 3\r\n")
            #expect(try client.command("WAIT", "1", "0") == .integer(1))
        }
    }

    @Test("replies after a WAIT in a pipeline keep their order, and others are served meanwhile", arguments: [1, 2])
    func order(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let client = try server.client()
            let other = try server.client()
            let pipeline = [
                ["SET", "a", "1"], ["SET", "b", "2"], ["WAIT", "1", "60"], ["GET", "a"], ["WAIT", "1", "40"], ["PING"],
                ["GET", "b"],
            ]
            try client.send(pipeline.flatMap(TestClient.encoded))
            for _ in 0..<20 { #expect(try other.command("PING") == .simple("PONG")) }
            let expected: [Reply] = [
                .simple("OK"), .simple("OK"), .integer(0), .text("1"), .integer(0), .simple("PONG"), .text("2"),
            ]
            for reply in expected { #expect(try client.reply() == reply) }
        }
    }

    @Test("mistakes in WAIT and WAITAOF are answered as Redis answers them")
    func mistakes() throws {
        try TestServer.run { server in
            let client = try server.client()
            for (words, message) in [
                (["WAIT", "x", "0"], "ERR value is not an integer or out of range"),
                (["WAIT", "1", "-1"], "ERR timeout is negative"),
                (["WAIT", "1", "x"], "ERR timeout is not an integer or out of range"),
                (["WAIT", "1"], "ERR wrong number of arguments for 'wait' command"),
                (["WAITAOF", "2", "0", "0"], "ERR value is out of range, value must between 0 and 1"),
                (["WAITAOF", "0", "-1", "0"], "ERR value is out of range, must be positive"),
                (["WAITAOF", "0", "1", "-5"], "ERR timeout is negative"),
                (
                    ["WAITAOF", "1", "0", "0"],
                    "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."
                ),
            ] {
                try client.send(TestClient.encoded(words))
                #expect(try client.reply() == .error(message), "\(words)")
            }
            #expect(try client.command("WAITAOF", "0", "0", "0") == .array([.integer(0), .integer(0)]))
        }
    }

    @Test("WAITAOF waits for this node's disk and for those of replicas", arguments: ["everysec", "always"])
    func durable(sync: String) throws {
        let folder = try DataFolder()
        try TestServer.run(in: folder, ["log-sync": sync]) { server in
            let client = try server.client()
            let replica = try self.follower("a", server)
            for round in 1...3 {
                #expect(try client.command("SET", "k", "\(round)") == .simple("OK"))
                #expect(try client.command("WAITAOF", "1", "0", "0") == .array([.integer(1), .integer(0)]))
            }
            try replica.send("REPLCONF ACK 3\r\n")
            #expect(try client.command("WAIT", "1", "0") == .integer(1))
            #expect(
                try client.command("WAITAOF", "0", "1", "30") == .array([.integer(1), .integer(0)]),
                "applied is not durable"
            )
            try self.start(["WAITAOF", "1", "1", "0"], client, server)
            try replica.send("REPLCONF ACK 3 2\r\nREPLCONF ACK 3 3\r\n")
            #expect(try client.reply() == .array([.integer(1), .integer(1)]))
        }
    }

    @Test("a client that leaves while it waits for ever is forgotten", arguments: [1, 2])
    func leaving(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let observer = try server.client()
            for round in 0..<3 {
                let client = try server.client()
                _ = try client.command("MSET", "a", "1", "b", "2", "c", "3", "d", "4")
                try self.start(["WAIT", "1", "0"], client, server)
                if round % 2 == 0 { client.reset() } else { client.close() }
                try server.wait(for: "nobody to wait") {
                    try server.number("blocked_clients", through: observer) == 0
                }
            }
            #expect(try observer.command("PING") == .simple("PONG"))
        }
    }

    @Test("with two shards WAIT counts a replica once both of its streams are there")
    func shards() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            let links = try (0..<2).map { try self.follower("r", server, shard: $0) }
            try Scribe(client, shards: 2).write(40)
            let tips = try server.streams(through: client).map(\.position)
            #expect(tips.allSatisfy { $0 > 0 } && tips.reduce(0, +) == 40)
            try links[0].send("REPLCONF ACK \(tips[0])\r\n")
            #expect(try client.command("WAIT", "1", "50") == .integer(0))
            try links[1].send("REPLCONF ACK \(tips[1])\r\n")
            #expect(try client.command("WAIT", "1", "0") == .integer(1))
            #expect(try client.command("FLUSHALL") == .simple("OK"))
            #expect(try client.command("WAIT", "1", "50") == .integer(0), "a flush is a write on every shard")
            for (link, tip) in zip(links, tips) { try link.send("REPLCONF ACK \(tip + 1)\r\n") }
            #expect(try client.command("WAIT", "1", "0") == .integer(1))
        }
    }
}
