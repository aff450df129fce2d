// Records on their way to the disk: those of one or more turns of a shard, encoded one after the other. A shard fills one
// while another is being written; the log keeps those that are written but not synced, so that it can write them again.

package import Primitives

/// Filled by the shard, then given to the log's thread, then given back empty: used by one thread at a time.
package final class LogBatch: @unchecked Sendable {
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes of records.
    package private(set) var used = 0
    /// The LSN of the first record; 0 while there is none.
    package private(set) var first: LSN = 0
    package private(set) var count = 0
    package private(set) var firstTimestamp: Milliseconds = 0
    package private(set) var lastTimestamp: Milliseconds = 0
    /// Where each record whose LSN is a multiple of the index interval begins.
    private(set) var marks: [Int] = []
    private let interval: UInt64
    private var untilMark: UInt64 = 0
    /// Bytes that are in the file, and bytes that are known to be safe there; both at the beginning of a record.
    var writtenBytes = 0
    var durableBytes = 0

    private static let initialCapacity = 256 << 10

    /// - Parameter indexInterval: of the log that will take it.
    package init(indexInterval: Int) {
        precondition(indexInterval > 0)
        self.interval = UInt64(indexInterval)
        self.capacity = Self.initialCapacity
        self.memory = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { self.memory.deallocate() }

    package var isEmpty: Bool { self.count == 0 }
    package var last: LSN { self.first + LSN(self.count) - 1 }
    package var allocatedBytes: Int { self.capacity }
    var indexInterval: Int { Int(self.interval) }
    var bytes: Bytes { Bytes(start: self.memory, count: self.used) }
    /// The LSN of the first of `marks`.
    var firstMark: LSN { (self.first + self.interval - 1) / self.interval * self.interval }

    /// Appends a record. LSNs follow each other.
    package func append(lsn: LSN, term: UInt64, timestamp: Milliseconds, payload: Bytes) {
        if self.count == 0 {
            self.first = lsn
            self.firstTimestamp = timestamp
            self.untilMark = self.firstMark - lsn
        }
        precondition(lsn == self.first + LSN(self.count), "LSNs in a batch follow each other")
        let needed = self.used + LogRecord.overheadBytes + payload.count
        if needed > self.capacity { self.grow(to: needed) }
        if self.untilMark == 0 {
            self.marks.append(self.used)
            self.untilMark = self.interval
        }
        self.untilMark -= 1
        self.used += LogRecord.write(
            lsn: lsn,
            term: term,
            timestamp: timestamp,
            payload: payload,
            to: self.memory + self.used
        )
        self.count += 1
        self.lastTimestamp = timestamp
    }

    @inline(never)
    private func grow(to needed: Int) {
        let capacity = max(needed, self.capacity * 2)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        memory.copyMemory(from: self.memory, byteCount: self.used)
        self.memory.deallocate()
        self.memory = memory
        self.capacity = capacity
    }

    /// Empties the batch for its next use.
    package func removeAll() {
        self.used = 0
        self.first = 0
        self.count = 0
        self.marks.removeAll(keepingCapacity: true)
        self.writtenBytes = 0
        self.durableBytes = 0
    }

    /// What was written is to be written again, from the first record that is not known to be safe.
    func rewind() { self.writtenBytes = self.durableBytes }

    /// The LSN of the record that begins at an offset; at the end, of the one to come.
    func lsn(at offset: Int) -> LSN {
        guard offset < self.used else { return self.last + 1 }
        let rest = Bytes(start: self.memory + offset, count: self.used - offset)
        guard case .record(let lsn, _, _, _) = RecordScan(rest, checksum: false) else {
            preconditionFailure("what is written ends with a whole record")
        }
        return lsn
    }

    /// Calls `body` for each record, in order.
    package func forEachRecord(_ body: (_ lsn: LSN, _ payload: Bytes) -> Void) {
        var offset = 0
        while offset < self.used {
            let rest = Bytes(start: self.memory + offset, count: self.used - offset)
            guard case .record(let lsn, _, _, let length) = RecordScan(rest, checksum: false) else {
                preconditionFailure("a batch holds whole records")
            }
            body(lsn, Bytes(start: self.memory + offset + LogRecord.headerBytes, count: length))
            offset += LogRecord.overheadBytes + length
        }
    }
}
