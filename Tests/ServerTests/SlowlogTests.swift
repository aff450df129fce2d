import Sockets
import Testing

@Suite struct SlowlogTests {
    /// What is remembered, the newest first: the arguments of each.
    private func arguments(_ client: TestClient, _ count: String = "-1") throws -> [[String]] {
        try client.command("SLOWLOG", "GET", count).elements.map { $0.elements[3].elements.map { $0.text ?? "" } }
    }

    @Test("a threshold of nothing remembers every command, in Redis's form", arguments: [1, 2])
    func everything(shards: Int) throws {
        try TestServer.run(shards: shards, ["slowlog-log-slower-than": "0"]) { server in
            let client = try server.client()
            #expect(try client.command("CLIENT", "SETNAME", "me") == .simple("OK"))
            #expect(try client.command("SLOWLOG", "RESET") == .simple("OK"))
            for key in ["a", "b", "c", "d"] { _ = try client.command("SET", key, "1") }
            _ = try client.command("KEYS", "*")
            let entries = try client.command("SLOWLOG", "GET").elements
            try #require(entries.count == 6)
            #expect(entries.map { $0.elements.count } == Array(repeating: 6, count: 6))
            let ids = entries.compactMap { $0.elements[0].number }
            #expect(ids == (ids[5]...ids[0]).reversed())
            #expect(entries.allSatisfy { ($0.elements[1].number ?? 0) > 1_600_000_000 && $0.elements[2].number != nil })
            let address = try #require(client.socket.localAddress)
            #expect(entries.allSatisfy { $0.elements[4].text == "\(address)" && $0.elements[5].text == "me" })
            let shown = entries.map { $0.elements[3].elements.compactMap(\.text) }
            #expect(shown[0] == ["KEYS", "*"] && shown[1] == ["SET", "d", "1"] && shown[5] == ["SLOWLOG", "RESET"])
            #expect(try self.arguments(client, "2").count == 2)
            #expect(try client.command("SLOWLOG", "LEN") == .integer(8))
        }
    }

    @Test("commands of a transaction are remembered one by one, and EXEC is not", arguments: [1, 2])
    func transaction(shards: Int) throws {
        try TestServer.run(shards: shards, ["slowlog-log-slower-than": "0"]) { server in
            let client = try server.client()
            for key in ["a", "b", "c"] {
                _ = try client.command("SLOWLOG", "RESET")
                _ = try client.pipeline([["MULTI"], ["SET", key, "1"], ["GET", key], ["EXEC"]])
                let shown = try self.arguments(client)
                #expect(
                    shown.contains(["SET", key, "1"]) && shown.contains(["GET", key]) && !shown.contains(["EXEC"])
                )
            }
        }
    }

    @Test("what is long is shortened as in Redis, and only so many entries are kept")
    func limits() throws {
        try TestServer.run(["slowlog-log-slower-than": "0", "slowlog-max-len": "3"]) { server in
            let client = try server.client()
            _ = try client.command("SET", "k", String(repeating: "v", count: 200))
            try client.send(TestClient.encoded(["DEL"] + (0..<39).map { "k\($0)" }))
            _ = try client.reply()
            let shown = try self.arguments(client)
            #expect(shown.count == 2)
            #expect(shown[0].count == 32 && shown[0][31] == "... (9 more arguments)")
            #expect(shown[1][2] == String(repeating: "v", count: 128) + "... (72 more bytes)")
            for _ in 0..<5 { _ = try client.command("PING") }
            #expect(try client.command("SLOWLOG", "LEN") == .integer(3))
            #expect(try client.command("CONFIG", "SET", "slowlog-max-len", "1") == .simple("OK"))
            #expect(try client.command("SLOWLOG", "LEN") == .integer(1))
        }
    }

    @Test("what is not slow is not remembered, and nothing is when it is turned off")
    func off() throws {
        try TestServer.run(["slowlog-log-slower-than": "60000000"]) { server in
            let client = try server.client()
            _ = try client.pipeline((0..<100).map { ["SET", "k\($0)", "1"] } + [["KEYS", "*"], ["DEBUG", "DIGEST"]])
            #expect(try client.command("SLOWLOG", "LEN") == .integer(0))
            #expect(try client.command("CONFIG", "SET", "slowlog-log-slower-than", "-1") == .simple("OK"))
            _ = try client.pipeline([["KEYS", "*"], ["GET", "a"]])
            #expect(try client.command("SLOWLOG", "GET") == .array([]))
            #expect(try client.command("CONFIG", "SET", "slowlog-log-slower-than", "0") == .simple("OK"))
            _ = try client.command("GET", "a")
            #expect(try self.arguments(client).contains(["GET", "a"]))
            let shown = try client.command("CONFIG", "GET", "slowlog-*").elements
            #expect(shown == ["slowlog-log-slower-than", "0", "slowlog-max-len", "128"].map { .text($0) })
        }
    }

    @Test("a slow command is found among fast ones by its own time")
    func found() throws {
        try TestServer.run(["slowlog-log-slower-than": "2000"]) { server in
            let client = try server.client()
            for part in 0..<20 {
                _ = try client.pipeline((0..<5000).map { ["SET", "key:\(part):\($0)", "1"] })
            }
            _ = try client.command("SLOWLOG", "RESET")
            _ = try client.pipeline([["GET", "a"], ["KEYS", "*:none"], ["GET", "b"]])
            #expect(try self.arguments(client).contains(["KEYS", "*:none"]))
        }
    }

    @Test("SLOWLOG refuses what Redis refuses")
    func refused() throws {
        try TestServer.run { server in
            let client = try server.client()
            #expect(
                try client.command("SLOWLOG", "GET", "-2").text == "ERR count should be greater than or equal to -1"
            )
            #expect(try client.command("SLOWLOG", "GET", "x").isError)
            #expect(try client.command("SLOWLOG", "LEN", "x").isError && client.command("SLOWLOG", "NOSUCH").isError)
            #expect(try client.command("SLOWLOG").isError)
            #expect(try client.command("SLOWLOG", "HELP").elements.count == 4)
            #expect(try client.command("CONFIG", "SET", "slowlog-max-len", "-1").isError)
        }
    }
}
