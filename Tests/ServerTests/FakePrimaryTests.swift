import Primitives
import Replication
import Server
import Sockets
import Testing

/// A replica and a primary that does not behave.
@Suite struct FakePrimaryTests {
    @Test("the handshake says what the replica has, under its own stable name")
    func handshake() throws {
        let folder = try DataFolder()
        let primary = try FakePrimary()
        var id = ""
        try TestServer.run(in: folder, primary.asPrimary.merging(["region": "north"]) { $1 }) { server in
            let client = try server.client()
            let (first, words) = try primary.replica()
            #expect(words.prefix(4) == ["REPLICATE", "FROM", "0", "ID"] && words.count == 9)
            #expect(words.suffix(4) == ["HISTORY", String(repeating: "0", count: 40), "REGION", "north"])
            id = words[4]
            try first.send("+ACK 0 \(FakePrimary.history)\r\n")
            try first.send((1...3).flatMap { FakePrimary.frame($0) })
            try server.wait(for: "the frames") { try server.positions(through: client) == [3] }
            first.close()
            let (_, again) = try primary.replica()
            #expect(again.prefix(7) == ["REPLICATE", "FROM", "3", "ID", id, "HISTORY", FakePrimary.history])
        }
        // What the log holds is claimed at the next start, too.
        try TestServer.run(in: folder, primary.asPrimary) { _ in
            let (_, words) = try primary.replica()
            #expect(words == ["REPLICATE", "FROM", "3", "ID", id, "HISTORY", FakePrimary.history])
        }
    }

    @Test("a replica that is not told otherwise calls itself something else in each directory")
    func ownNames() throws {
        let primary = try FakePrimary()
        var names: Set<String> = []
        for _ in 0..<3 {
            try TestServer.run(in: try DataFolder(), primary.asPrimary) { _ in
                names.insert(try primary.replica().words[4])
            }
        }
        #expect(names.count == 3)
        try TestServer.run(primary.asPrimary.merging(["replica-id": "emma"]) { $1 }) { _ in
            let name = try primary.replica().words[4]
            #expect(name == "emma")
        }
    }

    @Test(
        "what cannot be applied drops the link, is counted, and is asked for again from where the replica is",
        arguments: [
            ("*2\r\n:4\r\n*1\r\n$8\r\nFLUSHALL\r\n", "follower_gaps"),
            ("*2\r\n:0\r\n*1\r\n$8\r\nFLUSHALL\r\n", "follower_gaps"),
            ("*2\r\n:-1\r\n*1\r\n$8\r\nFLUSHALL\r\n", "follower_decoding_errors"),
            ("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n", "follower_decoding_errors"),
            ("*2\r\n:2\r\nFLUSHALL\r\n", "follower_decoding_errors"),
            ("\u{0}\u{1}\u{2}\u{3}", "follower_decoding_errors"),
            ("HTTP/1.1 400 Bad Request\r\n\r\n", "follower_decoding_errors"),
            ("*2\r\n:2\r\n*1\r\n$7\r\nUNKNOWN\r\n", "follower_apply_errors"),
            ("*2\r\n:2\r\n*2\r\n$4\r\nINCR\r\n$4\r\ntext\r\n", "follower_apply_errors"),
            ("-ERR go away\r\n", "follower_refusals"),
        ]
    )
    func unusable(bytes: String, counter: String) throws {
        let primary = try FakePrimary()
        try TestServer.run(primary.asPrimary) { server in
            let client = try server.client()
            let (first, _) = try primary.grantedReplica()
            try first.send(FakePrimary.frame(1) + FakePrimary.frame(2, ["SET", "text", "a"]) + Array(bytes.utf8))
            let (second, position) = try primary.grantedReplica()
            #expect(position == 2)
            #expect(try server.number(counter, through: client) == 1)
            #expect(try client.command("DBSIZE") == .integer(2), "the data stays")
            try second.send(FakePrimary.frame(3))
            try server.wait(for: "the next frame") { try server.positions(through: client) == [3] }
            #expect(try server.info("master_link_status", through: client) == "up")
        }
    }

    @Test("a mute primary is given up after the link time-out")
    func mute() throws {
        let primary = try FakePrimary()
        try TestServer.run(primary.asPrimary.merging(["link-timeout": "1"]) { $1 }) { server in
            let client = try server.client()
            let (first, _) = try primary.grantedReplica()
            try first.send(FakePrimary.frame(1))
            let (_, position) = try primary.grantedReplica()
            #expect(position == 1)
            #expect(try server.number("follower_timeouts", through: client) == 1)
        }
    }

    @Test("a replica reports how far it is after frames, and at least once a second without any")
    func acknowledgements() throws {
        let primary = try FakePrimary()
        try TestServer.run(primary.asPrimary) { server in
            let (connection, _) = try primary.grantedReplica()
            try connection.send(FakePrimary.frame(1) + FakePrimary.frame(2))
            var seen = ""
            while !seen.contains("REPLCONF ACK 2\r\n") {
                seen += String(decoding: try connection.some(), as: UTF8.self)
            }
            #expect(seen.contains("REPLCONF STATE 0 0 0\r\n"))
            let before = Clocks.monotonicNanoseconds
            #expect(String(decoding: try connection.some(), as: UTF8.self) == "REPLCONF ACK 2\r\n")
            #expect(Clocks.monotonicNanoseconds - before < 5_000_000_000)
            _ = server
        }
    }

    @Test("a large frame that comes in many pieces is one write")
    func largeFrame() throws {
        let primary = try FakePrimary()
        try TestServer.run(primary.asPrimary) { server in
            let client = try server.client()
            let (connection, _) = try primary.grantedReplica()
            let value = String(repeating: "x", count: 40 << 20)
            try connection.send(FakePrimary.frame(1, ["SET", "large", value]) + FakePrimary.frame(2))
            try server.wait(for: "the frames") { try server.positions(through: client) == [2] }
            #expect(try client.command("STRLEN", "large") == .integer(40 << 20))
        }
    }

    /// `SET`, as a frame of exactly 64 bytes.
    private static func frameOf64Bytes(_ lsn: LSN) -> [UInt8] {
        let digits = "\(lsn - 1)".utf8.count
        let key = "key\(lsn % 1000)"
        // The value's own length has two digits.
        let rest = 64 - (7 + digits) - (4 + 9 + 6 + key.utf8.count) - (5 + 2)
        return FakePrimary.frame(lsn, ["SET", key, String(repeating: "v", count: rest)])
    }

    @Test("a slice that ends where a read ends goes on with the next read")
    func readsOfOneSlice() throws {
        let primary = try FakePrimary()
        try TestServer.run(primary.asPrimary) { server in
            let client = try server.client()
            let (connection, _) = try primary.grantedReplica()
            try server.waitForLink(through: client)
            // A read is 64 KiB, and a slice 1024 events: the first read of each burst is one slice, and the second is in the inbox.
            var lsn: LSN = 0
            for _ in 0..<30 {
                var burst: [UInt8] = []
                for _ in 0..<2048 {
                    lsn += 1
                    burst += Self.frameOf64Bytes(lsn)
                }
                #expect(burst.count == 128 << 10)
                try connection.send(burst)
                try server.wait(for: "the burst") { try server.positions(through: client) == [lsn] }
            }
        }
    }
}
