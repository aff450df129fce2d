import Foundation
import Primitives
import Replication
import Synchronization
import Testing

@testable import Server

/// Dumps, what the log lets go because of them, and what a start makes of them.
@Suite struct DumpTests {
    private let folder: DataFolder

    init() throws { self.folder = try DataFolder() }

    private func save(_ client: TestClient) throws { #expect(try client.command("SAVE") == .simple("OK")) }

    @Test("what was saved comes back with an empty log behind it, and expiry times with it", arguments: [1, 2])
    func dumpOnly(shards: Int) throws {
        let settings = ["log-segment-size": "4kb"]
        var killed = self.folder
        var before: [StreamState] = []
        try TestServer.run(in: self.folder, shards: shards, settings) { server in
            let client = try server.client()
            #expect(try client.command("SET", "expires", "v", "PXAT", "9000000000000") == .simple("OK"))
            #expect(try client.command("DEL", "expires") == .integer(1))
            try Scribe(client, shards: shards).write(1000)
            try self.save(client)
            try server.wait(for: "the log to be let go") {
                try server.number("log_first_lsn", through: client) > 800
            }
            try server.wait(for: "the end of its files") {
                let files = try (0..<shards).reduce(0) { try $0 + self.folder.segments(shard: $1).count }
                return try server.number("log_segments", through: client) == files
            }
            #expect(try server.number("dump_position", through: client) == 1002)
            #expect(try server.number("rdb_changes_since_last_save", through: client) == 0)
            before = try server.streams(through: client)
            killed = try self.folder.copy()
        }
        for shard in 0..<shards {
            #expect(try killed.files(in: "shard-\(shard)").filter { $0.hasPrefix("dump") } == ["dump.rdb"])
        }
        try TestServer.run(in: killed, shards: shards, settings) { server in
            let client = try server.client()
            try client.expectKeys(1000)
            let after = try server.streams(through: client)
            #expect(after.map(\.position) == before.map(\.position))
            #expect(after.map { $0.ancestors.map(\.history) } == before.map { [$0.history] })
            try Scribe(client, shards: shards, after: 1000).write(10)
        }
    }

    @Test("a dump and the log after it come back together", arguments: ["everysec", "always", "no"])
    func dumpAndLog(sync: String) throws {
        var killed = self.folder
        try TestServer.run(in: self.folder, ["log-sync": sync, "log-segment-size": "4kb"]) { server in
            let client = try server.client()
            let scribe = Scribe(client)
            try scribe.write(500)
            #expect(try client.command("SET", "long", "v", "PXAT", "9000000000000") == .simple("OK"))
            try self.save(client)
            #expect(try client.command("DEL", "long") == .integer(1))
            try scribe.write(300)
            try server.waitUntilWritten(through: client)
            // Copying takes its time: while files are being removed it is a picture of no moment.
            try server.wait(for: "what the dump holds to leave the disk") {
                let (first, segments) = (
                    try server.number("log_first_lsn", through: client),
                    try server.number("log_segments", through: client)
                )
                return try first > 1 && self.folder.segments().count == segments
            }
            killed = try self.folder.copy()
        }
        let journal = Journal()
        try TestServer.run(in: killed, ["log-sync": sync], journal: journal) { server in
            let client = try server.client()
            try client.expectKeys(800)
            #expect(try server.streams(through: client)[0].position == 802)
        }
        #expect(
            journal.line(with: "recovered")?.contains("records=301") == true,
            "only what the dump lacks is replayed"
        )
        #expect(journal.line(with: "loaded a dump")?.contains("keys=501") == true)
    }

    @Test("the log's length starts a dump by itself, and the log before it goes")
    func byItself() throws {
        let settings = ["snapshot-log-size": "64kb", "log-segment-size": "8kb"]
        try TestServer.run(in: self.folder, settings) { server in
            let client = try server.client()
            try Scribe(client).write(2000, bytes: 100)
            try server.wait(for: "a dump") { try server.number("rdb_saves", through: client) > 0 }
            try server.wait(for: "the log to be let go") { try server.number("log_first_lsn", through: client) > 1000 }
            #expect(try server.number("log_bytes", through: client) < 64 << 10)
            #expect(try server.info("rdb_last_bgsave_status", through: client) == "ok")
        }
    }

    @Test("a slot holds the log that its replica needs, whatever was dumped")
    func slotHolds() throws {
        try TestServer.run(in: self.folder, ["log-segment-size": "4kb"]) { server in
            let client = try server.client()
            let scribe = Scribe(client)
            try scribe.write(500)
            let (link, answer) = try server.replica(
                "r",
                from: 100,
                history: try server.streams(through: client)[0].history
            )
            #expect(answer.text?.hasPrefix("ACK 100") == true)
            try server.wait(for: "the slot") { try client.command("REPL.SLOTS") != .array([]) }
            try link.send("REPLCONF ACK 100 100\r\n")
            try self.save(client)
            try server.wait(for: "what it does not need to go") {
                try server.number("log_first_lsn", through: client) > 50
            }
            #expect(try server.number("log_first_lsn", through: client) <= 101)
        }
    }

    @Test("an orderly end saves what has changed, and nothing when nothing has")
    func atEnd() throws {
        try TestServer.run(in: self.folder) { server in try Scribe(try server.client()).write(100) }
        let first = try self.folder.read("shard-0/dump.rdb")
        let journal = Journal()
        try TestServer.run(in: self.folder, journal: journal) { server in try server.client().expectKeys(100) }
        #expect(journal.line(with: "recovered") == nil && journal.line(with: "saved a dump") == nil)
        #expect(try self.folder.read("shard-0/dump.rdb") == first)
    }

    @Test("a damaged dump is set aside where the log is whole, and refused where it is not")
    func damaged() throws {
        let settings = ["log-segment-size": "4kb"]
        var whole = self.folder
        try TestServer.run(in: self.folder, settings) { server in
            let client = try server.client()
            try Scribe(client).write(300)
            try server.waitUntilWritten(through: client)
            whole = try self.folder.copy()
            try self.save(client)
            try server.wait(for: "the log to be let go") { try server.number("log_first_lsn", through: client) > 1 }
        }
        // As a crash between dump and pruning leaves it.
        try whole.write("shard-0/dump.rdb", try self.folder.read("shard-0/dump.rdb"))
        try TestServer.run(in: try whole.copy(), settings) { server in try server.client().expectKeys(300) }
        for place in [3, 100, 2000] {
            let copy = try whole.copy()
            try copy.damage("shard-0/dump.rdb", at: place)
            let journal = Journal()
            try TestServer.run(in: copy, settings, journal: journal) { server in try server.client().expectKeys(300) }
            #expect(journal.line(with: "set aside")?.hasPrefix("warning") == true)
            #expect(try copy.files(in: "shard-0").contains { $0.hasPrefix("dump.rdb.corrupt-") })
        }
        try self.folder.damage("shard-0/dump.rdb", at: 2000)
        let refusal = #expect(throws: ServerError.self) { try TestServer.run(in: self.folder, settings) { _ in } }
        #expect(refusal.map { "\($0)".contains("dump.rdb is damaged") && "\($0)".contains("offset") } == true)
        try self.folder.remove("shard-0/dump.rdb")
        let missing = #expect(throws: ServerError.self) { try TestServer.run(in: self.folder, settings) { _ in } }
        #expect(missing.map { "\($0)".contains("there is no dump.rdb") } == true)
    }

    @Test("a dump of another history is refused, and what a dump that was cut short has left is removed")
    func foreign() throws {
        let other = try DataFolder()
        try TestServer.run(in: other) { server in try Scribe(try server.client()).write(20) }
        try TestServer.run(in: self.folder) { server in try Scribe(try server.client()).write(10) }
        let own = try self.folder.read("shard-0/dump.rdb")
        try self.folder.write("shard-0/dump.rdb.new", Array(own.dropLast(20)))
        try TestServer.run(in: self.folder) { server in try server.client().expectKeys(10) }
        #expect(try !self.folder.files(in: "shard-0").contains("dump.rdb.new"))
        try self.folder.write("shard-0/dump.rdb", try other.read("shard-0/dump.rdb"))
        let refusal = #expect(throws: ServerError.self) { try TestServer.run(in: self.folder) { _ in } }
        #expect(refusal.map { "\($0)".contains("history.json does not know") } == true)
    }

    @Test("a dump alone is a node's data, under a history that remembers where it came from")
    func alone() throws {
        var history = ""
        try TestServer.run(in: self.folder) { server in
            try Scribe(try server.client()).write(50)
            history = try server.streams(through: try server.client())[0].history
        }
        let bare = try DataFolder()
        try TestServer.run(in: bare) { _ in }
        for name in ["shard-0/log", "shard-0/history.json"] { try bare.remove(name) }
        try bare.write("shard-0/dump.rdb", try self.folder.read("shard-0/dump.rdb"))
        try TestServer.run(in: bare) { server in
            let client = try server.client()
            try client.expectKeys(50)
            let stream = try server.streams(through: client)[0]
            #expect(stream.position == 50 && stream.history != history)
            #expect(stream.ancestors == [StreamState.Left(history: history, at: 50)])
        }
        try TestServer.run(in: bare) { server in try server.client().expectKeys(50) }
    }

    @Test("records that the log has lost, and the dump has not, are not missed")
    func aheadOfLog() throws {
        try TestServer.run(in: self.folder) { server in try Scribe(try server.client()).write(100) }
        let segment = try #require(try self.folder.segments().last)
        try self.folder.write(segment, Array(try self.folder.read(segment).dropLast(500)))
        for round in 0..<2 {
            try TestServer.run(in: self.folder) { server in
                let client = try server.client()
                try client.expectKeys(100 + round * 10)
                #expect(try server.number("log_last_lsn", through: client) == 100 + round * 10)
                try Scribe(client, after: 100 + round * 10).write(10)
            }
        }
    }
}
