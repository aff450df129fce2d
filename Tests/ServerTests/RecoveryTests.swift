import Primitives
import Server
import Testing

/// What a server finds when it starts again.
@Suite struct RecoveryTests {
    private let folder: DataFolder

    init() throws { self.folder = try DataFolder() }

    @Test(
        "data, positions and history come back after an orderly end",
        arguments: [1, 2],
        ["everysec", "always", "no"]
    )
    func cleanRestart(shards: Int, sync: String) throws {
        var before: [StreamState] = []
        for round in 0..<3 {
            try TestServer.run(in: self.folder, shards: shards, ["log-sync": sync, "log-segment-size": "8kb"]) {
                server in
                let client = try server.client()
                try client.expectKeys(200 * round)
                let found = try server.streams(through: client)
                if round > 0 {
                    #expect(found.map(\.history) == before.map(\.history), "the history goes on")
                    #expect(found.map(\.position) == before.map(\.position))
                }
                #expect(found.allSatisfy { $0.ancestors.isEmpty })
                try Scribe(client, shards: shards, after: 200 * round).write(200)
                before = try server.streams(through: client)
                #expect(before.reduce(0) { $0 + $1.position } == UInt64(200 * (round + 1)))
            }
        }
        #expect(try self.folder.segments().count > 2)
    }

    @Test("a server that has ended, or was not let to start, holds no file open", arguments: [1, 2])
    func descriptors(shards: Int) throws {
        for _ in 0..<3 {
            try TestServer.run(in: self.folder, shards: shards) { server in
                let client = try server.client()
                try client.send(TestClient.encoded(["SET", "k", "v"]) + TestClient.encoded(["WAIT", "1", "0"]))
                #expect(try client.reply() == .simple("OK"))
                #expect(self.folder.openFiles.count > 3)
            }
            #expect(self.folder.openFiles.isEmpty)
        }
        let segment = try #require(try self.folder.segments(shard: shards - 1).first)
        try self.folder.write(segment.replacing("00000000000000000001", with: "00000000000000000900"), "")
        #expect(throws: ServerError.self) { try TestServer.run(in: self.folder, shards: shards) { _ in } }
        #expect(self.folder.openFiles.isEmpty)
    }

    @Test("expiry times come back as they were, and what had expired stays gone")
    func expiry() throws {
        try TestServer.run(in: self.folder) { server in
            let client = try server.client()
            #expect(try client.command("SET", "long", "v", "PXAT", "9000000000000") == .simple("OK"))
            #expect(try client.command("SET", "short", "v", "PX", "1") == .simple("OK"))
            try server.wait(for: "the end of the key") { try client.command("DBSIZE") == .integer(1) }
            #expect(try client.command("SET", "short", "again") == .simple("OK"))
        }
        try TestServer.run(in: self.folder) { server in
            let client = try server.client()
            #expect(try client.command("PEXPIRETIME", "long") == .integer(9_000_000_000_000))
            #expect(try client.command("GET", "short") == .text("again"))
            #expect(try client.command("DBSIZE") == .integer(2))
        }
    }

    @Test(
        "after a kill under everysec or no the data is there, under a new history",
        arguments: [1, 2],
        ["everysec", "no"]
    )
    func uncleanRestart(shards: Int, sync: String) throws {
        let settings = ["log-sync": sync]
        var before: [StreamState] = []
        var killed = self.folder
        var beyond: Position = 0
        try TestServer.run(in: self.folder, shards: shards, settings) { server in
            let client = try server.client()
            let scribe = Scribe(client, shards: shards)
            try scribe.write(300)
            try server.waitUntilWritten(through: client)
            before = try server.streams(through: client)
            killed = try self.folder.copy()
            // A replica gets what the killed server's disk never saw.
            try scribe.write(50)
            beyond = try server.streams(through: client)[0].position
        }
        try TestServer.run(in: killed, shards: shards, settings) { server in
            let client = try server.client()
            try client.expectKeys(300)
            let after = try server.streams(through: client)
            #expect(after.map(\.position) == before.map(\.position))
            for (old, new) in zip(before, after) {
                #expect(new.history != old.history)
                #expect(new.ancestors == [StreamState.Left(history: old.history, at: old.position)])
            }
            try Scribe(client, shards: shards, after: 300).write(100)
            let ahead = try server.replica("ahead", from: beyond, history: before[0].history)
            #expect(ahead.answer == .simple("ACK \(beyond) \(after[0].history)"))
            let copy = try ReceivedSnapshot(ahead.connection)
            #expect(copy.position == (try server.streams(through: client)[0].position), "it is copied anew")
            let sibling = try server.replica("sibling", from: 3, history: before[0].history)
            #expect(sibling.answer == .simple("ACK 3 \(after[0].history)"), "up to there both are the same")
        }
    }

    @Test(
        "after a kill under always everything that was answered is there, and the history goes on",
        arguments: [1, 2]
    )
    func uncleanRestartAlways(shards: Int) throws {
        var before: [StreamState] = []
        var killed = self.folder
        try TestServer.run(in: self.folder, shards: shards, ["log-sync": "always"]) { server in
            let client = try server.client()
            try Scribe(client, shards: shards).write(300)
            killed = try self.folder.copy()
            before = try server.streams(through: client)
        }
        try TestServer.run(in: killed, shards: shards, ["log-sync": "always"]) { server in
            let client = try server.client()
            try client.expectKeys(300)
            #expect(try server.streams(through: client).map(\.history) == before.map(\.history))
            let long = try server.replica("r", from: before[0].position, history: before[0].history)
            #expect(long.answer == .simple("ACK \(before[0].position) \(before[0].history)"))
        }
        // A weaker promise is on record from the start on, even if nothing is written under it.
        let again = try killed.copy()
        try TestServer.run(in: again, shards: shards, ["log-sync": "everysec"]) { _ in killed = try again.copy() }
        try TestServer.run(in: killed, shards: shards, ["log-sync": "always"]) { server in
            let client = try server.client()
            #expect(try server.streams(through: client)[0].history != before[0].history)
            try client.expectKeys(300)
        }
    }

    @Test(
        "what was answered before an end under load is there afterwards",
        arguments: [1, 2],
        ["everysec", "always", "no"]
    )
    func endUnderLoad(shards: Int, sync: String) throws {
        for round in 0..<4 {
            var clients: [TestClient] = []
            var history = ""
            try TestServer.run(in: self.folder, shards: shards, ["log-sync": sync]) { server in
                history = try server.streams(through: try server.client())[0].history
                for number in 0..<4 {
                    let client = try server.client()
                    clients.append(client)
                    try client.send(
                        (0..<600).flatMap { TestClient.encoded(["SET", "\(round):\(number):\($0)", "value"]) }
                    )
                }
                // Some of it has been answered when the end comes.
                #expect(try clients[3].reply() == .simple("OK"))
            }
            let answered = try clients.map { try $0.untilClosed().split(separator: "\r\n").count { $0 == "+OK" } }
            try TestServer.run(in: self.folder, shards: shards, ["log-sync": sync]) { server in
                let client = try server.client()
                #expect(try server.streams(through: client)[0].history == history, "it was an orderly end")
                for (number, count) in answered.enumerated() where count > 0 {
                    let replies = try client.pipeline((0..<count).map { ["EXISTS", "\(round):\(number):\($0)"] })
                    #expect(replies.allSatisfy { $0 == .integer(1) }, "\(count) of client \(number) were answered")
                }
            }
        }
    }

    @Test("a torn end is cut with a warning, and the rest comes back", arguments: 1...4)
    func tornTail(kind: Int) throws {
        try TestServer.run(in: self.folder) { server in try Scribe(try server.client()).write(100) }
        // What the dump has is not missed.
        try self.folder.remove("shard-0/dump.rdb")
        let name = try #require(try self.folder.segments().last)
        let bytes = try self.folder.read(name)
        var left = 100
        switch kind {
        case 1: try self.folder.write(name, bytes + [1, 2, 3])
        case 2: try self.folder.write(name, bytes + bytes.prefix(50))
        case 3:
            try self.folder.write(name, Array(bytes.dropLast(5)))
            left = 99
        default:
            try self.folder.damage(name, at: bytes.count - 10)
            left = 99
        }
        let journal = Journal()
        try TestServer.run(in: self.folder, journal: journal) { server in
            let client = try server.client()
            try client.expectKeys(left)
            try Scribe(client, after: left).write(10)
            let isNew = try server.streams(through: client)[0].ancestors.count == 1
            #expect(isNew == (left < 100), "the log ends before the mark of the orderly end")
        }
        let warning = try #require(journal.line(with: "torn"))
        #expect(warning.hasPrefix("warning: ") && warning.contains("records=\(left)") && warning.contains("segment="))
        let quiet = Journal()
        try TestServer.run(in: self.folder, journal: quiet) { server in try server.client().expectKeys(left + 10) }
        #expect(quiet.line(with: "warning:") == nil, "told once: \(quiet.lines)")
    }
}

extension TestClient {
    /// Expects every key that a scribe has written up to a number, and none after it.
    func expectKeys(_ count: Int) throws {
        #expect(try self.command("DBSIZE") == .integer(Int64(count)))
        for start in stride(from: 1, through: count, by: 500) {
            let numbers = start...min(count, start + 499)
            let replies = try self.pipeline(numbers.map { ["GET", Scribe.key($0)] })
            let isRight = replies == numbers.map { .text(Scribe.value($0)) }
            #expect(isRight, "keys \(numbers)")
        }
    }
}
