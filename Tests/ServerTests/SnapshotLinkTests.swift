import Primitives
import RDB
import Replication
import Server
import Testing

/// What a link that is sent a snapshot gets, from the line that opens it to the one that ends it.
struct ReceivedSnapshot {
    var keys: [String: String] = [:]
    var chunks: [Int] = []
    var position: Position = 0

    enum Failure: Error {
        case unexpected(String)
        case notWhole
    }

    /// Reads all of it; heartbeats before it are passed over.
    init(_ connection: TestClient) throws {
        try self.begin(connection)
        let decoder = RDBDecoder()
        while true {
            switch try connection.reply() {
            case .bulk(let piece):
                self.chunks.append(piece.count)
                var keys = self.keys
                try piece.withUnsafeBytes { piece in
                    try decoder.decode(piece) { event throws(RDBError) in
                        if case .string(let key, let value, _) = event { keys[key.text] = value.text }
                    }
                }
                self.keys = keys
            case .simple(let line) where line.hasPrefix("SNAPSHOT_END "):
                guard decoder.isFinished else { throw Failure.notWhole }
                self.position = Position(line.dropFirst("SNAPSHOT_END ".count)) ?? .max
                return
            case let other: throw Failure.unexpected("\(other)")
            }
        }
    }

    private func begin(_ connection: TestClient) throws {
        while true {
            switch try connection.reply() {
            case .simple("SNAPSHOT"): return
            case .simple(let line) where line.hasPrefix("PING "): continue
            case let other: throw Failure.unexpected("\(other)")
            }
        }
    }
}

@Suite struct SnapshotLinkTests {
    /// A backlog that soon lets go of what a newcomer needs.
    private let small = ["backlog-size": "64kb", "chunk-size": "4kb", "snapshot-join-window": "0"]

    @Test("a replica of the short form gets the bytes of the protocol, and the stream behind them", arguments: [1, 2])
    func shortForm(shards: Int) throws {
        try TestServer.run(shards: shards, self.small) { server in
            let scribe = Scribe(try server.client(), shards: shards)
            try scribe.write(5000, bytes: 100)
            for shard in 0..<shards {
                let replica = try server.replicationPort(shard: shard)
                try replica.send("REPLICATE FROM 0 ID x\r\n")
                // Byte for byte where the protocol leaves no choice.
                #expect(try replica.bytes(20) == Array("+ACK 0\r\n+SNAPSHOT\r\n$".utf8.prefix(20)))
                let rest = try server.replica("again", shard: shard)
                let copy = try ReceivedSnapshot(rest.connection)
                #expect(copy.position == Position(scribe.streams[shard].count))
                #expect(copy.keys.count == scribe.streams[shard].count)
                #expect(copy.chunks.allSatisfy { (1...65_536).contains($0) })
                let right = (1...scribe.count).filter {
                    copy.keys[Scribe.key($0)] == Scribe.value($0, bytes: $0 > 5000 ? 20 : 100)
                }
                #expect(right.count == copy.keys.count)
                let follower = Follower(rest.connection, after: copy.position)
                try scribe.write(20)
                try follower.read(to: Position(scribe.streams[shard].count), scribe.streams[shard])
            }
            #expect(try server.number("sync_full", through: scribe.client) == 2 * shards)
            #expect(try server.number("snapshots_too_old", through: scribe.client) == 2 * shards)
        }
    }

    @Test("a replica is copied while clients write, and misses nothing")
    func underLoad() throws {
        try TestServer.run(["backlog-size": "32mb", "snapshot-join-window": "0"]) { server in
            let scribe = Scribe(try server.client())
            try scribe.write(40_000, bytes: 1000)
            let foreign = String(repeating: "ab", count: 20)
            let (connection, answer) = try server.replica("r", from: 77, history: foreign)
            let history = try server.streams(through: scribe.client)[0].history
            #expect(answer == .simple("ACK 77 \(history)"))
            for _ in 0..<20 { try scribe.write(100, bytes: 1000) }
            let copy = try ReceivedSnapshot(connection)
            #expect(copy.keys.count == Int(copy.position), "every mutation was a new key")
            try Follower(connection, after: copy.position).read(to: Position(scribe.count), scribe.streams[0])
            #expect(try server.number("snapshots_foreign_history", through: scribe.client) == 1)
            #expect(try server.number("sync_partial_err", through: scribe.client) == 1)
            #expect(try server.number("snapshot_links_finished", through: scribe.client) == 1)
            #expect(try server.number("snapshot_buffer_bytes", through: scribe.client) == 0)
            #expect(try server.number("snapshot_last_trigger_us", through: scribe.client) < 1000)
        }
    }

    @Test("ten links that come within the window share one pass")
    func joining() throws {
        try TestServer.run(self.small.merging(["snapshot-join-window": "500"]) { $1 }) { server in
            let scribe = Scribe(try server.client())
            try scribe.write(5000, bytes: 100)
            let replicas = try (0..<10).map { try server.replica("r\($0)").connection }
            try server.wait(for: "the links to wait") {
                try server.number("snapshot_links_waiting", through: scribe.client) == 10
            }
            let line = try server.info("slave0", through: scribe.client)
            #expect(line?.contains("state=wait_bgsave") == true)
            for replica in replicas { #expect(try ReceivedSnapshot(replica).keys.count == 5000) }
            #expect(try server.number("snapshot_passes", through: scribe.client) == 1)
            try server.wait(for: "the links to stream") {
                try server.info("slave9", through: scribe.client)?.contains("state=online") == true
            }
            let sent = try server.number("snapshot_sent_bytes", through: scribe.client)
            let produced = try server.number("snapshot_produced_bytes", through: scribe.client)
            #expect(sent > 10 * produced && sent < 11 * produced)
        }
    }

    @Test("a replica that goes away in the middle leaves nothing behind, and the next one is served")
    func disconnect() throws {
        try TestServer.run(self.small.merging(["max-snapshots": "1", "link-output-limit": "65536"]) { $1 }) { server in
            let scribe = Scribe(try server.client())
            try scribe.write(20_000, bytes: 1000)
            for round in 1...5 {
                let (replica, _) = try server.replica("r\(round)")
                _ = try replica.bytes(100_000)
                // What the view keeps of these goes with the link, and does not wait for another one.
                _ = try scribe.client.pipeline((1...1000).map { ["SET", Scribe.key($0 * 20), "new"] })
                replica.reset()
                try server.wait(for: "the view's end") {
                    try server.number("snapshot_view_bytes", through: scribe.client) == 0
                }
            }
            let (replica, _) = try server.replica("last")
            #expect(try ReceivedSnapshot(replica).keys.count == 20_000)
            #expect(try server.number("snapshot_passes_abandoned", through: scribe.client) == 5)
            #expect(try server.number("snapshot_view_bytes", through: scribe.client) == 0)
        }
    }

    @Test("passes beyond the limit wait in line, and are told that the primary lives")
    func admission() throws {
        let settings = ["max-snapshots": "1", "link-output-limit": "65536"]
        try TestServer.run(self.small.merging(settings) { $1 }) { server in
            let scribe = Scribe(try server.client())
            try scribe.write(20_000, bytes: 1000)
            let (first, _) = try server.replica("first")
            _ = try first.bytes(1000)
            let zeros = String(repeating: "0", count: 40)
            let (second, _) = try server.replica("second", history: zeros)
            guard case .simple(let line) = try second.reply() else { return #expect(Bool(false), "no heartbeat") }
            #expect(line.hasPrefix("PING 20000 "))
            let slots = try scribe.client.command("REPL.SLOTS").elements.map(\.fields)
            let states = Dictionary(uniqueKeysWithValues: slots.map { ($0["id"]?.text ?? "", $0["state"]?.text ?? "") })
            #expect(states == ["first": "receiving-snapshot", "second": "waiting-for-snapshot"])
            first.close()
            #expect(try ReceivedSnapshot(second).keys.count == 20_000)
        }
    }

    @Test("the rate is kept")
    func rate() throws {
        try TestServer.run(self.small.merging(["snapshot-rate": "4mb"]) { $1 }) { server in
            let scribe = Scribe(try server.client())
            try scribe.write(2000, bytes: 1000)
            let (replica, _) = try server.replica("r")
            let start = ContinuousClock.now
            #expect(try ReceivedSnapshot(replica).keys.count == 2000)
            let elapsed = ContinuousClock.now - start
            #expect(elapsed > .milliseconds(350), "2 MB at 4 MB/s: \(elapsed)")
        }
    }

    @Test("a laggard is ended with the cause, and comes back for another snapshot; the pass goes on")
    func laggard() throws {
        let settings = ["snapshot-buffer": "1mb", "link-output-limit": "65536", "snapshot-join-window": "300"]
        try TestServer.run(self.small.merging(settings) { $1 }) { server in
            let scribe = Scribe(try server.client())
            try scribe.write(30_000, bytes: 1000)
            let (slow, _) = try server.replica("slow")
            let (fast, _) = try server.replica("fast")
            #expect(try ReceivedSnapshot(fast).keys.count == 30_000)
            try server.wait(for: "the laggard to be closed") {
                try server.number("links_closed_snapshot_lag", through: scribe.client) == 1
            }
            slow.close()
            let (again, _) = try server.replica("slow")
            #expect(try ReceivedSnapshot(again).keys.count == 30_000)
            #expect(try server.number("snapshot_passes", through: scribe.client) == 2)
        }
    }
}
