import Foundation
import Primitives
import Replication
import Synchronization
import Testing

@testable import Server

/// The log's bounds, dumps that cannot be saved, and the commands.
@Suite struct DumpLimitTests {
    private let folder: DataFolder

    init() throws { self.folder = try DataFolder() }

    @Test("a bound of the log saves the data, gives up the slot that stands in its way, and prunes")
    func bound() throws {
        let journal = Journal()
        let settings = ["log-segment-size": "4kb", "log-max-size": "32kb", "snapshot-log-size": "0"]
        try TestServer.run(in: self.folder, settings, journal: journal) { server in
            let client = try server.client()
            let scribe = Scribe(client)
            try scribe.write(10)
            let history = try server.streams(through: client)[0].history
            let (link, _) = try server.replica("away", from: 5, history: history)
            try link.send("REPLCONF ACK 5 5\r\n")
            try server.wait(for: "the slot") { try server.number("connected_slaves", through: client) == 1 }
            try scribe.write(2000)
            try server.wait(for: "the log to be pruned") {
                try server.number("log_bytes", through: client) < 40 << 10
            }
            #expect(try server.number("rdb_saves", through: client) > 0)
            try server.wait(for: "the slot's end") { journal.line(with: "a slot was lost") != nil }
            #expect(journal.line(with: "a slot was lost")?.contains("cause=wal-removed") == true)
            #expect(try client.command("SET", "k", "v") == .simple("OK"))
        }
    }

    @Test("records go when they are too old")
    func age() throws {
        let settings = ["log-segment-size": "4kb", "log-max-age": "1", "snapshot-log-size": "0"]
        try TestServer.run(in: self.folder, settings) { server in
            let client = try server.client()
            try Scribe(client).write(500)
            try server.wait(for: "the log to be pruned") { try server.number("log_segments", through: client) == 1 }
            #expect(try server.number("rdb_saves", through: client) > 0)
        }
    }

    @Test("where no dump can be saved the old one stays, INFO tells, and a bounded log refuses writes until one can")
    func failing() throws {
        let journal = Journal()
        let settings = ["log-segment-size": "4kb", "log-max-size": "32kb", "snapshot-log-size": "0"]
        try TestServer.run(in: self.folder, settings, journal: journal) { server in
            let client = try server.client()
            let scribe = Scribe(client)
            try scribe.write(10)
            #expect(try client.command("SAVE") == .simple("OK"))
            let old = try self.folder.read("shard-0/dump.rdb")
            // A folder where the file should be.
            let obstacle = self.folder.path + "/shard-0/dump.rdb.new"
            try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: false)
            let failed = try client.command("SAVE")
            #expect(failed.text?.contains("could not be saved") == true)
            #expect(try server.info("rdb_last_bgsave_status", through: client) == "err")
            #expect(try server.info("dump_last_failure", through: client)?.contains("dump.rdb.new") == true)
            #expect(try client.command("SET", "k", "v") == .simple("OK"), "nothing is beyond a bound yet")
            try scribe.write(600)
            try server.wait(for: "the refusal") {
                try client.command("SET", "k", "v").text?.hasPrefix("MISCONF") == true
            }
            #expect(try client.command("GET", Scribe.key(1)) == .text(Scribe.value(1)))
            #expect(try self.folder.read("shard-0/dump.rdb") == old)
            try FileManager.default.removeItem(atPath: obstacle)
            #expect(try client.command("SAVE") == .simple("OK"))
            try server.wait(for: "writes") { try client.command("SET", "k", "v") == .simple("OK") }
            #expect(try server.info("rdb_last_bgsave_status", through: client) == "ok")
        }
        #expect(journal.line(with: "a dump could not be saved")?.hasPrefix("error") == true)
        try TestServer.run(in: self.folder) { server in
            let client = try server.client()
            #expect(try client.command("DBSIZE") == .integer(611))
        }
    }

    @Test("SAVE, BGSAVE and LASTSAVE answer as in Redis")
    func commands() throws {
        try TestServer.run(in: self.folder, shards: 2) { server in
            let client = try server.client()
            try Scribe(client, shards: 2).write(100)
            guard case .integer(let start) = try client.command("LASTSAVE") else { return #expect(Bool(false)) }
            #expect(start > 1_700_000_000)
            #expect(try client.command("BGSAVE") == .simple("Background saving started"))
            try server.wait(for: "its end") {
                try server.info("rdb_bgsave_in_progress", through: client) == "0"
                    && (try server.number("rdb_changes_since_last_save", through: client)) == 0
            }
            guard case .integer(let saved) = try client.command("LASTSAVE") else { return #expect(Bool(false)) }
            #expect(saved >= start)
            #expect(try client.command("BGSAVE", "NOW").text == "ERR syntax error")
            #expect(try client.command("BGSAVE", "SCHEDULE") == .simple("Background saving started"))
        }
        try TestServer.run { server in
            let client = try server.client()
            for command in ["SAVE", "BGSAVE"] {
                #expect(try client.command(command).text?.contains("--data-dir") == true)
            }
        }
    }

    @Test("SHUTDOWN saves unless told not to, and only where the server lets itself be ended")
    func shutdown() throws {
        let asks = Asks()
        let ask: @Sendable () -> Void = { asks.add() }
        try TestServer.run(in: self.folder, shutdown: ask) { server in
            let client = try server.client()
            try Scribe(client).write(10)
            #expect(try client.command("SHUTDOWN", "SAVE", "NOSAVE").text == "ERR syntax error")
            #expect(try client.command("SHUTDOWN", "ABORT").text == "ERR No shutdown in progress.")
            #expect(asks.count == 0)
            try client.send(TestClient.encoded(["SHUTDOWN", "NOSAVE"]))
            try server.wait(for: "the request") { asks.count == 1 }
        }
        #expect(try !self.folder.files(in: "shard-0").contains("dump.rdb"))
        try TestServer.run(in: self.folder, shutdown: ask) { server in
            let client = try server.client()
            try client.expectKeys(10)
            try client.send(TestClient.encoded(["SHUTDOWN"]))
            try server.wait(for: "the request") { asks.count == 2 }
            #expect(try self.folder.files(in: "shard-0").contains("dump.rdb"), "saved before anything ends")
        }
        try TestServer.run { server in
            let client = try server.client()
            #expect(try client.command("SHUTDOWN").text == "ERR this server does not let clients end it")
        }
    }

    @Test("--load-rdb begins a node with a file's keys, each shard with its own, as a new history", arguments: [1, 2])
    func loadRDB(shards: Int) throws {
        let source = try DataFolder()
        try TestServer.run(in: source) { server in try Scribe(try server.client()).write(500) }
        let settings = ["load-rdb": source.path + "/shard-0/dump.rdb"]
        try TestServer.run(shards: shards, settings) { server in
            let client = try server.client()
            try client.expectKeys(500)
            #expect(try server.streams(through: client).allSatisfy { $0.position == 1 && $0.ancestors.isEmpty })
        }
        var killed = self.folder
        var before: [StreamState] = []
        try TestServer.run(in: self.folder, shards: shards, settings) { server in
            // Nothing has to be written, or ended in order, for it to be kept.
            killed = try self.folder.copy()
            let client = try server.client()
            before = try server.streams(through: client)
            try client.expectKeys(500)
            try Scribe(client, shards: shards, after: 500).write(10)
        }
        try TestServer.run(in: killed, shards: shards, ["log-sync": "always"]) { server in
            try server.client().expectKeys(500)
            let streams = try server.streams(through: try server.client())
            #expect(streams.allSatisfy { $0.position == 1 } && before.allSatisfy { $0.position == 1 })
        }
        try TestServer.run(in: self.folder, shards: shards) { server in try server.client().expectKeys(510) }
        let refusal = #expect(throws: ServerError.self) {
            try TestServer.run(in: self.folder, shards: shards, settings) { _ in }
        }
        #expect(refusal.map { "\($0)".contains("a node without data") } == true)
        try TestServer.run(in: self.folder, shards: shards) { server in try server.client().expectKeys(510) }
    }

    @Test("a file that cannot be loaded leaves nothing behind, and neither does a crash in the middle")
    func loadFailure() throws {
        let source = try DataFolder()
        try TestServer.run(in: source) { server in try Scribe(try server.client()).write(100) }
        let path = source.path + "/shard-0/dump.rdb"
        try source.damage("shard-0/dump.rdb", at: 1500)
        let refusal = #expect(throws: ServerError.self) {
            try TestServer.run(in: self.folder, ["load-rdb": path]) { _ in }
        }
        #expect(refusal.map { "\($0)".contains("cannot load") && "\($0)".contains("offset") } == true)
        try TestServer.run(in: self.folder) { server in try server.client().expectKeys(0) }
        try source.damage("shard-0/dump.rdb", at: 1500)
        let missing = #expect(throws: ServerError.self) {
            try TestServer.run(in: self.folder, ["load-rdb": "/nowhere.rdb"]) { _ in }
        }
        #expect(missing.map { "\($0)".contains("/nowhere.rdb") } == true)
        // As if the power had gone before the last shard had its dump.
        try TestServer.run(in: self.folder, ["load-rdb": path]) { server in try server.client().expectKeys(100) }
        try self.folder.write("load-rdb.partial", "")
        let journal = Journal()
        try TestServer.run(in: self.folder, ["load-rdb": path], journal: journal) { server in
            try server.client().expectKeys(100)
        }
        #expect(journal.line(with: "did not come to its end") != nil)
        try TestServer.run(in: self.folder) { server in try server.client().expectKeys(100) }
    }

    @Test("redis-check-rdb accepts a dump", .enabled(if: FileManager.default.isExecutableFile(atPath: Self.checker)))
    func redisAccepts() throws {
        try TestServer.run(in: self.folder) { server in try Scribe(try server.client()).write(1000) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.checker)
        process.arguments = [self.folder.path + "/shard-0/dump.rdb"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && text.contains("RDB looks OK") && text.contains("1000 keys read"))
    }

    private static let checker = "/usr/bin/redis-check-rdb"
}

private final class Asks: Sendable {
    private let asked = Atomic<Int>(0)

    var count: Int { self.asked.load(ordering: .relaxed) }

    func add() { self.asked.wrappingAdd(1, ordering: .relaxed) }
}
