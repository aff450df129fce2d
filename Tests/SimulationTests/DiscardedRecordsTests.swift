import Engine
import Primitives
import Replication
import ReplicationLog
import Simulation
import Testing

/// Of what a snapshot takes the place of, the records that nobody else has are kept aside.
@Suite struct DiscardedRecordsTests {
    private let root = FaultyFolders(seed: 1)
    private let history: HistoryRecord

    init() {
        var generator = SeededGenerator(seed: 12)
        self.history = HistoryRecord(history: History(using: &generator), sync: .always)
    }

    /// Puts records 1 to 30 into a shard's log, in segments of some ten records.
    private func fill() throws {
        let files = try self.root.folder("shard-0")
        try files.replace(ShardFiles.dump, with: Array("old".utf8))
        var options = LogOptions()
        options.segmentBytes = 1 << 20
        let log = try ReplicationLog.open(try self.root.folder("shard-0/log"), options: options).log
        let payload = [UInt8](repeating: 7, count: 100_000)
        for lsn in 1...30 {
            let batch = LogBatch(indexInterval: options.indexInterval)
            payload.withUnsafeBytes { batch.append(lsn: LSN(lsn), term: 1, timestamp: 0, payload: $0) }
            try log.append(batch)
        }
        try log.sync()
    }

    private func replace(discarding records: ClosedRange<LSN>) throws -> DiscardedRecords {
        let staged = try StagedShard(self.root, shard: 0)
        _ = try staged.finish(self.history, position: 20, options: LogOptions())
        #expect(try staged.commit() == nil)
        return try #require(try staged.keepOld(records))
    }

    @Test("what is discarded can be read, and little else is kept")
    func keep() throws {
        try self.fill()
        let kept = try self.replace(discarding: 25...30)
        #expect(kept.folder == "shard-0.discarded-1.25-30")
        #expect(try DiscardedRecords.all(of: "shard-0", in: self.root) == [kept])
        #expect(try self.root.folder(kept.folder).list().isEmpty)
        var found: [LSN] = []
        let log = try self.root.folder(kept.folder + "/log")
        let inspection = try LogInspection(log, records: { found.append($0.lsn) })
        #expect(inspection.isSound)
        #expect(found.contains(25) && found.last == 30 && found.first.map { $0 > 10 } == true)
        // A start leaves it alone.
        #expect(try FolderSwap("shard-0").repair(in: self.root) == .none)
        #expect(try Set(self.root.folders()) == ["shard-0", kept.folder])
    }

    @Test("the newest few are kept")
    func limit() throws {
        for round in 1...DiscardedRecords.mostKept + 2 {
            if round > 1 { try self.root.removeFolder("shard-0") }
            try self.fill()
            #expect(try self.replace(discarding: 30...30).number == round)
        }
        #expect(try DiscardedRecords.all(of: "shard-0", in: self.root).map(\.number) == Array(3...10))
    }

    @Test(
        "only its own names are read",
        arguments: [
            "shard-0", "shard-0.old", "shard-0.discarded-", "shard-0.discarded-1", "shard-0.discarded-1.5",
            "shard-0.discarded-0.1-2", "shard-0.discarded-1.3-2", "shard-0.discarded-1.0-2", "shard-0.discarded-01.1-2",
            "shard-0.discarded-1.1-2-3", "shard-0.discarded-1.-1-2",
        ]
    )
    func foreign(folder: String) { #expect(DiscardedRecords(folder: folder) == nil) }
}
