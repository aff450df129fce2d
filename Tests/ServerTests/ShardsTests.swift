import Primitives
import RESP
import Server
import Testing

@Suite struct ShardsTests {
    /// Keys of the wanted shard, by their own slots.
    private func keys(_ count: Int, ofShard shard: Int) -> [String] {
        let all = (0..<(20 * count + 100)).map { "key-\($0)" }
        let own = all.filter { key in Array(key.utf8).withUnsafeBytes { KeySlot.shard(of: $0, shards: 2) } == shard }
        return Array(own.prefix(count))
    }

    @Test("commands that treat keys one by one are split over the shards and joined in the order of the keys")
    func split() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            let (left, right) = (self.keys(3, ofShard: 0), self.keys(3, ofShard: 1))
            let mixed = [left[0], right[0], left[1], right[1]]
            try client.send(TestClient.encoded(["MSET"] + mixed.flatMap { [$0, "v-" + $0] }))
            #expect(try client.reply() == .simple("OK"))
            try client.send(TestClient.encoded(["MGET"] + mixed.reversed() + ["none", left[2], mixed[0]]))
            let values = mixed.reversed().map { Reply.text("v-" + $0) } + [.null, .null, .text("v-" + mixed[0])]
            #expect(try client.reply() == .array(values))
            #expect(try client.command("EXISTS", left[0], right[0], right[0], "none") == .integer(3))
            #expect(try client.command("TOUCH", left[0], right[0]) == .integer(2))
            #expect(try client.command("UNLINK", left[0], right[0], "none") == .integer(2))
            #expect(try client.command("DEL", left[1], right[1], left[0]) == .integer(2))
            #expect(try client.command("DBSIZE") == .integer(0))
        }
    }

    @Test("in RESP3 a split MGET has RESP3's nulls")
    func splitNulls() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            let (left, right) = (self.keys(2, ofShard: 0), self.keys(2, ofShard: 1))
            _ = try client.command("HELLO", "3")
            #expect(try client.command("MSET", left[0], "", right[0], "r") == .simple("OK"))
            try client.send(TestClient.encoded(["MGET", left[1], right[0], left[0], right[1]]))
            #expect(try client.bytes(4 + 3 + 7 + 6 + 3) == Array("*4\r\n_\r\n$1\r\nr\r\n$0\r\n\r\n_\r\n".utf8))
        }
    }

    @Test("commands that need several keys at once want them in one shard")
    func crossSlot() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            let (left, right) = (self.keys(2, ofShard: 0), self.keys(2, ofShard: 1))
            for command in [
                ["RENAME", left[0], right[0]], ["RENAMENX", left[0], right[0]], ["COPY", left[0], right[0]],
                ["MSETNX", left[0], "1", right[0], "2"],
            ] {
                try client.send(TestClient.encoded(command))
                #expect(try client.reply().text?.hasPrefix("CROSSSLOT ") == true, "\(command)")
            }
            for pair in [left, right] {
                #expect(try client.command("MSETNX", pair[0], "1", pair[1], "2") == .integer(1))
                #expect(try client.command("RENAME", pair[0], pair[1]) == .simple("OK"))
            }
            #expect(try client.command("SET", "{tag}a", "1") == .simple("OK"))
            #expect(try client.command("RENAME", "{tag}a", "{tag}b") == .simple("OK"))
            #expect(try client.command("MSET", left[0], "1", right[0]).isError, "an odd MSET is refused whole")
        }
    }

    @Test("an error in a mixed pipeline stands where its command stood")
    func errorsInOrder() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            let (left, right) = (self.keys(1, ofShard: 0)[0], self.keys(1, ofShard: 1)[0])
            let pipeline = [
                ["SET", left, "1"], ["SET", right, "2"], ["RENAME", left, right], ["GET", right], ["NOPE"],
                ["MGET", left, right], ["GET"], ["INCR", left], ["PING"], ["INCR", right], ["SET", left],
            ]
            for _ in 0..<50 {
                try client.send(pipeline.flatMap(TestClient.encoded))
                let replies = try pipeline.map { _ in try client.reply() }
                #expect(
                    replies.map(\.isError) == [false, false, true, false, true, false, true, false, false, false, true]
                )
                #expect(replies[3] == .text("2") && replies[5] == .array([.text("1"), .text("2")]))
                #expect(replies[7] == .integer(2) && replies[9] == .integer(3))
            }
            try client.send(TestClient.encoded(["INCR", right]) + Array("*1\r\n+bad\r\n".utf8))
            #expect(try client.reply() == .integer(4), "what came before a protocol error is answered first")
            #expect(try client.reply().text == "ERR Protocol error: expected '$', got '+'")
            #expect(try client.untilClosed().isEmpty)
        }
    }

    @Test("questions about all keys join the shards")
    func joined() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            let names = self.keys(30, ofShard: 0) + self.keys(20, ofShard: 1)
            for name in names { #expect(try client.command("SET", name, "v") == .simple("OK")) }
            #expect(try client.command("DBSIZE") == .integer(50))
            let listed = try client.command("KEYS", "key-*").elements.compactMap(\.text)
            #expect(listed.sorted() == names.sorted())
            var found: Set<String> = []
            var cursor = "0"
            var calls = 0
            repeat {
                let reply = try client.command("SCAN", cursor, "COUNT", "7")
                cursor = try #require(reply.elements.first?.text)
                found.formUnion(reply.elements.last?.elements.compactMap(\.text) ?? [])
                calls += 1
            } while cursor != "0" && calls < 1000
            #expect(found == Set(names) && calls > 2)
            #expect(try client.command("RANDOMKEY").text.map { names.contains($0) } == true)
            #expect(try server.info("db0", through: client) == "keys=50,expires=0,avg_ttl=0")
            #expect(try client.command("FLUSHALL") == .simple("OK"))
            #expect(try client.command("DBSIZE") == .integer(0))
            #expect(try client.command("RANDOMKEY") == .null)
        }
    }

    @Test("clients that vanish while their commands are with other shards leave the others' replies alone")
    func vanishingClients() throws {
        try TestServer.run(shards: 2) { server in
            let steady = try (0..<4).map { _ in try server.client() }
            let value = String(repeating: "x", count: 2000)
            for name in self.keys(8, ofShard: 0) + self.keys(8, ofShard: 1) {
                _ = try steady[0].command("SET", name, value)
            }
            let burst = (self.keys(8, ofShard: 0) + self.keys(8, ofShard: 1)).flatMap {
                TestClient.encoded(["GET", $0])
            }
            for round in 0..<200 {
                let passing = try server.client()
                try passing.send(burst + burst + burst)
                passing.reset()
                // New connections are likely to get the descriptor that has just become free.
                let fresh = try server.client()
                #expect(try fresh.command("ECHO", "\(round)") == .text("\(round)"))
                #expect(try steady[round % 4].command("ECHO", "s\(round)") == .text("s\(round)"))
                fresh.close()
            }
        }
    }
}
