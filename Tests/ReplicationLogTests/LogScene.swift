// A log on a faulty disk, filled with records that follow from their LSN: any record that comes back can be checked.

import Primitives
import Simulation
import Testing

@testable import ReplicationLog

final class LogScene {
    let storage: FaultyStorage
    let options: LogOptions
    private(set) var log: ReplicationLog
    private(set) var recovery: LogRecovery
    /// The LSN that the next record will have.
    private(set) var next: LSN
    /// The batch that could not be written.
    private var unwritten: LogBatch?

    init(segmentBytes: Int = 300, indexInterval: Int = 4, first: LSN = 1, seed: UInt64 = 1) throws {
        self.storage = FaultyStorage(seed: seed)
        self.options = Self.options(segmentBytes: segmentBytes, indexInterval: indexInterval)
        (self.log, self.recovery) = try ReplicationLog.open(self.storage, options: self.options, first: first)
        self.next = first
    }

    static func options(segmentBytes: Int = 300, indexInterval: Int = 4) -> LogOptions {
        var options = LogOptions()
        options.segmentBytes = segmentBytes
        options.indexInterval = indexInterval
        return options
    }

    /// What the record of an LSN holds.
    static func record(_ lsn: LSN) -> RecordCopy {
        let payload = [UInt8](repeating: UInt8(lsn % 251), count: Int(lsn * 7 % 5))
        return RecordCopy(lsn: lsn, term: 1 + lsn / 16, timestamp: 1000 + Milliseconds(lsn), payload: payload)
    }

    /// The bytes of that record in a file.
    static func encoded(_ lsn: LSN) -> [UInt8] {
        let record = Self.record(lsn)
        return expectedRecord(lsn: lsn, term: record.term, timestamp: record.timestamp, payload: record.payload)
    }

    static func batch(_ lsns: ClosedRange<LSN>, indexInterval: Int = 4) -> LogBatch {
        let batch = LogBatch(indexInterval: indexInterval)
        for lsn in lsns {
            let record = Self.record(lsn)
            record.payload.withUnsafeBytes {
                batch.append(lsn: lsn, term: record.term, timestamp: record.timestamp, payload: $0)
            }
        }
        return batch
    }

    // MARK: Writing

    /// Appends the next records as one batch. After an error `retry` first.
    func append(_ count: Int = 1) throws {
        let end = self.next + LSN(count)
        self.unwritten = Self.batch(self.next...(end - 1), indexInterval: self.options.indexInterval)
        self.next = end
        try self.retry()
    }

    /// Appends the batch again that could not be written.
    func retry() throws {
        guard let batch = self.unwritten else { return }
        try self.log.append(batch)
        self.unwritten = nil
    }

    func sync() throws {
        try self.log.sync()
        self.expectReleasedIsDurable()
    }

    /// Appends the next records, each a batch of its own, and syncs them.
    func write(_ count: Int) throws {
        for _ in 0..<count { try self.append() }
        try self.sync()
    }

    func skip(to next: LSN) throws {
        try self.log.skip(to: next)
        self.next = next
    }

    /// What is given back will not be written again.
    func expectReleasedIsDurable() {
        for batch in self.log.takeReleased() {
            #expect(batch.last <= self.log.durable, "a batch was released before it was safe")
        }
    }

    // MARK: Coming back

    func reopen(indexInterval: Int? = nil) throws {
        self.unwritten = nil
        var options = self.options
        if let indexInterval { options.indexInterval = indexInterval }
        (self.log, self.recovery) = try ReplicationLog.open(self.storage, options: options)
        self.next = self.log.last + 1
    }

    /// Loses power, opens the log again, and checks that everything durable is there and nothing is made up.
    /// - Parameter lost: LSNs that were never written.
    func crash(seed: UInt64 = 1, beside lost: [Range<LSN>] = []) throws {
        let durable = self.log.durable
        var generator = SeededGenerator(seed: seed)
        self.storage.crash(using: &generator)
        self.storage.faults = FaultyStorage.Faults()
        try self.reopen()
        #expect(self.log.last >= durable, "seed \(seed): \(durable) was durable, \(self.log.last) came back")
        try self.expectRecords(from: self.log.map.bounds.oldest + 1, through: self.log.last, beside: lost)
    }

    // MARK: Reading

    /// Every record that the log has, skips passed over.
    func records() throws -> [RecordCopy] { try Self.records(of: self.log) }

    static func records(of log: ReplicationLog) throws -> [RecordCopy] {
        var found: [RecordCopy] = []
        for segment in log.map.segments where segment.last >= segment.first {
            let reader = LogReader(log.storage, log.map, after: segment.first - 1)
            try reader.read(through: segment.last) { view in
                found.append(RecordCopy(view))
                return true
            }
        }
        return found
    }

    /// Records after a position, as one reader finds them.
    func records(after position: Position, through limit: LSN) throws -> [RecordCopy] {
        let reader = LogReader(self.storage, self.log.map, after: position)
        return try reader.records(through: limit)
    }

    /// - Parameter lost: LSNs that were never written.
    func expectRecords(
        from first: LSN = 1,
        through last: LSN,
        beside lost: [Range<LSN>] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let expected = (first..<(last + 1)).filter { lsn in !lost.contains { $0.contains(lsn) } }
        #expect(try self.records() == expected.map(Self.record), sourceLocation: sourceLocation)
    }

    var segments: [LSN] { self.log.map.segments.map(\.first) }

    func bytes(of name: String) throws -> [UInt8] { try #require(try self.storage.contents(of: name)) }
}

extension LogReader {
    /// Reads on, and keeps copies.
    func records(through limit: LSN, most: Int = .max) throws -> [RecordCopy] {
        var found: [RecordCopy] = []
        try self.read(through: limit) { view in
            guard found.count < most else { return false }
            found.append(RecordCopy(view))
            return true
        }
        return found
    }
}
