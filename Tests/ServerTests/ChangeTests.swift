import Keyspace
import NIOCore
import Primitives
import RESP
import Replication
import ReplicationLog
import Testing

@testable import Server

/// A shard that starts again while the server runs.
@Suite struct ChangeTests {
    private let folder: DataFolder
    private let fresh: HistoryRecord

    init() throws {
        self.folder = try DataFolder()
        var generator = SeededGenerator(seed: 77)
        self.fresh = HistoryRecord(history: History(using: &generator), sync: .everysec)
    }

    private func change(
        _ server: TestServer,
        _ body: @escaping @Sendable (Shard, @escaping (Shard.ChangeResult) -> Void) -> Void
    ) throws {
        let shard = try #require(server.server.node.shards.first)
        let result = try shard.loop.flatSubmit {
            let promise = shard.loop.makePromise(of: String?.self)
            body(shard) { result in
                if case .failure(let failure) = result { return promise.succeed(failure.description) }
                promise.succeed(nil)
            }
            return promise.futureResult
        }.wait()
        #expect(result == nil)
    }

    @Test("another history is on disk before it is used, and links end", arguments: [true, false])
    func history(hasData: Bool) throws {
        let data = hasData ? self.folder : nil
        try TestServer.run(in: data) { server in
            let client = try server.client()
            try Scribe(client).write(20)
            let before = try server.streams(through: client)[0]
            let (link, answer) = try server.replica("r", from: 0, history: String(repeating: "0", count: 40))
            #expect(answer == .simple("ACK 0 \(before.history)"))
            let left = HistoryRecord(
                history: self.fresh.history,
                ancestors: [Ancestor(history: try #require(History(hex: before.history)), left: 20)],
                sync: .everysec
            )
            try self.change(server) { $0.changeHistory(to: left, then: $1) }
            let after = try server.streams(through: client)[0]
            #expect(after.history == left.history.hex && after.position == 20 && after.ancestors.count == 1)
            _ = try link.untilClosed()
            let (_, again) = try server.replica("r", from: 20, history: before.history)
            #expect(again == .simple("ACK 20 \(left.history.hex)"))
            try client.expectKeys(20)
            try server.wait(for: "the cause") {
                try server.info("links_closed_history_changed", through: client) != "0"
            }
        }
        guard hasData else { return }
        try TestServer.run(in: self.folder) { server in
            let client = try server.client()
            let stream = try server.streams(through: client)[0]
            #expect(stream.history == self.fresh.history.hex && stream.position == 20)
        }
    }

    @Test("other data begins at its position, on disk too", arguments: [true, false])
    func install(hasData: Bool) throws {
        let fresh = self.fresh
        let data = hasData ? self.folder : nil
        try TestServer.run(in: data, ["log-segment-size": "4kb"]) { server in
            let client = try server.client()
            let scribe = Scribe(client)
            try scribe.write(200)
            // One that reads from the backlog or the log.
            let (link, _) = try server.replica("r", from: 0)
            try self.change(server) { shard, done in
                var staged: StagedDump?
                if let keeper = shard.node.keeper {
                    staged = StagedDump(keeper, shard: 0, loop: shard.loop)
                    for _ in 0..<100 { staged?.append([UInt8](repeating: 7, count: 1000)) }
                }
                shard.install(at: 70, staged: staged, history: fresh, then: done) { $0.removeAll() }
            }
            let after = try server.streams(through: client)[0]
            #expect(after.history == fresh.history.hex && after.position == 70)
            #expect(try client.command("DBSIZE") == .integer(0))
            _ = try link.untilClosed()
            #expect(try client.command("SET", "a", "b") == .simple("OK"))
            let (_, answer) = try server.replica("r", from: 70, history: fresh.history.hex)
            #expect(answer == .simple("ACK 70 \(fresh.history.hex)"))
            guard hasData else { return }
            try server.wait(for: "the end of the old files") {
                try self.folder.files(in: "").filter { $0.hasPrefix("shard") } == ["shard-0"]
            }
            #expect(try self.folder.files(in: "shard-0").contains("dump.rdb"))
            #expect(try self.folder.read("shard-0/dump.rdb").count == 100_000)
            try server.wait(for: "the end of descriptors") {
                self.folder.openFiles.allSatisfy { !$0.hasSuffix("(deleted)") }
            }
            let killed = try self.folder.copy()
            let json = try HistoryRecord(json: try killed.read("shard-0/history.json"))
            #expect(json == fresh)
        }
        guard hasData else { return }
        let segment = "shard-0/log/00000000000000000071.rdlw"
        #expect(try self.folder.segments() == [segment] && !(try self.folder.read(segment).isEmpty))
    }

    @Test("what was staged and thrown away is gone, and nothing has changed")
    func discard() throws {
        try TestServer.run(in: self.folder) { server in
            let client = try server.client()
            try Scribe(client).write(20)
            let shard = try #require(server.server.node.shards.first)
            let keeper = try #require(shard.node.keeper)
            try shard.loop.submit {
                let staged = StagedDump(keeper, shard: 0, loop: shard.loop)
                staged.append([1, 2, 3])
                staged.discard()
            }.wait()
            try server.wait(for: "its end") {
                try self.folder.files(in: "").filter { $0.hasPrefix("shard") } == ["shard-0"]
            }
            try client.expectKeys(20)
        }
        try TestServer.run(in: self.folder) { server in try server.client().expectKeys(20) }
    }
}

extension History {
    init?(hex: String) {
        var hex = hex
        guard let history = hex.withUTF8({ History(hex: Bytes($0)) }) else { return nil }
        self = history
    }
}
