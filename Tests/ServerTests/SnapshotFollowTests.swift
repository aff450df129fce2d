import Primitives
import RDB
import RESP
import Replication
import Server
import Sockets
import Testing

/// A primary that sends snapshots, and a replica that gets them.
@Suite struct SnapshotFollowTests {
    /// A snapshot of so many keys, `s<i>` with the value `<i>`, as a primary's stream carries it.
    static func snapshot(keys: Int, at position: Position, chunkBytes: Int = 4096) -> [UInt8] {
        let writer = Writer()
        var encoder = RDBEncoder()
        encoder.header(to: writer)
        encoder.aux("sluice-history", FakePrimary.history, to: writer)
        encoder.aux("sluice-position", "\(position)", to: writer)
        encoder.sizes(keys: keys, expiring: 0, to: writer)
        for key in 0..<keys {
            let (name, value) = (Array("s\(key)".utf8), Array("\(key)".utf8))
            name.withUnsafeBytes { name in
                value.withUnsafeBytes { encoder.string(name, $0, expiry: nil, to: writer) }
            }
        }
        encoder.end(from: 0, to: writer)
        let file = Array(writer.bytes)
        var bytes = Array("+SNAPSHOT\r\n".utf8)
        for start in stride(from: 0, to: file.count, by: chunkBytes) {
            let chunk = file[start..<min(start + chunkBytes, file.count)]
            bytes += Array("$\(chunk.count)\r\n".utf8) + chunk + Array("\r\n".utf8)
        }
        return bytes + Array("+SNAPSHOT_END \(position)\r\n".utf8)
    }

    private func expectOldData(_ client: TestClient) throws {
        #expect(try client.command("DBSIZE") == .integer(2))
        #expect(try client.command("MGET", "k1", "k2") == .array([.text("1"), .text("2")]))
    }

    /// Gives a replica the data that it is to keep while snapshots fail.
    private func giveOldData(_ server: TestServer, _ primary: FakePrimary, _ client: TestClient) throws -> TestClient {
        let (connection, _) = try primary.grantedReplica()
        try connection.send(FakePrimary.frame(1) + FakePrimary.frame(2))
        try server.wait(for: "the old data") { try server.positions(through: client) == [2] }
        return connection
    }

    @Test("a snapshot takes the old data's place in one step, and frames follow it", arguments: [false, true])
    func swap(onDisk: Bool) throws {
        let primary = try FakePrimary()
        try TestServer.run(in: onDisk ? try DataFolder() : nil, primary.asPrimary) { server in
            let client = try server.client()
            let connection = try self.giveOldData(server, primary, client)
            let bytes = Self.snapshot(keys: 5000, at: 70)
            try connection.send(Array(bytes.dropLast(20)))
            try server.wait(for: "the snapshot") { try server.number("rebootstrapping", through: client) == 1 }
            #expect(try server.info("master_sync_in_progress", through: client) == "1")
            #expect(try client.command("ROLE").elements[3] == .text("sync"))
            try self.expectOldData(client)
            try connection.send(Array(bytes.suffix(20)) + FakePrimary.frame(71) + FakePrimary.frame(72))
            try server.wait(for: "what follows") { try server.positions(through: client) == [72] }
            #expect(try client.command("DBSIZE") == .integer(5002))
            #expect(try client.command("MGET", "k1", "s4999", "k72") == .array([.null, .text("4999"), .text("72")]))
            #expect(try server.number("rebootstrapping", through: client) == 0)
            #expect(try server.number("follower_snapshots_installed", through: client) == 1)
            #expect(try server.streams(through: client)[0].history == FakePrimary.history)
        }
    }

    @Test(
        "a connection cut at every 1 % of a snapshot: the old data is served, and the end is equal",
        arguments: [false, true]
    )
    func everyCut(onDisk: Bool) throws {
        let primary = try FakePrimary()
        try TestServer.run(in: onDisk ? try DataFolder() : nil, primary.asPrimary) { server in
            let client = try server.client()
            try self.giveOldData(server, primary, client).close()
            let bytes = Self.snapshot(keys: 3000, at: 70)
            var ended: [TestClient] = []
            for percent in 0..<100 {
                let (connection, position) = try primary.grantedReplica()
                #expect(position == 2, "cut at \(percent) %")
                // A heartbeat is progress: the next round comes soon.
                try connection.send("+PING 2 0\r\n")
                try connection.send(Array(bytes.prefix(max(1, bytes.count * percent / 100))))
                // Not a close: with what the replica says unread that would be a reset, which overtakes what was sent.
                connection.socket.shutdown()
                ended.append(connection)
                try self.expectOldData(client)
            }
            let (connection, _) = try primary.grantedReplica()
            try connection.send(bytes)
            try server.wait(for: "the whole one") { try server.positions(through: client) == [70] }
            #expect(try client.command("DBSIZE") == .integer(3000))
            #expect(try server.number("follower_snapshots_abandoned", through: client) == 99)
        }
    }

    @Test("what is granted with a snapshot does not become the history of the old data, whatever bytes it has")
    func history() throws {
        let primary = try FakePrimary()
        try TestServer.run(primary.asPrimary) { server in
            let client = try server.client()
            try self.giveOldData(server, primary, client).close()
            let (connection, _) = try primary.replica()
            try connection.send("+ACK 2 \(String(FakePrimary.history.reversed()))\r\n")
            // The number of keys looks like the first byte of a frame, and comes first in what is read then.
            let bytes = Self.snapshot(keys: 42, at: 70)
            let cut = try #require(bytes.firstIndex(of: UInt8(ascii: "*")))
            try connection.send(Array(bytes[..<cut]))
            try server.wait(for: "the snapshot") { try server.number("rebootstrapping", through: client) == 1 }
            try connection.send(Array(bytes[cut...].dropLast(20)))
            connection.socket.shutdown()
            let words = try primary.replica().words
            #expect(words[2] == "2" && words[6] == FakePrimary.history)
        }
    }

    @Test("what was installed is there at the next start, with its position and its history")
    func nextStart() throws {
        let folder = try DataFolder()
        let primary = try FakePrimary()
        try TestServer.run(in: folder, primary.asPrimary) { server in
            let client = try server.client()
            let connection = try self.giveOldData(server, primary, client)
            try connection.send(Self.snapshot(keys: 500, at: 70) + FakePrimary.frame(71))
            try server.wait(for: "what follows") { try server.positions(through: client) == [71] }
        }
        try TestServer.run(in: folder, primary.asPrimary) { server in
            let client = try server.client()
            #expect(try client.command("DBSIZE") == .integer(501))
            let words = try primary.replica().words
            #expect(words[2] == "71" && words[6] == FakePrimary.history)
        }
    }

    @Test("a damaged snapshot is thrown away, and the old data stays")
    func damage() throws {
        let primary = try FakePrimary()
        try TestServer.run(in: try DataFolder(), primary.asPrimary) { server in
            let client = try server.client()
            try self.giveOldData(server, primary, client).close()
            var bytes = Self.snapshot(keys: 100, at: 70, chunkBytes: 1 << 16)
            bytes[bytes.count / 2] ^= 1
            let (connection, _) = try primary.grantedReplica()
            try connection.send(bytes)
            let (_, position) = try primary.grantedReplica()
            #expect(position == 2)
            try self.expectOldData(client)
            #expect(try server.number("follower_snapshots_abandoned", through: client) == 1)
        }
    }

    @Test("a snapshot of another history or position than announced is thrown away")
    func mismatch() throws {
        let primary = try FakePrimary()
        try TestServer.run(primary.asPrimary) { server in
            let client = try server.client()
            try self.giveOldData(server, primary, client).close()
            let (connection, _) = try primary.grantedReplica()
            let bytes = Self.snapshot(keys: 10, at: 70)
            try connection.send(Array(bytes.dropLast(4)) + Array("71\r\n".utf8))
            let (_, position) = try primary.grantedReplica()
            #expect(position == 2)
            try self.expectOldData(client)
        }
    }

    @Test("a second beginning starts over")
    func again() throws {
        let primary = try FakePrimary()
        try TestServer.run(in: try DataFolder(), primary.asPrimary) { server in
            let client = try server.client()
            let connection = try self.giveOldData(server, primary, client)
            let first = Self.snapshot(keys: 100, at: 70)
            // Between two chunks.
            let cut = Array("+SNAPSHOT\r\n".utf8) + Array(Self.snapshot(keys: 1000, at: 60)[11..<(11 + 7 + 4096 + 2)])
            try connection.send(cut + first)
            try server.wait(for: "the second one") { try server.positions(through: client) == [70] }
            #expect(try client.command("DBSIZE") == .integer(100))
        }
    }
}
