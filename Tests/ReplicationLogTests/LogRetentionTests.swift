import Primitives
import Simulation
import Testing

@testable import ReplicationLog

@Suite struct LogRetentionTests {
    private let scene: LogScene

    init() throws {
        self.scene = try LogScene()
    }

    private var files: [String] {
        get throws { try self.scene.storage.list().map(\.name) }
    }

    @Test("pruning removes the segments whose records all lie before, and nothing else")
    func prunes() throws {
        try self.scene.write(60)
        let segments = self.scene.log.map.segments
        for position in 0...59 as ClosedRange<Position> {
            let before = self.scene.segments
            let removed = try self.scene.log.prune(upTo: position)
            let kept = segments.filter { $0.last > position }.map(\.first)
            #expect(self.scene.segments == kept && removed == before.count - kept.count)
            #expect(
                try self.files == kept.flatMap { [SegmentName.index($0), SegmentName.log($0)] }.dropLast(2)
                    + [SegmentName.log(try #require(kept.last))]
            )
            try self.scene.expectRecords(from: kept[0], through: 60)
        }
        try self.scene.crash()
        #expect(self.scene.log.last == 60)
    }

    @Test("the last LSN outlives its record, and a restart", arguments: [60, 61, 80] as [Position])
    func pruneEverything(position: Position) throws {
        try self.scene.write(60)
        try self.scene.log.prune(upTo: position)
        let oldest = self.scene.log.map.bounds.oldest
        #expect(self.scene.log.last == position && self.scene.segments.count == 1)
        if position > 60 { #expect(oldest == position) }
        for seed in 0..<5 as Range<UInt64> {
            try self.scene.crash(seed: seed)
            #expect(self.scene.log.last == position && self.scene.log.map.bounds.oldest == oldest)
        }
        try self.scene.write(2)
        try self.scene.reopen()
        try self.scene.expectRecords(from: oldest + 1, through: position + 2)
    }

    @Test("pruning an empty log past its end moves it there")
    func pruneEmpty() throws {
        try self.scene.log.prune(upTo: 1_000)
        try self.scene.log.prune(upTo: 1_000)
        try self.scene.crash()
        #expect(self.scene.log.last == 1_000 && self.scene.segments == [1_001])
    }

    @Test("a full disk does not keep the log from being pruned")
    func pruneOnFullDisk() throws {
        try self.scene.write(60)
        self.scene.storage.faults.capacityBytes = 0
        #expect(try self.scene.log.prune(upTo: 40) > 3)
        try self.scene.expectRecords(from: try #require(self.scene.segments.first), through: 60)
    }

    @Test("segments that could not be removed go before the next ones, and leave no gap", arguments: 0...2)
    func leftovers(failing: Int) throws {
        try self.scene.write(60)
        let log = self.scene.log
        let first = try log.detach(upTo: 20)
        #expect(first.count > 1)
        let counters = self.scene.storage.counters
        self.scene.storage.faults.failingDirectorySyncs = .number(counters.directorySyncs + failing)
        _ = try? ReplicationLog.remove(first, from: self.scene.storage)
        let second = try log.detach(upTo: 40)
        try ReplicationLog.remove(second, from: self.scene.storage)
        let kept = self.scene.segments
        try self.scene.reopen()
        #expect(self.scene.segments == kept)
        try self.scene.expectRecords(from: try #require(kept.first), through: 60)
    }

    @Test("a sweep takes what is too much or too old, the oldest first, and nothing after the limit")
    func sweeps() throws {
        try self.scene.write(60)
        let segments = self.scene.log.map.segments
        let all = segments.reduce(0) { $0 + $1.bytes }
        #expect(try self.scene.log.sweep(maxBytes: nil, oldest: nil, limit: .max) == (0, 0))
        #expect(try self.scene.log.sweep(maxBytes: all, oldest: nil, limit: .max) == (0, 0))
        #expect(try self.scene.log.sweep(maxBytes: all - 1, oldest: nil, limit: 6) == (0, 7), "7 is still needed")
        #expect(try self.scene.log.sweep(maxBytes: all - 1, oldest: nil, limit: 7) == (1, 7))
        let time = LogScene.record(segments[2].last).timestamp
        #expect(try self.scene.log.sweep(maxBytes: nil, oldest: time, limit: .max) == (1, segments[1].last))
        #expect(try self.scene.log.sweep(maxBytes: nil, oldest: time + 1, limit: .max) == (1, segments[2].last))
        let wanted = segments[segments.count - 2].last
        #expect(try self.scene.log.sweep(maxBytes: 0, oldest: nil, limit: .max) == (segments.count - 4, wanted))
        #expect(self.scene.segments == [segments[segments.count - 1].first], "what is being written stays")
        try self.scene.expectRecords(from: self.scene.segments[0], through: 60)
    }

    @Test("a skip begins a segment there, and older records stay readable", arguments: [0, 5, 20])
    func skips(count: Int) throws {
        try self.scene.write(count)
        try self.scene.skip(to: 100)
        #expect(self.scene.log.last == 99 && self.scene.log.durable == 99)
        try self.scene.write(10)
        try self.scene.skip(to: 110)
        try self.scene.skip(to: 200)
        try self.scene.skip(to: 300)
        try self.scene.write(10)
        for isReopened in [false, true] {
            if isReopened { try self.scene.crash(beside: [(LSN(count) + 1)..<100, 110..<300]) }
            let expected = Array(1..<(LSN(count) + 1)) + Array(100...109) + Array(300...309)
            #expect(try self.scene.records().map(\.lsn) == expected)
            #expect(try self.scene.records(after: 0, through: LSN(count)).count == count)
            #expect(try self.scene.records(after: 102, through: 109).count == 7)
            for position in [Position(count), 50, 98, 109, 250] {
                let error = #expect(throws: LogError.self) {
                    try self.scene.records(after: position, through: position + 1)
                }
                #expect(error?.code == .notInLog)
            }
        }
        #expect(try LogInspection(self.scene.storage).isSound)
    }

    @Test("a skip to the next record changes nothing")
    func skipNothing() throws {
        try self.scene.write(5)
        try self.scene.skip(to: 6)
        #expect(self.scene.segments == [1] && self.scene.log.last == 5)
        #expect(try self.scene.storage.contents(of: Manifest.fileName) == nil)
    }

    @Test("a skip after a failed sync first writes again what was dropped", arguments: [8, 50] as [LSN])
    func skipAfterFailedSync(next: LSN) throws {
        try self.scene.write(3)
        try self.scene.append(4)
        self.scene.storage.faults.failingSyncs = .number(self.scene.storage.counters.syncs + 1)
        #expect(throws: LogError.self) { try self.scene.sync() }
        try self.scene.skip(to: next)
        try self.scene.write(1)
        self.scene.expectReleasedIsDurable()
        try self.scene.crash(beside: [8..<next])
        #expect(self.scene.log.last == next)
    }

    @Test("what is on record of segments that are gone goes with the first change of the manifest after a start")
    func forgets() throws {
        try self.scene.write(20)
        try self.scene.skip(to: 100)
        try self.scene.write(20)
        try self.scene.log.prune(upTo: 115)
        try self.scene.reopen()
        try self.scene.skip(to: 200)
        let manifest = try Manifest(json: try self.scene.bytes(of: Manifest.fileName))
        #expect(manifest.skips == [Manifest.Skip(after: 119, next: 200)])
    }

    @Test("giving up everything from some damage on leaves the records before it, and a log that goes on")
    func truncates() throws {
        try self.scene.write(60)
        self.scene.storage.flip(SegmentName.log(15), at: 100)
        let error = #expect(throws: LogError.self) { try self.scene.records() }
        guard case .damaged(_, let offset, _)? = error?.code else { return #expect(Bool(false), "\(error as Any)") }
        try ReplicationLog.truncate(self.scene.storage, segment: 15, at: offset)
        try self.scene.reopen()
        try self.scene.crash()
        #expect(self.scene.log.last == 16)
        try self.scene.write(50)
        try self.scene.reopen()
        try self.scene.expectRecords(through: 66)
    }
}
