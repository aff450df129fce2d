import Primitives
import Server
import Testing

@Suite struct GarbageTests {
    private static let nasty = [
        "*1\r\n$4294967296\r\n", "*1\r\n$536870913\r\n", "*1\r\n$-5\r\n", "*99999999999\r\n",
        "*-9223372036854775808\r\n",
        "*1048577\r\n", "*\r\n", "$5\r\nhello\r\n", "*2\r\n$3\r\nGET\r\n$3\r\nab", "*3\r\n*1\r\n",
        "\u{0}\u{0}\u{0}\r\n",
        "*1\r\n$1\r\nxyz", "GET \"unbalanced\r\n", "HELLO 99999999999999999999\r\n", "SCAN 99999999999999999999\r\n",
        "SETRANGE k 9223372036854775807 x\r\n", "GETRANGE k -9223372036854775808 9223372036854775807\r\n",
        "EXPIRE k 9223372036854775807\r\n", "SET k v EX 9223372036854775807\r\n", "CLIENT KILL ID -1\r\n",
        "CLIENT LIST ID 99999999999999999999\r\n", "CONFIG SET link-timeout 9223372036854775807\r\n",
        "MEMORY USAGE\r\n",
        "COMMAND DOCS\r\n", "REPLICATE FROM 18446744073709551615 ID r\r\n", "REPLICATE FROM 0 ID r HISTORY \r\n",
        "REPLCONF ACK 1\r\n", "*2\r\n:0\r\n*1\r\n$4\r\nPING\r\n",
    ]

    private func isAlive(_ server: TestServer) throws {
        let newcomer = try server.client()
        #expect(try newcomer.command("PING") == .simple("PONG"))
        let (replica, answer) = try server.replica("alive")
        #expect(answer.text?.hasPrefix("ACK 0") == true)
        replica.reset()
    }

    @Test("lines that are wrong on purpose harm nobody on either port", arguments: [1, 2])
    func nastyLines(shards: Int) throws {
        try TestServer.run(shards: shards) { server in
            for line in Self.nasty {
                for peer in [try server.client(), try server.replicationPort()] {
                    try peer.send(line)
                    peer.reset()
                }
            }
            // What is a line of words, and not of nothing else than zeros, is answered.
            for line in Self.nasty.filter({ !$0.contains("*") && !$0.hasPrefix("\u{0}") }) {
                let client = try server.client()
                try client.send(line)
                _ = try client.reply()
            }
            try self.isAlive(server)
        }
    }

    @Test("a bulk of 4 GB is refused when it is announced")
    func hugeBulk() throws {
        try TestServer.run { server in
            let client = try server.client()
            try client.send("*2\r\n$3\r\nGET\r\n$4294967296\r\n")
            #expect(try client.untilClosed() == "-ERR Protocol error: invalid bulk length\r\n")
            let replica = try server.replicationPort()
            try replica.send("*5\r\n$9\r\nREPLICATE\r\n$4294967296\r\n")
            #expect(try replica.untilClosed() == "-ERR Protocol error: invalid bulk length\r\n")
        }
    }

    @Test("unfinished input past its limit ends the client")
    func queryBufferLimit() throws {
        try TestServer.run(["client-query-buffer-limit": "1mb"]) { server in
            let client = try server.client()
            try client.send("*2\r\n$4\r\nECHO\r\n$10000000\r\n")
            let piece = [UInt8](repeating: 7, count: 1 << 16)[...]
            var sent = 0
            while sent < 8 << 20, let count = try? client.sendSome(piece), count > 0 || sent < 1 << 20 { sent += count }
            #expect(try client.untilClosed().isEmpty)
            try self.isAlive(server)
        }
    }

    @Test("random bytes, whole frames among them, harm nobody", arguments: [1, 2])
    func noise(shards: Int) throws {
        var generator = SeededGenerator(seed: UInt64(shards))
        let commands = ["PING", "SET k v", "GET k", "DEL k", "MGET a b c", "INFO", "KEYS *", "REPLICATE FROM 0 ID x"]
        try TestServer.run(shards: shards) { server in
            for round in 0..<150 {
                let peer = round % 3 == 0 ? try server.replicationPort(shard: round % shards) : try server.client()
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    let command = commands.randomElement(using: &generator) ?? ""
                    var bytes = TestClient.encoded(command.split(separator: " ").map(String.init))
                    if Bool.random(using: &generator) {
                        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
                            in: 0 ... .max,
                            using: &generator
                        )
                    }
                    if Bool.random(using: &generator) { bytes = bytes.dropLast(.random(in: 0...3, using: &generator)) }
                    if Int.random(in: 0..<5, using: &generator) == 0 {
                        bytes += (0..<2000).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
                    }
                    // The server may have ended the connection already.
                    _ = try? peer.sendSome(bytes[...])
                }
                if Bool.random(using: &generator) { peer.reset() } else { peer.close() }
            }
            try self.isAlive(server)
        }
    }

    @Test("many tiny connections come and go")
    func tinyConnections() throws {
        try TestServer.run(shards: 2) { server in
            for round in 0..<1500 {
                let peer = round % 2 == 0 ? try server.client() : try server.replicationPort(shard: round % 2)
                if round % 3 == 0 { try peer.send("*") }
                peer.reset()
            }
            try self.isAlive(server)
            let client = try server.client()
            try server.wait(for: "every connection to be counted off") {
                try server.info("connected_clients", through: client) == "1"
            }
        }
    }
}
