import Engine
import Primitives
import ReplicationLog
import Simulation
import Testing

/// A dump takes the place of the one before, and the log before it goes, while the power goes at every step.
@Suite struct DumpCrashTests {
    /// Positions of the dump before, of the new one, and of the log's end.
    private static let (old, new, end): (Position, Position, Position) = (10, 60, 70)
    /// More than all of it has changes.
    private static let steps = 40

    private static func bytes(of position: Position) -> [UInt8] { Array("dump of \(position)".utf8) }

    private func options() -> LogOptions {
        var options = LogOptions()
        options.segmentBytes = 512
        return options
    }

    private func begin(_ files: FaultyStorage, _ logFiles: FaultyStorage) throws -> ReplicationLog {
        files.install(ShardFiles.dump, Self.bytes(of: Self.old))
        let log = try ReplicationLog.open(logFiles, options: self.options()).log
        for lsn in 1...Self.end {
            let batch = LogBatch(indexInterval: self.options().indexInterval)
            [UInt8](repeating: 1, count: 40).withUnsafeBytes {
                batch.append(lsn: lsn, term: 1, timestamp: 0, payload: $0)
            }
            try log.append(batch)
            try log.sync()
        }
        return log
    }

    private func save(_ files: FaultyStorage, _ log: ReplicationLog, position: Position) throws {
        let draft = try DumpDraft(files)
        let bytes = Self.bytes(of: position)
        for start in stride(from: 0, to: bytes.count, by: 5) {
            try bytes[start..<min(start + 5, bytes.count)].withUnsafeBytes { try draft.append($0) }
        }
        try draft.sync()
        #expect(log.durable >= position)
        try draft.commit()
        try ReplicationLog.remove(try log.detach(upTo: position), from: log.storage)
    }

    /// - Returns: the position of the dump that a start finds.
    private func expectWhole(_ files: FaultyStorage, _ logFiles: FaultyStorage) throws -> Position {
        let bytes = try #require(try files.contents(of: ShardFiles.dump))
        let position = bytes == Self.bytes(of: Self.new) ? Self.new : Self.old
        #expect(bytes == Self.bytes(of: position), "the old dump or the new one, and whole")
        let log = try ReplicationLog.open(logFiles, options: self.options()).log
        #expect(log.map.bounds.oldest <= position && log.last == Self.end, "the log goes on from it")
        var next = position
        try LogReader(logFiles, log.map, after: position).read(through: log.last) {
            next += 1
            return $0.lsn == next
        }
        #expect(next == Self.end)
        return position
    }

    @Test(
        "a loss of power at any step leaves a whole dump, and the log that goes on from it",
        arguments: [true, false]
    )
    func powerLoss(isOfLog: Bool) throws {
        var seen: [Position: Int] = [:]
        for step in 0..<Self.steps {
            for seed in UInt64(0)..<6 {
                let (files, logFiles) = (FaultyStorage(seed: seed), FaultyStorage(seed: seed + 100))
                let log = try self.begin(files, logFiles)
                let failing = isOfLog ? logFiles : files
                failing.faults.changesBeforePowerLoss = step
                try? self.save(files, log, position: Self.new)
                var generator = SeededGenerator(seed: seed)
                files.crash(using: &generator)
                logFiles.crash(using: &generator)
                let found = try self.expectWhole(files, logFiles)
                seen[found, default: 0] += 1
            }
        }
        #expect((seen[Self.new] ?? 0) > 0 && (isOfLog || (seen[Self.old] ?? 0) > 0))
    }

    @Test(
        "a dump that fails leaves the one before, and the next one works",
        arguments: ["write", "sync", "room", "name"]
    )
    func failure(kind: String) throws {
        let (files, logFiles) = (FaultyStorage(), FaultyStorage())
        let log = try self.begin(files, logFiles)
        switch kind {
        case "write": files.faults.failingWrites = .number(2)
        case "sync": files.faults.failingSyncs = .all
        case "room": files.faults.capacityBytes = files.usedBytes + 4
        default: files.faults.failingDirectorySyncs = .all
        }
        #expect(throws: StorageError.self) { try self.save(files, log, position: Self.new) }
        #expect(log.map.bounds.oldest == 0, "nothing is let go for a dump that does not count")
        files.faults = FaultyStorage.Faults()
        _ = try self.expectWhole(files, logFiles)
        let again = try ReplicationLog.open(logFiles, options: self.options()).log
        try self.save(files, again, position: Self.new)
        #expect(try self.expectWhole(files, logFiles) == Self.new)
        #expect(again.map.bounds.oldest > 0)
    }
}
