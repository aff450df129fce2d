import Primitives
import Testing

@Suite struct DigestTests {
    private func digests(_ client: TestClient) throws -> [[String: Reply]] {
        try client.command("REPL.DIGEST").elements.map(\.fields)
    }

    private func fill(_ client: TestClient, _ range: Range<Int>) throws {
        _ = try client.pipeline(range.map { ["SET", "key:\($0)", "value \($0)"] })
    }

    @Test("every shard tells its digest with the position, the history and the number of keys that it is of")
    func shards() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            try self.fill(client, 0..<1000)
            let digests = try self.digests(client)
            #expect(digests.map { $0["shard"] } == [.integer(0), .integer(1)])
            let topology = try client.command("REPL.TOPOLOGY").fields["streams"]?.elements.map(\.fields) ?? []
            for (digest, stream) in zip(digests, topology) {
                #expect(digest["history"] == stream["history"] && digest["position"] == stream["position"])
                #expect(digest["digest"]?.text?.count == 32)
            }
            #expect(digests.compactMap { $0["keys"]?.number }.reduce(0, +) == 1000)
            #expect(digests.compactMap { $0["position"]?.number }.reduce(0, +) == 1000)
            #expect(digests[0]["digest"] != digests[1]["digest"])
        }
    }

    @Test("nodes with the same data have the same DEBUG DIGEST, whatever their number of shards")
    func equal() throws {
        let texts = try [1, 2].map { shards in
            try TestServer.run(shards: shards) { server in
                let client = try server.client()
                let empty = try client.command("DEBUG", "DIGEST")
                #expect(empty == .simple(String(repeating: "0", count: 40)))
                try self.fill(client, 0..<500)
                _ = try client.command("PEXPIREAT", "key:7", "99999999999999")
                if shards == 2 { _ = try client.pipeline([["SET", "x", "1"], ["DEL", "x"]]) }
                let text = try client.command("DEBUG", "DIGEST")
                _ = try client.command("APPEND", "key:8", "x")
                #expect(try client.command("DEBUG", "DIGEST") != text)
                return text.text
            }
        }
        #expect(texts[0] == texts[1] && texts[0]?.count == 40 && texts[0]?.hasPrefix("000001f4") == true)
    }

    @Test("a digest is of one position, however many writes and other digests come meanwhile", arguments: [1, 2])
    func meanwhile(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let writer = try server.client()
            try self.fill(writer, 0..<20_000)
            let askers = try (0..<8).map { _ in try server.client() }
            for round in 0..<5 {
                for asker in askers { try asker.send(TestClient.encoded(["REPL.DIGEST"])) }
                try self.fill(writer, (round * 100)..<(round * 100 + 100))
                let answers = try askers.map { try $0.reply().elements.map(\.fields) }
                // Who tells the same position tells the same digest.
                for shard in 0..<shards {
                    let pairs = answers.map { ($0[shard]["position"]?.number ?? -1, $0[shard]["digest"]?.text ?? "") }
                    #expect(Dictionary(grouping: pairs) { $0.0 }.values.allSatisfy { Set($0.map(\.1)).count == 1 })
                }
            }
        }
    }

    @Test("a digest whose client leaves, and one under way when the server stops, harm nobody")
    func abandoned() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            try self.fill(client, 0..<20_000)
            for _ in 0..<20 {
                let other = try server.client()
                try other.send(TestClient.encoded(["REPL.DIGEST"]))
                other.reset()
            }
            #expect(try self.digests(client).count == 2)
            #expect(try client.command("DEBUG", "DIGEST").text?.count == 40)
            #expect(try client.command("DEBUG", "NOSUCH").isError)
            try client.send(TestClient.encoded(["REPL.DIGEST"]))
        }
    }
}
