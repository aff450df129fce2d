import Testing

@Suite struct PauseTests {
    /// Waits until so many clients wait for the end of a pause.
    private func waitForWaiters(_ count: Int, _ server: TestServer, _ client: TestClient) throws {
        try server.wait(for: "\(count) waiting clients") {
            try server.info("blocked_clients", through: client) == "\(count)"
        }
    }

    private func position(_ server: TestServer, _ client: TestClient) throws -> String? {
        try server.info("master_repl_offset", through: client)
    }

    @Test("writes wait for the end of a pause, and reads go on", arguments: [1, 2])
    func writes(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let (admin, writer) = (try server.client(), try server.client())
            #expect(try writer.command("SET", "a", "1") == .simple("OK"))
            let before = try self.position(server, admin)
            #expect(try admin.command("CLIENT", "PAUSE", "60000", "WRITE") == .simple("OK"))
            #expect(try writer.command("GET", "a") == .text("1"))
            try writer.send([["GET", "a"], ["SET", "a", "2"], ["GET", "a"]].flatMap(TestClient.encoded))
            #expect(try writer.reply() == .text("1"))
            try self.waitForWaiters(1, server, admin)
            #expect(try admin.command("GET", "a") == .text("1"))
            #expect(try self.position(server, admin) == before)
            #expect(try admin.command("CLIENT", "UNPAUSE") == .simple("OK"))
            #expect(try writer.reply() == .simple("OK"))
            #expect(try writer.reply() == .text("2"))
            try self.waitForWaiters(0, server, admin)
        }
    }

    @Test("with several shards a pipeline stops at its first write and keeps the order of its replies")
    func pipeline() throws {
        try TestServer.run(shards: 2) { server in
            let (admin, client) = (try server.client(), try server.client())
            let keys = (0..<20).map { "k\($0)" }
            for key in keys { _ = try client.command("SET", key, "old") }
            #expect(try admin.command("CLIENT", "PAUSE", "60000", "WRITE") == .simple("OK"))
            var commands: [[String]] = keys.map { ["GET", $0] } + keys.map { ["SET", $0, "new"] }
            commands += [["DBSIZE"], ["FLUSHALL"], ["DBSIZE"]]
            try client.send(commands.flatMap(TestClient.encoded))
            try server.wait(for: "waiting parts") { try server.info("blocked_clients", through: admin) != "0" }
            #expect(try admin.command("GET", "k3") == .text("old"))
            #expect(try admin.command("CLIENT", "UNPAUSE") == .simple("OK"))
            for _ in keys { #expect(try client.reply() == .text("old")) }
            for _ in keys { #expect(try client.reply() == .simple("OK")) }
            #expect(try client.reply() == .integer(20))
            #expect(try client.reply() == .simple("OK"))
            #expect(try client.reply() == .integer(0))
        }
    }

    @Test("a pause ends by itself, and a shorter one does not end a longer one", arguments: [1, 2])
    func endsByItself(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let client = try server.client()
            #expect(try client.command("CLIENT", "PAUSE", "30", "WRITE") == .simple("OK"))
            #expect(try client.command("SET", "a", "1") == .simple("OK"))
            let other = try server.client()
            #expect(try client.command("CLIENT", "PAUSE", "600000", "WRITE") == .simple("OK"))
            #expect(try client.command("CLIENT", "PAUSE", "1", "WRITE") == .simple("OK"))
            try other.send(TestClient.encoded(["SET", "a", "2"]))
            try self.waitForWaiters(1, server, client)
            #expect(try client.command("GET", "a") == .text("1"))
            other.close()
            // Whoever left while it waited leaves nothing behind.
            #expect(try client.command("CLIENT", "UNPAUSE") == .simple("OK"))
            try self.waitForWaiters(0, server, client)
            #expect(try client.command("SET", "a", "3") == .simple("OK"))
        }
    }

    @Test("while writes are paused no key ends by the clock, and nothing is numbered", arguments: [1, 2])
    func expiry(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let client = try server.client()
            #expect(try client.command("SET", "soon", "1", "PX", "40") == .simple("OK"))
            #expect(try client.command("CLIENT", "PAUSE", "600000", "WRITE") == .simple("OK"))
            let before = try self.position(server, client)
            try server.wait(for: "the key's end") { try client.command("GET", "soon") == .null }
            #expect(try client.command("KEYS", "*") == .array([]))
            #expect(try self.position(server, client) == before)
            #expect(try client.command("DBSIZE") == .integer(1))
            #expect(try client.command("CLIENT", "UNPAUSE") == .simple("OK"))
            try server.wait(for: "the key's removal") { try client.command("DBSIZE") == .integer(0) }
        }
    }

    @Test("a pause of everything holds reads back too, and hears CLIENT UNPAUSE", arguments: [1, 2])
    func everything(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let (admin, client) = (try server.client(), try server.client())
            #expect(try admin.command("CLIENT", "PAUSE", "600000") == .simple("OK"))
            try client.send(TestClient.encoded(["GET", "a"]))
            try self.waitForWaiters(1, server, admin)
            #expect(try admin.command("CLIENT", "UNPAUSE") == .simple("OK"))
            #expect(try client.reply() == .null)
            #expect(try admin.command("CLIENT", "PAUSE", "x").text == "ERR timeout is not an integer or out of range")
            #expect(try admin.command("CLIENT", "PAUSE", "-1").text == "ERR timeout is negative")
            #expect(
                try admin.command("CLIENT", "PAUSE", "1", "READ").text == "ERR CLIENT PAUSE mode must be WRITE or ALL"
            )
        }
    }

    @Test("a server stops in the middle of a pause")
    func stop() throws {
        try TestServer.run(shards: 2) { server in
            let (admin, client) = (try server.client(), try server.client())
            #expect(try admin.command("CLIENT", "PAUSE", "600000") == .simple("OK"))
            try client.send(["a", "b", "c", "d"].flatMap { TestClient.encoded(["SET", $0, "1"]) })
            try server.wait(for: "waiting parts") { try server.info("blocked_clients", through: admin) != "0" }
        }
    }
}
