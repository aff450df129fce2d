import Primitives
import RESP
import Testing

@Suite struct TransactionTests {
    /// Keys of the wanted shard, by their own slots.
    private func keys(_ count: Int, ofShard shard: Int) -> [String] {
        let all = (0..<(20 * count + 100)).map { "key-\($0)" }
        let own = all.filter { key in Array(key.utf8).withUnsafeBytes { KeySlot.shard(of: $0, shards: 2) } == shard }
        return Array(own.prefix(count))
    }

    private static let queued = Reply.simple("QUEUED")
    private static let ok = Reply.simple("OK")
    private static let crossSlot = "CROSSSLOT Keys in request don't hash to the same shard"

    @Test("a transaction runs on whatever shard its keys are, and answers in order", arguments: [1, 2])
    func anyShard(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let client = try server.client()
            for shard in 0..<2 {
                let key = self.keys(1, ofShard: shard)[0]
                let replies = try client.pipeline([
                    ["SET", key, "0"], ["MULTI"], ["INCR", key], ["PING"], ["ECHO", "here"], ["INCR", key],
                    ["INCR", "x\(key)", "1"],
                ])
                #expect(replies[5] == Self.queued && replies[6].isError)
                #expect(
                    try client.command("EXEC").text == "EXECABORT Transaction discarded because of previous errors."
                )
                let again = try client.pipeline([
                    ["MULTI"], ["INCR", key], ["PING"], ["ECHO", "here"], ["LOLWUT"], ["DISCARD"], ["MULTI"],
                    ["INCR", key],
                    ["PING"], ["ECHO", "here"], ["GET", key], ["EXEC"], ["GET", key],
                ])
                let expected: [Reply] = [.integer(1), .simple("PONG"), .text("here"), .text("1")]
                #expect(again[4].isError && again[5] == Self.ok)
                #expect(again.suffix(2) == [.array(expected), .text("1")])
            }
        }
    }

    @Test("keys of several shards cannot be in one transaction, nor watched together")
    func crossSlot() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            let (left, right) = (self.keys(2, ofShard: 0), self.keys(2, ofShard: 1))
            for (one, other) in [(left, right), (right, left)] {
                let replies = try client.pipeline([
                    ["MULTI"], ["SET", one[0], "1"], ["SET", other[0], "1"], ["SET", one[1], "1"], ["EXEC"],
                    ["GET", one[0]],
                    ["MULTI"], ["MGET", one[0], other[0]], ["EXEC"], ["MULTI"], ["DBSIZE"], ["EXEC"],
                    ["WATCH", one[0], other[0]], ["WATCH", one[0]], ["WATCH", other[0]], ["MULTI"], ["GET", other[0]],
                    ["EXEC"], ["WATCH", one[0]], ["MULTI"], ["PING"], ["EXEC"],
                ])
                let aborted = "EXECABORT Transaction discarded because of previous errors."
                #expect(replies[2].text == Self.crossSlot && replies[3] == Self.queued && replies[4].text == aborted)
                #expect(replies[5] == .null && replies[7].text == Self.crossSlot && replies[8].text == aborted)
                #expect(
                    replies[10].text == "ERR Command not allowed inside a transaction" && replies[11].text == aborted
                )
                #expect(replies[12].text == Self.crossSlot && replies[13] == Self.ok)
                #expect(replies[14].text == Self.crossSlot && replies[16].text == Self.crossSlot)
                #expect(replies[17].text == aborted && replies[21] == .array([.simple("PONG")]))
            }
        }
    }

    @Test(
        "a transaction fails when a watched key has changed, wherever it is and whoever changed it",
        arguments: [1, 2]
    )
    func watched(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let (client, other) = (try server.client(), try server.client())
            for key in [self.keys(1, ofShard: 0)[0], self.keys(1, ofShard: 1)[0]] {
                _ = try client.command("SET", key, "1")
                for change in [["INCR", key], ["DEL", key], ["FLUSHALL"], ["MSET", key, "2", "unrelated", "3"]] {
                    _ = try client.command("SET", key, "1")
                    #expect(try client.command("WATCH", key) == Self.ok)
                    _ = try other.pipeline([change])
                    #expect(try client.pipeline([["MULTI"], ["SET", key, "7"], ["EXEC"]]).last == .null, "\(change)")
                    #expect(try client.command("GET", key) != .text("7"))
                }
                #expect(try client.command("WATCH", key) == Self.ok)
                #expect(try other.command("SET", "another", "1") == Self.ok)
                #expect(try client.pipeline([["MULTI"], ["SET", key, "7"], ["EXEC"]]).last == .array([Self.ok]))
                #expect(try client.command("SET", key, "1", "PX", "20") == Self.ok)
                #expect(try client.command("WATCH", key) == Self.ok)
                try server.wait(for: "the key's end") { try other.command("EXISTS", key) == .integer(0) }
                #expect(try client.pipeline([["MULTI"], ["PING"], ["EXEC"]]).last == .null)
            }
        }
    }

    @Test("nothing comes between the commands of a transaction", arguments: [1, 2])
    func atomic(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let clients = try (0..<4).map { _ in try server.client() }
            let key = self.keys(1, ofShard: 1)[0]
            var commands: [[String]] = []
            for _ in 0..<100 { commands += [["MULTI"], ["INCR", key], ["GET", key], ["INCR", key], ["EXEC"]] }
            for client in clients { try client.send(commands.flatMap(TestClient.encoded)) }
            var sum: Int64 = 0
            for client in clients {
                for _ in 0..<100 {
                    for _ in 0..<4 { _ = try client.reply() }
                    let results = try client.reply().elements
                    let first = try #require(results[0].number)
                    #expect(results == [.integer(first), .text("\(first)"), .integer(first + 1)])
                    sum = max(sum, first + 1)
                }
            }
            #expect(sum == 800)
        }
    }

    @Test("a transaction reaches a replica as one mutation", arguments: [1, 2])
    func stream(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let client = try server.client()
            let key = self.keys(1, ofShard: shards - 1)[0]
            let (replica, _) = try server.replica("r1", shard: shards - 1)
            _ = try client.pipeline([["MULTI"], ["SET", key, "1"], ["GET", key], ["INCR", key], ["EXEC"]])
            let words = ["MULTI", "2", "3", "SET", key, "1", "2", "INCR", key]
            let frame = Array("*2\r\n:0\r\n".utf8) + TestClient.encoded(words)
            #expect(try replica.bytes(frame.count) == frame)
        }
    }

    @Test("a transaction is recovered as a whole")
    func recovered() throws {
        let folder = try DataFolder()
        try TestServer.run(in: folder) { server in
            let client = try server.client()
            _ = try client.pipeline([
                ["MULTI"], ["SET", "a", "1"], ["SET", "b", "2"], ["RENAME", "a", "c"], ["EXEC"],
            ])
        }
        try TestServer.run(in: folder) { server in
            let client = try server.client()
            #expect(try client.command("MGET", "a", "b", "c") == .array([.null, .text("2"), .text("1")]))
            #expect(try server.info("master_repl_offset", through: client) == "1")
        }
    }

    @Test("a transaction is limited in bytes, and what is over the limit gives it up")
    func limits() throws {
        try TestServer.run(["client-query-buffer-limit": "1mb"]) { server in
            let client = try server.client()
            let value = String(repeating: "v", count: 400_000)
            let replies = try client.pipeline([["MULTI"], ["SET", "a", value], ["SET", "b", value], ["PING"]])
            #expect(replies.dropFirst() == [Self.queued, Self.queued, Self.queued])
            #expect(try client.command("CLIENT", "LIST").text == "QUEUED")
            #expect(try client.command("SET", "c", value).text == "ERR the transaction is longer than 1048576 bytes")
            #expect(try client.command("GET", "a") == Self.queued)
            #expect(try client.command("EXEC").text == "EXECABORT Transaction discarded because of previous errors.")
            #expect(try client.command("EXISTS", "a", "b", "c") == .integer(0))
        }
    }

    @Test("a transaction that writes waits for the end of a pause, and one that reads does not", arguments: [1, 2])
    func paused(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let (admin, client) = (try server.client(), try server.client())
            let key = self.keys(1, ofShard: shards - 1)[0]
            #expect(try admin.command("CLIENT", "PAUSE", "600000", "WRITE") == Self.ok)
            #expect(try client.pipeline([["MULTI"], ["GET", key], ["EXEC"]]).last == .array([.null]))
            try client.send([["MULTI"], ["SET", key, "1"], ["EXEC"]].flatMap(TestClient.encoded))
            try server.wait(for: "a waiting client") { try server.info("blocked_clients", through: admin) == "1" }
            #expect(try admin.command("CLIENT", "LIST").text?.contains(shards == 1 ? "flags=x" : "cmd=exec") == true)
            #expect(try admin.command("GET", key) == .null)
            #expect(try admin.command("CLIENT", "UNPAUSE") == Self.ok)
            for reply in [Self.ok, Self.queued, .array([Self.ok])] { #expect(try client.reply() == reply) }
        }
    }

    @Test("a transaction that may not write is refused as a whole, when it is queued or at its end", arguments: [1, 2])
    func refused(shards: Int) throws {
        try TestServer.run(shards: shards, ["min-replicas-to-write": "1"]) { server in
            let client = try server.client()
            for key in [self.keys(1, ofShard: 0)[0], self.keys(1, ofShard: 1)[0]] {
                let replies = try client.pipeline([
                    ["MULTI"], ["SET", key, "1"], ["EXEC"], ["MULTI"], ["GET", key], ["EXEC"],
                ])
                #expect(replies[2].text?.hasPrefix("EXECABORT Transaction discarded because of") == true)
                #expect(replies[5] == .array([.null]))
            }
            #expect(try client.pipeline([["MULTI"], ["SET", "a", "1"]]).count == 2)
            #expect(try server.client().command("CONFIG", "SET", "min-replicas-to-write", "0") == Self.ok)
        }
    }
}
