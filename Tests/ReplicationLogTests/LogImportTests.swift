import Primitives
import Simulation
import Testing

@testable import ReplicationLog

@Suite struct LogImportTests {
    private let spools = FaultyStorage()
    private let storage = FaultyStorage(seed: 4)

    private func options(segmentBytes: Int = 64 << 20, indexInterval: Int = 64) -> LogOptions {
        var options = LogOptions()
        options.segmentBytes = segmentBytes
        options.indexInterval = indexInterval
        return options
    }

    private func spool(_ bytes: [UInt8]) throws -> any StoredFileHandle {
        self.spools.install("a.logical.wal", bytes)
        return try self.spools.open("a.logical.wal", create: false)
    }

    private func spool(_ records: [RecordCopy]) throws -> any StoredFileHandle {
        // Versions that cannot carry a term or a timestamp are not for records that have one.
        let bytes = records.flatMap { record in
            let version: UInt8 = record.term != 1 ? 3 : record.timestamp != 0 ? 2 : 1
            return expectedRecord(
                version: version,
                lsn: record.lsn,
                term: record.term,
                timestamp: record.timestamp,
                payload: record.payload
            )
        }
        return try self.spool(bytes)
    }

    /// Everything in the log from a position on, skips passed over.
    private func records(after position: Position = 0, _ options: LogOptions) throws -> [RecordCopy] {
        let (log, recovery) = try ReplicationLog.open(self.storage, options: options)
        #expect(recovery.cut == nil && recovery.rebuiltIndexes == 0)
        var found: [RecordCopy] = []
        for segment in log.map.segments where segment.last >= segment.first {
            let reader = LogReader(self.storage, log.map, after: segment.first - 1)
            try reader.read(through: segment.last) { view in
                found.append(RecordCopy(view))
                return true
            }
        }
        return found.filter { $0.lsn > position }
    }

    @Test("a spool's records are in the log as they were, over many segments, after a crash too")
    func copies() throws {
        var generator = SeededGenerator(seed: 6)
        var lsn: LSN = 1_000
        let records = (0..<2_000).map { index in
            // Gaps now and then, some right after another.
            lsn += index % 150 == 149 || index % 151 == 149 ? 1 + .random(in: 1...1_000, using: &generator) : 1
            let payload = [UInt8](repeating: UInt8(index % 256), count: .random(in: 0...300, using: &generator))
            return switch index % 3 {
            case 0: RecordCopy(lsn: lsn, term: 1, timestamp: 0, payload: payload)
            case 1: RecordCopy(lsn: lsn, term: 1, timestamp: 1_700_000_000_000 + Int64(index), payload: payload)
            default: RecordCopy(lsn: lsn, term: UInt64(2 + index / 100), timestamp: Int64(index), payload: payload)
            }
        }
        let options = self.options(segmentBytes: 20_000, indexInterval: 8)
        let report = try LogImport.run(try self.spool(records), into: self.storage, options: options)
        #expect(report.records == 2_000 && report.gapCount > 20 && report.stop == nil)
        #expect(try self.records(options) == records)
        self.storage.crash(using: &generator)
        let (log, recovery) = try ReplicationLog.open(self.storage, options: options)
        #expect(log.last == records.last?.lsn && recovery.cut == nil && recovery.segments > 20)
        #expect(recovery.oldest == 1_000)
    }

    @Test("gaps are skips on record, so that the log opens")
    func gaps() throws {
        let payload = Array("*1\r\n$4\r\nPING\r\n".utf8)
        let lsns: [LSN] = [5, 6, 9, 20, 21]
        let records = lsns.map { RecordCopy(lsn: $0, term: 3, timestamp: 8, payload: payload) }
        let report = try LogImport.run(try self.spool(records), into: self.storage)
        #expect(report.gaps == [SpoolReport.Gap(first: 7, last: 8), SpoolReport.Gap(first: 10, last: 19)])
        #expect(try self.records(self.options()) == records)
        let manifest = try #require(try self.storage.contents(of: Manifest.fileName))
        let skips = [Manifest.Skip(after: 6, next: 9), Manifest.Skip(after: 9, next: 20)]
        #expect(try Manifest(json: manifest).skips == skips)
    }

    @Test("the log goes on behind the last record of the spool")
    func goesOn() throws {
        let records = (7...9 as ClosedRange<LSN>).map { RecordCopy(lsn: $0, term: 1, timestamp: 0, payload: [1]) }
        _ = try LogImport.run(try self.spool(records), into: self.storage)
        let (log, _) = try ReplicationLog.open(self.storage)
        let batch = LogBatch(indexInterval: log.options.indexInterval)
        [2].withUnsafeBytes { batch.append(lsn: 10, term: 2, timestamp: 3, payload: $0) }
        try log.append(batch)
        try log.sync()
        #expect(log.map.bounds.oldest == 6 && log.durable == 10)
    }

    @Test("what stands before the damage is imported, and the damage told")
    func damaged() throws {
        let good = expectedRecord(version: 2, lsn: 4, payload: [1]) + expectedRecord(version: 3, lsn: 5, payload: [2])
        let report = try LogImport.run(try self.spool(good + [0x52, 0x44, 0]), into: self.storage)
        #expect(report.stop == SpoolReport.Stop(damage: .badMagic, offset: good.count, bytesLeft: 3))
        #expect(try self.records(self.options()).map(\.lsn) == [4, 5])
    }

    @Test("a spool without records begins no log", arguments: [[], [1, 2, 3]] as [[UInt8]])
    func nothing(bytes: [UInt8]) throws {
        let report = try LogImport.run(try self.spool(bytes), into: self.storage)
        #expect(report.records == 0 && (report.stop == nil) == bytes.isEmpty)
        #expect(try self.storage.list().isEmpty)
    }

    @Test("nothing is imported into a directory that has a log")
    func taken() throws {
        let spool = try self.spool(expectedRecord(version: 2, lsn: 4, payload: [1]))
        for name in [SegmentName.log(1), Manifest.fileName] {
            let storage = FaultyStorage()
            storage.install(name, [])
            let error = #expect(throws: LogError.self) { try LogImport.run(spool, into: storage) }
            #expect(error?.code == .notEmpty)
            #expect(try storage.list() == [StoredFile(name: name, bytes: 0)])
        }
        // Other files, as a lock, are no log.
        self.storage.install("lock", [1])
        #expect(try LogImport.run(spool, into: self.storage).records == 1)
    }

    @Test("a disk that fails or is full ends the import with its error")
    func failures() throws {
        let records = (1...100 as ClosedRange<LSN>).map {
            RecordCopy(lsn: $0, term: 1, timestamp: 0, payload: [UInt8](repeating: 1, count: 100))
        }
        let spool = try self.spool(records)
        self.storage.faults.capacityBytes = 5_000
        let full = #expect(throws: LogError.self) { try LogImport.run(spool, into: self.storage) }
        #expect(full?.isNoSpace == true)
        let broken = FaultyStorage()
        broken.faults.failingSyncs = .all
        let failed = #expect(throws: LogError.self) { try LogImport.run(spool, into: broken) }
        #expect(failed?.code == .storage && failed?.isNoSpace == false)
    }
}
