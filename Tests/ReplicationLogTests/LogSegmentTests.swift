import Primitives
import Simulation
import Testing

@testable import ReplicationLog

@Suite struct LogSegmentTests {
    private let scene: LogScene

    init() throws {
        self.scene = try LogScene()
    }

    @Test("a log that is new begins at the LSN it is told")
    func beginning() throws {
        #expect(self.scene.log.last == 0 && self.scene.log.durable == 0 && self.scene.segments == [1])
        let later = try LogScene(first: 500)
        try later.write(3)
        try later.reopen()
        #expect(later.log.last == 502 && later.recovery.oldest == 499 && later.recovery.cut == nil)
        try later.expectRecords(from: 500, through: 502)
    }

    @Test("of a log that nobody is expected to read soon the system forgets every few megabytes, and each segment")
    func uncaching() throws {
        let storage = FaultyStorage(seed: 1)
        var options = LogOptions()
        options.segmentBytes = 8 << 20
        options.indexInterval = 1
        let log = try ReplicationLog.open(storage, options: options, first: 1).log
        let megabyte = [UInt8](repeating: 7, count: 1 << 20)
        func write(_ lsn: LSN) throws {
            let batch = LogBatch(indexInterval: 1)
            megabyte.withUnsafeBytes { batch.append(lsn: lsn, term: 1, timestamp: 0, payload: $0) }
            try log.append(batch)
            try log.sync()
            if log.uncaches { log.uncache() }
        }
        for lsn in LSN(1)...3 { try write(lsn) }
        log.uncaches = true
        #expect(storage.counters.uncached.isEmpty)
        for lsn in LSN(4)...10 { try write(lsn) }
        // After 4 MB; 8 do not fit with their envelopes, and the end of a segment is another time.
        #expect(storage.counters.uncached == [SegmentName.log(1): 2])
        log.uncaches = false
        for lsn in LSN(11)...20 { try write(lsn) }
        #expect(storage.counters.uncached == [SegmentName.log(1): 2])
    }

    @Test("a segment that is full is sealed with its index, and the next one is named by its first LSN")
    func rolls() throws {
        try self.scene.write(50)
        let segments = self.scene.log.map.segments
        #expect(segments.count >= 7)
        for (segment, next) in zip(segments, segments.dropFirst()) {
            #expect(next.first == segment.last + 1)
            #expect(segment.bytes <= self.scene.options.segmentBytes)
            let index = try #require(SegmentIndex(try self.scene.bytes(of: SegmentName.index(segment.first))))
            #expect(index.first == segment.first && index.last == segment.last)
            #expect(index.segmentBytes == segment.bytes && index.interval == 4)
            #expect(index.lastTimestamp == LogScene.record(segment.last).timestamp)
            let bytes = try self.scene.bytes(of: SegmentName.log(segment.first))
            #expect(bytes.count == segment.bytes)
            let marked = (segment.first...segment.last).filter { $0 % 4 == 0 }
            #expect(index.offsets.count == marked.count)
            for (lsn, offset) in zip(marked, index.offsets) {
                #expect(bytes[offset...].starts(with: LogScene.encoded(lsn)), "the entry of \(lsn)")
            }
        }
        #expect(try self.scene.storage.contents(of: SegmentName.index(self.scene.segments.last ?? 0)) == nil)
    }

    @Test("one batch larger than several segments is divided at marked records", arguments: [1, 3, 6] as [LSN])
    func largeBatch(first: LSN) throws {
        let scene = try LogScene(first: first)
        try scene.append(200)
        try scene.sync()
        #expect(scene.segments.count > 20 && scene.segments.dropFirst().allSatisfy { $0 % 4 == 0 })
        #expect(scene.log.map.segments.allSatisfy { $0.bytes <= scene.options.segmentBytes })
        try scene.expectRecords(from: first, through: first + 199)
        try scene.crash()
        #expect(scene.log.last == first + 199)
    }

    @Test("a record larger than a segment gets one of its own")
    func largeRecord() throws {
        let sizes = [5, 1_000, 1_000, 5, 5]
        for (index, size) in sizes.enumerated() {
            let batch = LogBatch(indexInterval: 4)
            [UInt8](repeating: 9, count: size).withUnsafeBytes {
                batch.append(lsn: LSN(index + 1), term: 1, timestamp: 0, payload: $0)
            }
            try self.scene.log.append(batch)
            try self.scene.sync()
        }
        #expect(self.scene.segments == [1, 2, 3, 4])
        try self.scene.reopen()
        #expect(try self.scene.records().map(\.payload.count) == sizes)
    }

    @Test("a log that is opened again has the same bounds, and reads the last segment only", arguments: [0, 5, 8, 60])
    func reopens(count: Int) throws {
        try self.scene.write(count)
        let bounds = self.scene.log.map.bounds
        let before = self.scene.storage.counters.bytesRead
        try self.scene.reopen()
        #expect(self.scene.log.map.bounds == bounds)
        #expect(self.scene.recovery.cut == nil && self.scene.recovery.rebuiltIndexes == 0)
        #expect(self.scene.recovery.bytes == bounds.bytes && self.scene.recovery.last == Position(count))
        let indexBytes = (bounds.segments - 1) * 80
        #expect(self.scene.storage.counters.bytesRead - before <= 300 + indexBytes)
        try self.scene.write(10)
        try self.scene.expectRecords(through: LSN(count) + 10)
    }

    enum Harm: CaseIterable { case removed, emptied, flipped, foreign }

    @Test("an index that is missing or harmed is made again, the same", arguments: Harm.allCases)
    func rebuilds(harm: Harm) throws {
        try self.scene.write(30)
        let bounds = self.scene.log.map.bounds
        let name = SegmentName.index(8)
        let index = try self.scene.bytes(of: name)
        switch harm {
        case .removed: try self.scene.storage.remove(name)
        case .emptied: try self.scene.storage.open(name, create: false).truncate(to: 0)
        case .flipped: self.scene.storage.flip(name, at: 50)
        case .foreign: self.scene.storage.install(name, try self.scene.bytes(of: SegmentName.index(1)))
        }
        try self.scene.reopen()
        #expect(self.scene.recovery.rebuiltIndexes == 1 && self.scene.log.map.bounds == bounds)
        #expect(try self.scene.bytes(of: name) == index)
        try self.scene.expectRecords(through: 30)
        try self.scene.reopen()
        #expect(self.scene.recovery.rebuiltIndexes == 0)
    }

    @Test("without room for an index the log opens and reads all the same")
    func noRoomForIndex() throws {
        try self.scene.write(30)
        try self.scene.storage.remove(SegmentName.index(8))
        self.scene.storage.faults.capacityBytes = 0
        try self.scene.reopen()
        #expect(self.scene.recovery.rebuiltIndexes == 1)
        for position in 0...30 as ClosedRange<Position> {
            #expect(try self.scene.records(after: position, through: 30).count == 30 - Int(position))
        }
    }

    @Test("segments between which records are missing are refused")
    func gap() throws {
        try self.scene.write(30)
        for name in [SegmentName.log(8), SegmentName.index(8)] { try self.scene.storage.remove(name) }
        let error = #expect(throws: LogError.self) { try self.scene.reopen() }
        #expect(error?.code == .gap && error?.message.contains("from 8 to 14") == true, "\(error?.message ?? "")")
        #expect(try LogInspection(self.scene.storage).segments.map(\.hasGapBefore) == [false, true, false, false])
    }

    @Test(
        "a gap is legal where exactly that skip is on record",
        arguments: [(7, 15, true), (7, 14, false), (6, 15, false)]
    )
    func skipOnRecord(after: Position, next: LSN, isLegal: Bool) throws {
        try self.scene.write(30)
        for name in [SegmentName.log(8), SegmentName.index(8)] { try self.scene.storage.remove(name) }
        var manifest = Manifest()
        manifest.skips = [Manifest.Skip(after: after, next: next)]
        self.scene.storage.install(Manifest.fileName, manifest.json)
        #expect(try LogInspection(self.scene.storage).isSound == isLegal)
        guard isLegal else {
            #expect(throws: LogError.self) { try self.scene.reopen() }
            return
        }
        try self.scene.reopen()
        try self.scene.expectRecords(through: 30, beside: [8..<15])
    }

    @Test("a log of a newer format is refused, and so is a manifest that is none")
    func manifests() throws {
        let newer = Array(#"{"format": 2, "skips": [], "cuts": [], "more": true}"#.utf8)
        let cases: [([UInt8], LogError.Code)] = [
            (newer, .newerFormat), (Array(#"{"format": 2}"#.utf8), .newerFormat), ([], .malformed),
            (Array(#"{"format": 1}"#.utf8), .malformed), (Array("skips".utf8), .malformed),
        ]
        for (text, code) in cases {
            self.scene.storage.install(Manifest.fileName, text)
            let opening = #expect(throws: LogError.self) { try self.scene.reopen() }
            let looking = #expect(throws: LogError.self) { try LogInspection(self.scene.storage) }
            #expect(opening?.code == code && looking?.code == code)
        }
    }

    @Test("the index interval may change from one run to the next")
    func intervals() throws {
        try self.scene.write(20)
        for interval in [1, 7, 4, 64] {
            try self.scene.reopen(indexInterval: interval)
            #expect(self.scene.recovery.rebuiltIndexes == 0)
            let next = self.scene.log.last + 1
            try self.scene.log.append(LogScene.batch(next...(next + 19), indexInterval: interval))
            try self.scene.sync()
            for position in stride(from: 0, to: self.scene.log.last, by: 3) {
                let found = try self.scene.records(after: position, through: self.scene.log.last)
                #expect(found == ((position + 1)...self.scene.log.last).map(LogScene.record))
            }
        }
        try self.scene.expectRecords(through: 100)
    }

    @Test("a torn end is cut off once, with what was there and why", arguments: [1, 3, 4, 5, 20, 33, 36, 38])
    func tornEnd(count: Int) throws {
        try self.scene.write(10)
        let file = try self.scene.storage.open(SegmentName.log(8), create: false)
        let size = try file.size()
        let record = LogScene.encoded(11)
        try file.writeAll(Array(record[..<count]), at: size)
        try self.scene.reopen()
        let cut = try #require(self.scene.recovery.cut)
        #expect(cut.segment == SegmentName.log(8) && cut.offset == size && cut.bytes == count)
        #expect(cut.recordsKept == 3 && self.scene.log.last == 10)
        #expect(cut.reason == (count < 33 ? .tornHeader : count < 34 ? .tornPayload : .tornChecksum), "\(cut.reason)")
        try self.scene.reopen()
        #expect(self.scene.recovery.cut == nil)
        try self.scene.write(3)
        try self.scene.expectRecords(through: 13)
    }
}
