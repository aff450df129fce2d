import Primitives
import Replication
import Server
import Sockets
import Testing

/// Stands between a replica and a stream, and cuts the connection where it is told to.
final class StreamProxy {
    private let listener = Result { try FakePrimary() }
    private let primary: UInt16

    /// - Parameter primary: the port of the stream.
    init(to primary: UInt16) { self.primary = primary }

    var front: FakePrimary { get throws { try self.listener.get() } }

    /// Passes on the next replica's handshake and its answer, and what the primary says then, until so many bytes of that, or
    /// until told.
    /// - Returns: the connections, which stay open, and how many bytes there were.
    func pass(
        limit: Int = .max,
        until isDone: () throws -> Bool = { false }
    ) throws -> (
        replica: TestClient, primary: TestClient, bytes: Int
    ) {
        let (replica, words) = try self.front.replica()
        let primary = try TestClient(port: self.primary)
        try primary.send(TestClient.encoded(words))
        guard case .simple(let answer) = try primary.reply() else { throw TestClient.Failure.closed }
        // A heartbeat is progress: the next round comes soon, however this one ends.
        try replica.send("+\(answer)\r\n+PING \(words[2]) 0\r\n")
        var passed = 0
        while passed < limit, try !isDone() {
            let bytes = try primary.some()
            let piece = bytes.prefix(limit - passed)
            try replica.send(Array(piece))
            passed += piece.count
        }
        return (replica, primary, passed)
    }
}

/// Real snapshots of a real primary.
@Suite struct SnapshotProxyTests {
    private static let small = ["backlog-size": "64kb", "chunk-size": "4kb"]

    @Test(
        "a replica that cannot resume is copied, serves its old data meanwhile, and goes on from there",
        arguments: [1, 2]
    )
    func copied(shards: Int) throws {
        try TestServer.run(shards: shards, Self.small) { primary in
            let scribe = Scribe(try primary.client(), shards: shards)
            for _ in 0..<20 { try scribe.write(500, bytes: 200) }
            _ = try scribe.client.command("DEL", Scribe.key(1))
            try TestServer.run(in: try DataFolder(), shards: shards, primary.asPrimary) { replica in
                let reader = try replica.client()
                try replica.waitUntilEqual(to: primary, reader, scribe.client)
                #expect(try reader.command("DBSIZE") == .integer(9999))
                #expect(try replica.number("follower_snapshots_installed", through: reader) == shards)
                let again = Scribe(scribe.client, shards: shards, after: scribe.count)
                try again.write(500, bytes: 200)
                try replica.waitUntilEqual(to: primary, reader, scribe.client)
                for number in [2, 777, 10_000, 10_500] {
                    #expect(try reader.command("GET", Scribe.key(number)) == .text(Scribe.value(number, bytes: 200)))
                }
            }
        }
    }

    @Test("a connection cut at every 1 % of a primary's snapshot: the old data is served, and the end is equal")
    func everyCut() throws {
        try TestServer.run(Self.small) { primary in
            let scribe = Scribe(try primary.client())
            for _ in 0..<10 { try scribe.write(500, bytes: 100) }
            let proxy = StreamProxy(to: primary.server.replicationPorts[0])
            let folder = try DataFolder()
            try TestServer.run(in: folder, try proxy.front.asPrimary.merging(["replica-id": "cut"]) { $1 }) { replica in
                let reader = try replica.client()
                let (first, _) = try proxy.front.grantedReplica()
                try first.send(FakePrimary.frame(1) + FakePrimary.frame(2))
                try replica.wait(for: "the old data") { try replica.positions(through: reader) == [2] }
                first.socket.shutdown()
                // How long a whole one is.
                let probe = try primary.replica("probe", from: 2, history: FakePrimary.history).connection
                var length = 0
                var tail: [UInt8] = []
                let end = Array("+SNAPSHOT_END".utf8)
                while true {
                    let bytes = try probe.some()
                    tail = (tail + bytes).suffix(bytes.count + 64)
                    length += bytes.count
                    let isEnd = tail.indices.contains { tail[$0...].starts(with: end) }
                    if isEnd { break }
                }
                probe.close()
                var ended: [TestClient] = []
                for percent in 0..<100 {
                    let (connection, stream, _) = try proxy.pass(limit: max(1, length * percent / 100))
                    connection.socket.shutdown()
                    stream.close()
                    ended.append(connection)
                    #expect(try reader.command("DBSIZE") == .integer(2), "cut at \(percent) %")
                    #expect(try reader.command("MGET", "k1", "k2") == .array([.text("1"), .text("2")]))
                }
                let whole = try proxy.pass {
                    try replica.positions(through: reader) == primary.positions(through: scribe.client)
                }
                #expect(whole.bytes >= length)
                #expect(try reader.command("DBSIZE") == .integer(5000))
                #expect(try reader.command("GET", "k1") == .null)
                for number in stride(from: 1, through: 5000, by: 97) {
                    #expect(try reader.command("GET", Scribe.key(number)) == .text(Scribe.value(number, bytes: 100)))
                }
            }
        }
    }
}
