import Primitives
import Replication
import Server
import Sockets
import Testing

@Suite struct ReplicaTests {
    private func frame(_ lsn: UInt64, _ words: [String]) -> [UInt8] {
        Array("*2\r\n:\(lsn - 1)\r\n".utf8) + TestClient.encoded(words)
    }

    private func history(_ server: TestServer, _ client: TestClient) throws -> String {
        try #require(try server.info("master_replid", through: client))
    }

    @Test("both forms of the handshake are granted, and the live stream equals the writes", arguments: FanOut.allCases)
    func liveStream(fanOut: FanOut) throws {
        try TestServer.run(["fan-out": fanOut.rawValue]) { server in
            let client = try server.client()
            let history = try self.history(server, client)
            let short = try server.replica("short")
            #expect(short.answer == .simple("ACK 0"))
            let long = try server.replica("long", history: String(repeating: "0", count: 40))
            #expect(long.answer == .simple("ACK 0 \(history)"))
            var expected: [UInt8] = []
            for number in 1...500 as ClosedRange<UInt64> {
                let words = ["SET", "key \(number % 7)", String(repeating: "v", count: Int(number))]
                #expect(try client.command(words[0], words[1], words[2]) == .simple("OK"))
                expected += self.frame(number, words)
            }
            #expect(try short.connection.bytes(expected.count) == expected)
            #expect(try self.frames(long.connection, expected.count) == expected)
        }
    }

    /// Reads `count` bytes of frames, passing over heartbeats.
    private func frames(_ connection: TestClient, _ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let head = try connection.bytes(1)
            if head == [UInt8(ascii: "+")] {
                while try connection.bytes(1) != [UInt8(ascii: "\n")] {}
                continue
            }
            var piece = head
            while !piece.withUnsafeBytes({ if case .frame = FrameScan($0) { true } else { false } }) {
                piece += try connection.bytes(1)
            }
            bytes += piece
        }
        return bytes
    }

    @Test("a long-form replica hears a heartbeat with the tip")
    func heartbeat() throws {
        try TestServer.run { server in
            let client = try server.client()
            _ = try client.command("SET", "k", "v")
            let replica = try server.replica("r", from: 1, history: try self.history(server, client))
            let text = try #require(try replica.connection.reply().text)
            #expect(text.hasPrefix("PING 1 "))
        }
    }

    @Test("a replica resumes from memory at the position it names, bound to its shard")
    func resume() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            for number in 0..<40 { _ = try client.command("SET", "key-\(number)", "v\(number)") }
            var total = 0
            for shard in 0..<2 {
                let (whole, _) = try server.replica("whole", shard: shard)
                let tip = try #require(try self.tip(server, client, shard: shard))
                total += Int(tip)
                var frames: [[UInt8]] = []
                for lsn in 1...tip {
                    var frame: [UInt8] = []
                    while frame.withUnsafeBytes({ FrameScan($0) }) == .incomplete { frame += try whole.bytes(1) }
                    #expect(frame.starts(with: Array("*2\r\n:\(lsn - 1)\r\n".utf8)))
                    frames.append(frame)
                }
                for position in [1, tip / 2, tip - 1] {
                    let (resumed, answer) = try server.replica("resumed", from: position, shard: shard)
                    #expect(answer == .simple("ACK \(position)"))
                    let expected = frames.dropFirst(Int(position)).flatMap { $0 }
                    #expect(try resumed.bytes(expected.count) == expected)
                }
            }
            #expect(total == 40)
            #expect(try server.info("resumes_from_memory", through: client) == "8")
        }
    }

    private func tip(_ server: TestServer, _ client: TestClient, shard: Int) throws -> UInt64? {
        let fields = try server.info("stream\(shard)", through: client)?.split(separator: ",")
        return fields?.first { $0.hasPrefix("tip=") }.flatMap { UInt64($0.dropFirst(4)) }
    }

    @Test("a handshake that makes no sense gets the reason and the end; a position that cannot be resumed, a snapshot")
    func refused() throws {
        try TestServer.run(["backlog-size": "4096"]) { server in
            let client = try server.client()
            for _ in 0..<200 { _ = try client.command("SET", "k", String(repeating: "v", count: 100)) }
            let foreign = String(repeating: "ab", count: 20)
            for (request, reason) in [
                ("REPLICATE FROM x ID r", "position"), ("REPLICATE FROM 1", "got 3"), ("PING", "got 1"),
                ("REPLICATE FROM 1 ID r HISTORY 12", "40 hex"),
                ("*5\r\n+bad", "Protocol error"), (String(repeating: "x", count: 5000), "4096 bytes"),
            ] {
                let replica = try server.replicationPort()
                try replica.send(request + "\r\n")
                let answer = try replica.untilClosed()
                #expect(answer.hasPrefix("-ERR ") && answer.hasSuffix("\r\n") && answer.contains(reason), "\(request)")
            }
            #expect(try server.info("connected_slaves", through: client) == "0")
            for request in ["0 ID a", "201 ID b", "200 ID c HISTORY \(foreign)"] {
                let replica = try server.replicationPort()
                try replica.send("REPLICATE FROM \(request)\r\n")
                let answer = try replica.reply().text ?? ""
                #expect(answer.hasPrefix("ACK \(request.prefix { $0 != " " })"))
                #expect(try ReceivedSnapshot(replica).position == 200)
            }
            for cause in ["too_old", "beyond_tip", "foreign_history"] {
                #expect(try server.info("snapshots_\(cause)", through: client) == "1")
            }
            #expect(try server.info("sync_full", through: client) == "3")
        }
    }

    @Test("replicas that reset in the middle of a handshake, or right after it, leave nothing behind")
    func resets() throws {
        try TestServer.run { server in
            let client = try server.client()
            _ = try client.command("SET", "k", "v")
            let handshake = "REPLICATE FROM 0 ID r\r\n"
            for cut in 0...handshake.utf8.count {
                let replica = try server.replicationPort()
                try replica.send(String(handshake.prefix(cut)))
                replica.reset()
            }
            for _ in 0..<100 {
                let (replica, answer) = try server.replica("r")
                #expect(answer == .simple("ACK 0"))
                replica.reset()
                _ = try client.command("SET", "k", "v")
            }
            try server.wait(for: "the links to go") { try server.info("connected_slaves", through: client) == "0" }
            let (last, _) = try server.replica("r")
            #expect(try last.bytes(30).count == 30)
        }
    }

    @Test("a second connection with the same id ends the first")
    func replaced() throws {
        try TestServer.run { server in
            let (first, _) = try server.replica("same")
            let (second, _) = try server.replica("same")
            #expect(try first.untilClosed() == "-ERR another replica connected with this id\r\n")
            let client = try server.client()
            try server.wait(for: "one link") { try server.info("connected_slaves", through: client) == "1" }
            _ = try client.command("SET", "k", "v")
            let expected = self.frame(1, ["SET", "k", "v"])
            #expect(try second.bytes(expected.count) == expected)
        }
    }

    @Test("INFO replication and ROLE show a replica with its address and what it acknowledged")
    func facts() throws {
        try TestServer.run(shards: 2) { server in
            let client = try server.client()
            for number in 0..<20 { _ = try client.command("SET", "key-\(number)", "v") }
            let links = try (0..<2).map { try server.replica("r1", shard: $0).connection }
            for (shard, link) in links.enumerated() {
                let tip = try #require(try self.tip(server, client, shard: shard))
                // More than there is would overflow a sum; it counts as everything.
                try link.send(shard == 0 ? "REPLCONF ACK 18446744073709551615\r\n" : "REPLCONF ACK \(tip)\r\n")
            }
            try server.wait(for: "the acknowledgements") {
                try server.info("slave0", through: client)?.contains("offset=20,") == true
            }
            let port = try #require(links[0].socket.localPort)
            let line = try #require(try server.info("slave0", through: client))
            #expect(line.hasPrefix("ip=127.0.0.1,port=\(port),state=online,offset=20,lag=0,id=r1,sent=20"))
            #expect(try server.info("connected_slaves", through: client) == "1")
            #expect(try server.info("master_repl_offset", through: client) == "20")
            let role = try client.command("ROLE").elements
            #expect(role.prefix(2) == [.text("master"), .integer(20)])
            #expect(role.last?.elements == [.array([.text("127.0.0.1"), .text("\(port)"), .text("20")])])
        }
    }

    @Test("a replica that floods reports does not hold up the others, and is closed for nonsense without end")
    func flood() throws {
        try TestServer.run { server in
            let client = try server.client()
            let (flooding, _) = try server.replica("flood")
            try flooding.send(String(repeating: "REPLCONF ACK 0\r\n", count: 40_000))
            let (other, answer) = try server.replica("other")
            #expect(answer == .simple("ACK 0"))
            _ = try client.command("SET", "k", "v")
            #expect(try other.bytes(30).count == 30)
            var sent = 0
            let nonsense = Array(String(repeating: "x", count: 1 << 17).utf8)[...]
            try server.wait(for: "the end of the link") {
                if let count = try? flooding.sendSome(nonsense) { sent += count }
                return try server.info("links_closed_excess_input", through: client) == "1"
            }
            #expect(sent > LinkInput.longestInput)
        }
    }

    @Test("a replica that says more than a buffer with its handshake and then leaves is one link that ended")
    func talkative() throws {
        try TestServer.run { server in
            let client = try server.client()
            _ = try client.command("SET", "k", "v")
            let talk = "REPLICATE FROM 0 ID r\r\n" + String(repeating: "REPLCONF ACK 1\r\n", count: 6_000)
            for _ in 0..<20 {
                let replica = try server.replicationPort()
                try replica.send(talk)
                replica.close()
            }
            try server.wait(for: "the links to go") { try server.info("connected_slaves", through: client) == "0" }
            let answer = try server.replica("r").answer
            #expect(answer == .simple("ACK 0"))
            #expect(try client.command("PING") == .simple("PONG"))
        }
    }
}
