import Engine
import Primitives
import Replication
import ReplicationLog
import Simulation
import Testing

/// A snapshot takes the place of a shard's data, and the power goes at every step of it.
@Suite struct FolderSwapTests {
    private let old: HistoryRecord
    private let new: HistoryRecord
    private static let position: Position = 70
    /// More than an installation has changes.
    private static let steps = 14

    init() {
        var generator = SeededGenerator(seed: 12)
        self.old = HistoryRecord(history: History(using: &generator), sync: .always)
        self.new = HistoryRecord(history: History(using: &generator), sync: .always)
    }

    /// Where the power goes.
    enum Place: CaseIterable {
        case names, staged, stagedLog
    }

    /// A shard that was running: a dump, ten records, and its history.
    private func begin(seed: UInt64) throws -> FaultyFolders {
        let root = FaultyFolders(seed: seed)
        let files = try root.folder("shard-0")
        try files.replace(ShardFiles.dump, with: Array("old".utf8))
        try files.replace(HistoryRecord.fileName, with: self.old.json)
        let log = try ReplicationLog.open(try root.folder("shard-0/log")).log
        let batch = LogBatch(indexInterval: LogOptions().indexInterval)
        for lsn in 1...10 {
            [UInt8(lsn)].withUnsafeBytes { batch.append(lsn: LSN(lsn), term: 1, timestamp: 0, payload: $0) }
        }
        try log.append(batch)
        try log.sync()
        try files.syncDirectory()
        try root.syncFolders()
        return root
    }

    /// Everything that an installation does.
    private func install(in root: FaultyFolders, _ arm: (FaultyFolders) throws -> Void) throws -> Bool {
        let staged = try StagedShard(root, shard: 0)
        try arm(root)
        do {
            try Array("new".utf8).withUnsafeBytes { try staged.append($0) }
            _ = try staged.finish(self.new, position: Self.position, options: LogOptions())
            let untidied = try staged.commit()
            if untidied == nil { try staged.removeOld() }
            return true
        } catch {
            return false
        }
    }

    /// What a start finds: 0 for wholly old, 1 for wholly new.
    private func found(in root: FaultyFolders) throws -> Int {
        _ = try FolderSwap("shard-0").repair(in: root)
        #expect(try root.folders() == ["shard-0"], "nothing is left over")
        let files = try root.folder("shard-0")
        let dump = try #require(try files.contents(of: ShardFiles.dump))
        let json = try #require(try files.contents(of: HistoryRecord.fileName))
        let history = try HistoryRecord(json: json)
        let log = try ReplicationLog.open(try root.folder("shard-0/log")).log
        if history == self.old {
            #expect(dump == Array("old".utf8) && log.last == 10)
            return 0
        }
        #expect(history == self.new && dump == Array("new".utf8) && log.last == Self.position)
        #expect(log.map.bounds.oldest == Self.position)
        return 1
    }

    @Test("a loss of power at any step leaves the old data whole, or the new", arguments: Place.allCases)
    func powerLoss(place: Place) throws {
        var seen: [Int: Int] = [:]
        for steps in 0..<Self.steps {
            for seed in UInt64(0)..<8 {
                let root = try self.begin(seed: seed)
                let isDone = try self.install(in: root) { root in
                    switch place {
                    case .names: root.changesBeforePowerLoss = steps
                    case .staged: try root.storage("shard-0.staged").faults.changesBeforePowerLoss = steps
                    case .stagedLog: try root.storage("shard-0.staged/log").faults.changesBeforePowerLoss = steps
                    }
                }
                var generator = SeededGenerator(seed: seed)
                root.crash(using: &generator)
                let found = try self.found(in: root)
                seen[found, default: 0] += 1
                if isDone { #expect(found == 1, "what was installed stays") }
            }
        }
        #expect((seen[0] ?? 0) > 8 && (seen[1] ?? 0) > 8)
    }

    @Test("a killed process leaves whole data at every step, and the next installation works")
    func killed() throws {
        for steps in 0..<Self.steps {
            let root = try self.begin(seed: 1)
            let isDone = try self.install(in: root) { $0.changesBeforePowerLoss = steps }
            // The power is still there: every change so far lasts.
            root.changesBeforePowerLoss = nil
            let found = try self.found(in: root)
            #expect(found == 1 || !isDone)
            #expect(try self.install(in: root) { _ in })
            #expect(try self.found(in: root) == 1)
        }
    }

    @Test("a staged folder without the one that it is to replace is not taken for data")
    func movedAway() throws {
        let root = FaultyFolders()
        _ = try root.folder("shard-0.staged")
        #expect(throws: StorageError.self) { try FolderSwap("shard-0").repair(in: root) }
        #expect(try root.folders() == ["shard-0.staged"])
    }
}
