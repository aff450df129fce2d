import Primitives
import Simulation
import Testing

@testable import ReplicationLog

@Suite struct LogReaderTests {
    private let scene: LogScene

    init() throws {
        self.scene = try LogScene()
    }

    @Test("reading begins after any position, and ends at any limit", arguments: [false, true])
    func everywhere(isReopened: Bool) throws {
        try self.scene.write(60)
        if isReopened { try self.scene.reopen() }
        for position in 0...60 as ClosedRange<Position> {
            for limit in position...60 {
                let found = try self.scene.records(after: position, through: limit)
                #expect(found.map(\.lsn) == Array((position..<limit).map { $0 + 1 }))
            }
            let rest = try self.scene.records(after: position, through: 60)
            #expect(rest == (position..<60).map { LogScene.record($0 + 1) })
        }
    }

    @Test("a record that is declined comes first the next time")
    func declining() throws {
        try self.scene.write(30)
        var generator = SeededGenerator(seed: 3)
        let reader = LogReader(self.scene.storage, self.scene.log.map, after: 0)
        var found: [RecordCopy] = []
        while reader.position < 30 {
            let limit = LSN.random(in: (reader.position + 1)...30, using: &generator)
            found += try reader.records(through: limit, most: .random(in: 0...4, using: &generator))
            #expect(reader.position == LSN(found.count))
        }
        #expect(found == (1...30).map(LogScene.record))
    }

    @Test("readers follow the writer over new segments", arguments: 1...20 as ClosedRange<UInt64>)
    func following(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let map = self.scene.log.map
        var readers: [LogReader] = []
        for _ in 0..<120 {
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: try self.scene.append(.random(in: 1...12, using: &generator))
            case 1: try self.scene.sync()
            case 2:
                let position = Position.random(in: 0...self.scene.log.last, using: &generator)
                readers.append(LogReader(self.scene.storage, map, after: position))
            default:
                guard let reader = readers.randomElement(using: &generator) else { continue }
                let position = reader.position
                let limit = LSN.random(in: position...max(position, map.bounds.written), using: &generator)
                let found = try reader.records(through: limit)
                #expect(found == (position..<limit).map { LogScene.record($0 + 1) })
            }
        }
        for reader in readers {
            let position = reader.position
            let found = try reader.records(through: map.bounds.written)
            #expect(found == (position..<map.bounds.written).map { LogScene.record($0 + 1) })
        }
    }

    @Test("the first record costs the same, however long the log is", arguments: [1, 4], [2_000, 20_000])
    func cost(interval: Int, count: Int) throws {
        let scene = try LogScene(segmentBytes: 100_000, indexInterval: interval * 16)
        while scene.log.last < LSN(count) {
            try scene.append(500)
            try scene.sync()
        }
        for isReopened in [false, true] {
            if isReopened { try scene.reopen() }
            for position in stride(from: 0, to: Position(count), by: 97) {
                let reader = LogReader(scene.storage, scene.log.map, after: position)
                let before = scene.storage.counters.bytesRead
                #expect(try reader.records(through: position + 1) == [LogScene.record(position + 1)])
                let intervalBytes = interval * 16 * (LogRecord.overheadBytes + 4)
                let bound = 2 * intervalBytes + FileWindow.shortestReadAhead + 8
                #expect(reader.askedBytes <= bound, "position \(position)")
                #expect(scene.storage.counters.bytesRead - before <= bound)
            }
        }
    }

    @Test("what is asked of the files is in proportion to what is read")
    func readAhead() throws {
        let scene = try LogScene(segmentBytes: 200_000, indexInterval: 64)
        for _ in 0..<40 { try scene.append(500) }
        let reader = LogReader(scene.storage, scene.log.map, after: 0)
        #expect(try reader.records(through: 20_000).count == 20_000)
        let bytes = scene.log.map.bounds.bytes
        #expect(reader.askedBytes >= bytes && reader.askedBytes < bytes + bytes / 4, "\(reader.askedBytes) of \(bytes)")
    }

    @Test("a record larger than the read-ahead is read whole, and its neighbours too")
    func largeRecords() throws {
        let scene = try LogScene(segmentBytes: 2 << 20)
        let sizes = [10, FileWindow.shortestReadAhead, 300_000, 5, FileWindow.longestReadAhead - 37, 1_000_000, 0, 7]
        let batch = LogBatch(indexInterval: 4)
        let payloads = sizes.enumerated().map { [UInt8](repeating: UInt8($0 + 1), count: $1) }
        for (index, payload) in payloads.enumerated() {
            payload.withUnsafeBytes { batch.append(lsn: LSN(index + 1), term: 1, timestamp: 0, payload: $0) }
        }
        try scene.log.append(batch)
        for position in payloads.indices {
            let found = try scene.records(after: Position(position), through: LSN(payloads.count))
            #expect(found.map(\.payload) == Array(payloads[position...]))
        }
    }

    @Test("a position before the oldest record, or beyond the end, is not in the log")
    func outside() throws {
        let scene = try LogScene(first: 100)
        try scene.write(30)
        for (position, limit) in [(0, 1), (98, 110), (129, 130), (200, 201)] as [(Position, LSN)] {
            let error = #expect(throws: LogError.self) { try scene.records(after: position, through: limit) }
            #expect(error?.code == .notInLog)
        }
        #expect(try scene.records(after: 99, through: 129).count == 30)
        #expect(try scene.records(after: 129, through: 129).isEmpty)
        let reader = LogReader(scene.storage, scene.log.map, after: 120)
        let error = #expect(throws: LogError.self) { try reader.records(through: 130) }
        #expect(error?.code == .notInLog && reader.position == 129, "everything up to the end was read")
        try scene.write(1)
        #expect(try reader.records(through: 130) == [LogScene.record(130)])
    }

    @Test("a reader goes on while segments leave that it has passed, and is told when its own has left")
    func pruning() throws {
        try self.scene.write(60)
        let map = self.scene.log.map
        let ahead = LogReader(self.scene.storage, map, after: 30)
        let behind = LogReader(self.scene.storage, map, after: 0)
        #expect(try ahead.records(through: 33).count == 3 && behind.records(through: 3).count == 3)
        try self.scene.log.prune(upTo: 31)
        #expect(try ahead.records(through: 45).count == 12)
        let error = #expect(throws: LogError.self) { try behind.records(through: 10) }
        #expect(error?.code == .notInLog && behind.position == 3)
        #expect(try ahead.records(through: 60).map(\.lsn) == Array(46...60))
    }

    @Test("after a failed sync a reader goes on in what was written again", arguments: [true, false], [0, 9])
    func rewritten(isStillRead: Bool, durable: Int) throws {
        // Without a durable record the segment's own file is made anew, under the same name.
        self.scene.storage.faults.readsSeeDroppedWrites = isStillRead
        try self.scene.write(durable)
        try self.scene.append(4)
        let start = self.scene.log.last
        let readers = (0...4 as ClosedRange<Position>).map {
            LogReader(self.scene.storage, self.scene.log.map, after: start - $0)
        }
        for (index, reader) in readers.enumerated() { _ = try reader.records(through: start, most: index) }
        let positions = readers.map(\.position)
        self.scene.storage.faults.failingSyncs = .number(self.scene.storage.counters.syncs + 1)
        #expect(throws: LogError.self) { try self.scene.sync() }
        try self.scene.append(20)
        try self.scene.sync()
        for (reader, position) in zip(readers, positions) {
            let found = try reader.records(through: start + 20)
            #expect(found == (position..<(start + 20)).map { LogScene.record($0 + 1) })
        }
    }

    @Test("an index that has gone is done without")
    func withoutIndex() throws {
        try self.scene.write(30)
        try self.scene.storage.remove(SegmentName.index(8))
        #expect(try self.scene.records(after: 12, through: 30).map(\.lsn) == Array(13...30))
    }

    @Test("a read that fails is told, and the same reader goes on when it is over")
    func failingReads() throws {
        try self.scene.write(30)
        let reader = LogReader(self.scene.storage, self.scene.log.map, after: 3)
        #expect(try reader.records(through: 10).count == 7)
        self.scene.storage.faults.failingReads = .all
        let error = #expect(throws: LogError.self) { try reader.records(through: 30) }
        #expect(error?.code == .storage)
        self.scene.storage.faults.failingReads = .none
        #expect(try reader.records(through: 30).last == LogScene.record(30))
    }
}
