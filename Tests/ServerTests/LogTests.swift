import Primitives
import Server
import Testing

/// A log under a running server: what it tells of itself, and the order of replies that wait for it.
@Suite struct LogTests {
    @Test("INFO and CONFIG tell of the log", arguments: [1, 2], ["everysec", "always", "no"])
    func facts(shards: Int, sync: String) throws {
        let folder = try DataFolder()
        let settings = ["log-sync": sync, "log-segment-size": "4096", "log-index-interval": "16"]
        try TestServer.run(in: folder, shards: shards, settings) { server in
            let client = try server.client()
            try Scribe(client, shards: shards).write(400)
            try server.waitUntilWritten(through: client)
            #expect(try server.info("log_enabled", through: client) == "1")
            #expect(try server.info("log_sync", through: client) == sync)
            #expect(try server.number("log_first_lsn", through: client) == shards)
            #expect(try server.number("log_last_lsn", through: client) == 400)
            #expect(try server.number("log_written_lsn", through: client) == 400)
            let durable = try server.number("log_durable_lsn", through: client)
            #expect(sync == "always" ? durable == 400 : durable <= 400)
            if sync == "everysec" {
                try server.wait(for: "the sync") { try server.number("log_durable_lsn", through: client) == 400 }
            }
            let bytes = try server.number("log_bytes", through: client)
            #expect(bytes > 400 * (37 + 40) && bytes < 400 * (37 + 80))
            #expect(try server.number("aof_current_size", through: client) == bytes)
            #expect(try server.number("log_segments", through: client) > bytes / 4096)
            #expect(try server.number("log_failures", through: client) == 0)
            #expect(try server.number("log_read_bytes", through: client) == 0)
            #expect(try server.number("log_buffer_bytes", through: client) > 0)
            #expect(try server.info("aof_enabled", through: client) == "1")
            #expect(try server.info("aof_last_write_status", through: client) == "ok")
            for (name, value) in [
                ("log-sync", sync), ("appendfsync", sync), ("appendonly", "yes"), ("data-dir", folder.path),
                ("log-segment-size", "4096"), ("log-index-interval", "16"),
            ] {
                #expect(try client.command("CONFIG", "GET", name) == .array([.text(name), .text(value)]))
            }
        }
    }

    @Test("without a data directory there is no log, and INFO says so")
    func none() throws {
        try TestServer.run { server in
            let client = try server.client()
            _ = try client.command("SET", "k", "v")
            #expect(try server.info("log_enabled", through: client) == "0")
            #expect(try server.info("log_last_lsn", through: client) == nil)
            #expect(try server.info("aof_enabled", through: client) == "0")
            #expect(try client.command("CONFIG", "GET", "appendonly") == .array([.text("appendonly"), .text("no")]))
        }
    }

    @Test(
        "many connections with mixed pipelines get every reply, right and in order, although writes wait for the disk",
        arguments: [1, 2],
        ["always", "everysec"]
    )
    func order(shards: Int, sync: String) throws {
        var generator = SeededGenerator(seed: UInt64(shards))
        try TestServer.run(in: try DataFolder(), shards: shards, ["log-sync": sync]) { server in
            let clients = try (0..<24).map { _ in try server.client() }
            var models = Array(repeating: [String: String](), count: clients.count)
            for _ in 0..<6 {
                var expected: [[Reply]] = []
                for (number, client) in clients.enumerated() {
                    var request: [UInt8] = []
                    var replies: [Reply] = []
                    for _ in 0..<Int.random(in: 1...60, using: &generator) {
                        let (words, reply) = Self.next(&models[number], of: number, using: &generator)
                        request += TestClient.encoded(words)
                        replies.append(reply)
                    }
                    // Cut somewhere, so that a command waits for its rest while others wait for the disk.
                    let cut = Int.random(in: 0...request.count, using: &generator)
                    try client.send(Array(request[..<cut]))
                    try client.send(Array(request[cut...]))
                    expected.append(replies)
                }
                for (number, client) in clients.enumerated() {
                    for (index, reply) in expected[number].enumerated() {
                        #expect(try client.reply() == reply, "reply \(index) of client \(number)")
                    }
                }
            }
        }
    }

    /// A command on keys of one connection alone, and the reply that it must get.
    private static func next(
        _ model: inout [String: String],
        of client: Int,
        using generator: inout SeededGenerator
    ) -> (words: [String], reply: Reply) {
        func key() -> String { "\(client):\(Int.random(in: 0..<10, using: &generator))" }
        let value = "value \(Int.random(in: 0..<1000, using: &generator))"
        let first = key()
        switch Int.random(in: 0..<8, using: &generator) {
        case 0...2:
            model[first] = value
            return (["SET", first, value], .simple("OK"))
        case 3: return (["GET", first], model[first].map { .text($0) } ?? .null)
        case 4:
            let keys = [first, key(), key()]
            return (["MGET"] + keys, .array(keys.map { model[$0].map { .text($0) } ?? .null }))
        case 5:
            let keys = [first, key(), key()]
            for key in keys { model[key] = value }
            return (["MSET"] + keys.flatMap { [$0, value] }, .simple("OK"))
        case 6: return (["PING"], .simple("PONG"))
        default:
            let isThere = model.removeValue(forKey: first) != nil
            return (["DEL", first], .integer(isThere ? 1 : 0))
        }
    }

    @Test("a client that leaves while its replies wait for the disk harms nobody", arguments: [1, 2])
    func leaving(shards: Int) throws {
        try TestServer.run(in: try DataFolder(), shards: shards, ["log-sync": "always"]) { server in
            let steady = try server.client()
            for round in 0..<200 {
                let passing = try server.client()
                try passing.send((0..<10).flatMap { TestClient.encoded(["SET", "k\($0)", "\(round)"]) })
                passing.reset()
                let fresh = try server.client()
                #expect(try fresh.command("ECHO", "\(round)") == .text("\(round)"))
                #expect(try steady.command("SET", "s", "\(round)") == .simple("OK"))
                fresh.close()
            }
            #expect(try steady.command("GET", "s") == .text("199"))
        }
    }

    @Test("QUIT behind writes is answered after them, and then the connection ends", arguments: [1, 2])
    func quit(shards: Int) throws {
        try TestServer.run(in: try DataFolder(), shards: shards, ["log-sync": "always"]) { server in
            let client = try server.client()
            try client.send(
                ["a", "b", "c"].flatMap { TestClient.encoded(["SET", $0, "1"]) } + TestClient.encoded(["QUIT"])
                    + TestClient.encoded(["SET", "d", "1"])
            )
            #expect(try client.untilClosed() == "+OK\r\n+OK\r\n+OK\r\n+OK\r\n")
            #expect(try server.client().command("EXISTS", "a", "b", "c", "d") == .integer(3))
        }
    }
}
