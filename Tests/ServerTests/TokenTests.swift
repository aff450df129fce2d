import Testing

@Suite struct TokenTests {
    private func words(_ token: Reply) -> [String] {
        token.elements.map { $0.text ?? $0.number.map(String.init) ?? "" }
    }

    @Test("a token names the history and the caller's last write on each shard, and REPL.WAIT takes its words")
    func token() throws {
        try TestServer.run(shards: 2) { server in
            let (client, other) = (try server.client(), try server.client())
            let empty = try self.words(client.command("REPL.TOKEN"))
            #expect(empty.count == 4 && empty[1] == "0" && empty[3] == "0")
            for number in 0..<20 { _ = try client.command("SET", "k\(number)", "1") }
            let token = try self.words(client.command("REPL.TOKEN"))
            #expect(token[0] == empty[0] && token[2] == empty[2])
            #expect((Int(token[1]) ?? 0) + (Int(token[3]) ?? 0) == 20)
            #expect(try self.words(other.command("REPL.TOKEN")) == empty)
            try other.send(TestClient.encoded(["REPL.WAIT"] + token))
            #expect(try other.reply() == .simple("OK"))
        }
    }

    @Test("REPL.WAIT answers as soon as the position is reached", arguments: [1, 2])
    func reached(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let (client, waiter) = (try server.client(), try server.client())
            var token = try self.words(client.command("REPL.TOKEN"))
            token[1] = "3"
            try waiter.send(TestClient.encoded(["REPL.WAIT"] + token) + TestClient.encoded(["PING"]))
            var written = 0
            while written < 3 {
                // Keys of shard 0 alone.
                let before = try self.words(client.command("REPL.TOKEN"))[1]
                _ = try client.command("SET", "k\(Int.random(in: 0..<1000))", "1")
                if try self.words(client.command("REPL.TOKEN"))[1] != before { written += 1 }
            }
            #expect(try waiter.reply() == .simple("OK"))
            #expect(try waiter.reply() == .simple("PONG"))
        }
    }

    @Test("a time-out and a foreign history are errors that name the primary", arguments: [1, 2])
    func errors(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let client = try server.client()
            var token = try self.words(client.command("REPL.TOKEN"))
            token[1] = "5"
            try client.send(TestClient.encoded(["REPL.WAIT"] + token + ["TIMEOUT", "20"]))
            let late = try client.reply().text ?? ""
            #expect(late == "TIMEOUT shard 0 is at position 0 and not yet at 5: this node is the primary")
            let own = token[0]
            token[0] = String(repeating: "ab", count: 20)
            try client.send(TestClient.encoded(["REPL.WAIT"] + token))
            let foreign = try client.reply().text ?? ""
            #expect(
                foreign.hasPrefix("WRONGHISTORY shard 0 follows history \(own)") && foreign.hasSuffix("is the primary")
            )
            token[1] = "0"
            try client.send(TestClient.encoded(["REPL.WAIT"] + token))
            #expect(try client.reply() == .simple("OK"))
        }
    }

    @Test("what is no token is refused")
    func refused() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            let token = try self.words(client.command("REPL.TOKEN"))
            for words in [
                ["x", "0"], [token[0], "0"], token + ["1"], token + ["TIMEOUT"], token + ["TIMEOUT", "-1"],
                token + ["TIMEOUT", "x"], [token[0], "-1", token[2], "0"], [token[0], "0", "x", "0"], token + token,
            ] {
                try client.send(TestClient.encoded(["REPL.WAIT"] + words))
                #expect(try client.reply().isError, "\(words)")
            }
        }
    }

    @Test("a client that leaves while it waits, and a server that stops, leave nothing behind", arguments: [1, 2])
    func abandoned(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let client = try server.client()
            var token = try self.words(client.command("REPL.TOKEN"))
            token[1] = "5"
            for _ in 0..<10 {
                let other = try server.client()
                try other.send(TestClient.encoded(["REPL.WAIT"] + token))
                other.close()
            }
            try server.wait(for: "the end of the others") {
                try server.info("connected_clients", through: client) == "1"
            }
            try client.send(TestClient.encoded(["REPL.WAIT"] + token))
        }
    }
}
