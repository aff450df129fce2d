import Primitives
import Replication
import Server
import Sockets
import Testing

/// Replicas that the backlog no longer covers.
@Suite struct DiskResumeTests {
    private let folder: DataFolder

    init() throws { self.folder = try DataFolder() }

    /// Many segments, many evictions, and short chunks.
    private let small = [
        "backlog-size": "64kb", "chunk-size": "4kb", "log-segment-size": "100000", "link-output-limit": "65536",
    ]

    @Test(
        "a replica behind the backlog resumes from the log while a writer outruns it, and goes over to live frames",
        arguments: ["everysec", "always", "no"],
        [1, 2]
    )
    func resume(sync: String, shards: Int) throws {
        let settings = self.small.merging(["log-sync": sync]) { $1 }
        try TestServer.run(in: self.folder, shards: shards, settings) { server in
            let scribe = Scribe(try server.client(), shards: shards)
            for _ in 0..<10 { try scribe.write(200, bytes: 500) }
            let observer = try server.client()
            let followers = try (0..<shards).map { shard in
                let from = Position(scribe.streams[shard].count / 7)
                let (connection, answer) = try server.replica("late", from: from, shard: shard)
                #expect(answer == .simple("ACK \(from)"))
                return Follower(connection, after: from)
            }
            for _ in 0..<20 {
                try scribe.write(200, bytes: 500)
                for (shard, follower) in followers.enumerated() { try follower.readSome(scribe.streams[shard]) }
            }
            for (shard, follower) in followers.enumerated() {
                #expect(follower.position < scribe.streams[shard].count, "the writer was faster")
                try follower.read(to: Position(scribe.streams[shard].count), scribe.streams[shard])
            }
            #expect(try server.number("resumes_from_disk", through: observer) == shards)
            let read = try server.number("log_read_bytes", through: observer)
            #expect(read > 1 << 20)
            #expect(try server.number("log_segments", through: observer) > 20)
            // From here on nothing is read from the disk.
            for _ in 0..<5 {
                try scribe.write(20, bytes: 500)
                for (shard, follower) in followers.enumerated() {
                    try follower.read(to: Position(scribe.streams[shard].count), scribe.streams[shard])
                }
            }
            #expect(try server.number("log_read_bytes", through: observer) == read)
            #expect(try server.number("connected_slaves", through: observer) == 1)
        }
    }

    @Test("a replica that stops reading goes on from the log, on the same connection, and gets every frame once")
    func slowReplica() throws {
        try TestServer.run(in: self.folder, self.small) { server in
            let scribe = Scribe(try server.client())
            let observer = try server.client()
            let (connection, _) = try server.replica("slow")
            connection.socket.setReceiveBuffer(bytes: 65_536)
            let follower = Follower(connection)
            try scribe.write(100, bytes: 1000)
            try follower.read(to: 50, scribe.streams[0])
            for pause in 1...3 {
                // Far more than the sockets and the backlog hold together.
                for _ in 0..<20 { try scribe.write(200, bytes: 1000) }
                let oldest = try server.number("repl_backlog_first_byte_offset", through: observer)
                #expect(oldest > Int(follower.position) + 2000, "it fell out of the backlog (pause \(pause))")
                try follower.read(to: Position(scribe.count - 1500), scribe.streams[0])
            }
            try follower.read(to: Position(scribe.count), scribe.streams[0])
            #expect(try server.number("log_read_bytes", through: observer) > 1 << 20)
            #expect(try server.number("handshakes_accepted", through: observer) == 1)
            #expect(try server.number("links_closed_fell_behind", through: observer) == 0)
            #expect(try server.number("resumes_from_disk", through: observer) == 0)
        }
    }

    @Test("a replica finds its place after a restart, when the backlog is empty", arguments: ["everysec", "always"])
    func afterRestart(sync: String) throws {
        var streams: [[UInt8]] = []
        var history = ""
        try TestServer.run(in: self.folder, ["log-sync": sync, "log-segment-size": "8kb"]) { server in
            let scribe = Scribe(try server.client())
            try scribe.write(500)
            streams = scribe.streams[0]
            history = try server.streams(through: scribe.client)[0].history
        }
        // With a dump the log would be let go, which no slot holds.
        try self.folder.remove("shard-0/dump.rdb")
        try TestServer.run(in: self.folder, ["log-sync": sync]) { server in
            let client = try server.client()
            let places: [Position] = [0, 1, 63, 64, 65, 250, 499, 500]
            let followers = try places.map { place in
                let (connection, answer) = try server.replica("r\(place)", from: place, history: history)
                #expect(answer == .simple("ACK \(place) \(history)"))
                return Follower(connection, after: place)
            }
            #expect(try client.command("SET", "new", "v") == .simple("OK"))
            streams.append(TestClient.encoded(["SET", "new", "v"]))
            for follower in followers { try follower.read(to: 501, streams) }
            #expect(try server.number("resumes_from_disk", through: client) == 7)
            #expect(try server.number("resumes_from_tip", through: client) == 1)
        }
    }

    @Test("many replicas read different parts of the log at the same time")
    func crowd() throws {
        try TestServer.run(in: self.folder, self.small) { server in
            let scribe = Scribe(try server.client())
            for _ in 0..<10 { try scribe.write(200, bytes: 500) }
            let followers = try (0..<20).map { number in
                let from = Position(number * 90)
                return Follower(try server.replica("r\(number)", from: from).connection, after: from)
            }
            for _ in 0..<5 {
                try scribe.write(100, bytes: 500)
                for follower in followers { try follower.readSome(scribe.streams[0]) }
            }
            for follower in followers { try follower.read(to: Position(scribe.count), scribe.streams[0]) }
            #expect(try server.number("connected_slaves", through: scribe.client) == 20)
        }
    }

    @Test("a log that is damaged where a replica reads ends its link with a message, and the server goes on")
    func unreadable() throws {
        let journal = Journal()
        try TestServer.run(in: self.folder, self.small, journal: journal) { server in
            let scribe = Scribe(try server.client())
            for _ in 0..<10 { try scribe.write(200, bytes: 500) }
            try server.waitUntilWritten(through: scribe.client)
            try self.folder.damage(try self.folder.segments()[2], at: 50_000)
            let (connection, answer) = try server.replica("r")
            #expect(answer == .simple("ACK 0"))
            let text = try connection.untilClosed()
            // A socket that is full just then takes no last line.
            let message = text.split(separator: "-ERR ").dropFirst().first
            #expect(message.map { $0 == "the log could not be read: connect again for a snapshot\r\n" } ?? true)
            let before = text.split(separator: "*2\r\n:").count - 1
            #expect(before > 300, "what is before the damage has been sent")
            #expect(try server.number("links_closed_log_unreadable", through: scribe.client) == 1)
            try scribe.write(10)
            connection.close()
            let (back, _) = try server.replica("r", from: Position(before))
            #expect(try ReceivedSnapshot(back).position == 2010, "it does not run into the damage again")
            #expect(try server.number("snapshots_log_unreadable", through: scribe.client) == 1)
        }
        #expect(journal.line(with: "the log could not be read for a replica")?.contains("damaged at offset") == true)
    }
}
