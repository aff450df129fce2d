import Primitives
import Server
import Testing

@Suite struct ClientTests {
    @Test("a client speaks RESP2, RESP3 after HELLO 3, and inline")
    func dialects() throws {
        try TestServer.run { server in
            let client = try server.client()
            #expect(try client.command("PING") == .simple("PONG"))
            #expect(try client.command("SET", "k", "v") == .simple("OK"))
            #expect(try client.command("GET", "k") == .text("v"))
            #expect(try client.command("GET", "none") == .null)
            #expect(try client.command("INCR", "n") == .integer(1))
            guard case .map(let hello) = try client.command("HELLO", "3") else {
                Issue.record("HELLO 3 is answered with a map")
                return
            }
            #expect(hello.count == 14 && hello[0] == .text("server") && hello[5] == .integer(3))
            try client.send("GET none\r\nget \"k\"\r\n")
            #expect(try client.bytes(3) == Array("_\r\n".utf8))
            #expect(try client.reply() == .text("v"))
            guard case .map(let parameters) = try client.command("CONFIG", "GET", "databases") else {
                Issue.record("CONFIG GET is a map in RESP3")
                return
            }
            #expect(parameters == [.text("databases"), .text("1")])
            guard case .array(let again) = try client.command("HELLO", "2") else {
                Issue.record("HELLO 2 is answered with an array")
                return
            }
            #expect(again.count == 14)
            #expect(try client.command("HELLO", "4").text?.hasPrefix("NOPROTO") == true)
            #expect(try client.command("QUIT") == .simple("OK"))
            #expect(try client.untilClosed().isEmpty)
        }
    }

    @Test("mistakes of a client are answered as Redis answers them, and the connection goes on")
    func mistakes() throws {
        try TestServer.run { server in
            let client = try server.client()
            #expect(
                try client.command("NOPE", "x").text == "ERR unknown command 'NOPE', with args beginning with: 'x' "
            )
            #expect(try client.command("GET").text == "ERR wrong number of arguments for 'get' command")
            #expect(try client.command("SELECT", "1").text == "ERR DB index is out of range")
            #expect(try client.command("SET", "k", "v", "NX", "XX").text == "ERR syntax error")
            #expect(try client.command("PING") == .simple("PONG"))
        }
    }

    @Test("a pipeline cut at random places is answered in order, with every reply right", arguments: [1, 2])
    func randomPipelines(shards: Int) throws {
        var generator = SeededGenerator(seed: UInt64(shards))
        try TestServer.run(shards: shards) { server in
            let client = try server.client()
            var model: [String: String] = [:]
            for _ in 0..<12 {
                var request: [UInt8] = []
                var expected: [Reply] = []
                for _ in 0..<Int.random(in: 1...400, using: &generator) {
                    let (words, reply) = PipelineModel.next(&model, using: &generator)
                    request += TestClient.encoded(words)
                    expected.append(reply)
                }
                var sent = 0
                while sent < request.count {
                    let count = min(request.count - sent, .random(in: 1...900, using: &generator))
                    try client.send(Array(request[sent..<(sent + count)]))
                    sent += count
                }
                for (index, reply) in expected.enumerated() { #expect(try client.reply() == reply, "reply \(index)") }
            }
        }
    }

    @Test("a command sent byte by byte is one command")
    func byteByByte() throws {
        try TestServer.run { server in
            let client = try server.client()
            for byte in TestClient.encoded(["SET", "key", "a\r\nb"]) + Array("GET key\r\n".utf8) {
                try client.send([byte])
            }
            #expect(try client.reply() == .simple("OK"))
            #expect(try client.reply() == .text("a\r\nb"))
        }
    }

    @Test(
        "a client that reads nothing is paused: the server's memory stays, and all replies come in order",
        arguments: [1]
    )
    func slowReader(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            let client = try server.client()
            let observer = try server.client()
            let value = String(repeating: "v", count: 100_000)
            for number in 0..<4 {
                #expect(try client.command("SET", "k\(number)", value + "\(number)") == .simple("OK"))
            }
            // 100 MB of replies, asked for without reading one.
            let count = 1000
            let request = (0..<count).flatMap { TestClient.encoded(["GET", "k\($0 % 4)"]) }
            try client.send(request)
            try server.wait(for: "the pipeline to be under way") {
                Int(try server.info("total_net_output_bytes", through: observer) ?? "") ?? 0 > 200_000
            }
            for _ in 0..<20 { #expect(try observer.command("PING") == .simple("PONG")) }
            let used = Int(try server.info("total_net_output_bytes", through: observer) ?? "") ?? .max
            #expect(used < 30 << 20, "executed ahead of what the client reads: \(used) bytes of replies")
            for index in 0..<count { #expect(try client.reply() == .text(value + "\(index % 4)")) }
        }
    }
}

/// Commands with the replies that they must get, from a dictionary. The connection is the only one that writes.
enum PipelineModel {
    static func next(
        _ model: inout [String: String],
        using generator: inout SeededGenerator
    ) -> (words: [String], reply: Reply) {
        func key() -> String { "key:\(Int.random(in: 0..<40, using: &generator))" }
        let value = "value \(Int.random(in: 0..<1000, using: &generator))"
        switch Int.random(in: 0..<12, using: &generator) {
        case 0...2:
            let key = key()
            model[key] = value
            return (["SET", key, value], .simple("OK"))
        case 3...4:
            let key = key()
            return (["GET", key], model[key].map { .text($0) } ?? .null)
        case 5:
            let keys = [key(), key(), key(), key()]
            return (["MGET"] + keys, .array(keys.map { model[$0].map { .text($0) } ?? .null }))
        case 6:
            let keys = [key(), key(), key()]
            for key in keys { model[key] = value }
            return (["MSET"] + keys.flatMap { [$0, value] }, .simple("OK"))
        case 7:
            let keys = [key(), key(), key()]
            let found = Set(keys).filter { model[$0] != nil }
            for key in keys { model[key] = nil }
            return (["DEL"] + keys, .integer(Int64(found.count)))
        case 8:
            let keys = [key(), key(), key()]
            return (["EXISTS"] + keys, .integer(Int64(keys.count { model[$0] != nil })))
        case 9: return (["PING"], .simple("PONG"))
        case 10: return (["DBSIZE"], .integer(Int64(model.count)))
        default:
            let key = key()
            model[key, default: ""] += "+"
            return (["APPEND", key, "+"], .integer(Int64(model[key]?.utf8.count ?? 0)))
        }
    }
}
