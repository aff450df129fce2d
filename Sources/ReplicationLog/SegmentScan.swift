// Reading a segment from its beginning with a bounded buffer: for recovery, for verification, and to make an index again.

package import Primitives

/// What a scan found.
struct SegmentScan {
    var first: LSN
    var records = 0
    /// Bytes of whole, checked records.
    var validBytes = 0
    var lastTimestamp: Milliseconds = 0
    /// Offsets of records whose LSN is a multiple of the interval.
    var offsets: [Int] = []
    /// Why it ended before `limitBytes`; nil when it did not.
    var damage: RecordDamage?

    /// The last LSN; one before the first when there is no record.
    var last: LSN { self.first + LSN(self.records) - 1 }

    /// Scans a segment's file up to `limitBytes` or the first damage.
    /// - Parameters:
    ///   - first: the LSN that its name promises.
    ///   - body: gets each whole, checked record.
    init(
        _ file: any StoredFileHandle,
        first: LSN,
        limitBytes: Int,
        interval: Int,
        _ body: (RecordView) -> Void = { _ in }
    ) throws(StorageError) {
        self.first = first
        let window = FileWindow(file)
        var untilMark = Self.distanceToMark(first, interval: interval)
        while self.validBytes < limitBytes {
            var needed = LogRecord.headerBytes
            scanning: while true {
                let bytes = try window.bytes(at: self.validBytes, atLeast: needed, limit: limitBytes)
                switch RecordScan(bytes) {
                case .record(let lsn, let term, let timestamp, let length):
                    guard lsn == first + LSN(self.records) else {
                        self.damage = .lsnOutOfOrder
                        return
                    }
                    body(
                        RecordView(
                            lsn: lsn,
                            term: term,
                            timestamp: timestamp,
                            payload: Bytes(rebasing: bytes[LogRecord.headerBytes..<(LogRecord.headerBytes + length)])
                        )
                    )
                    if untilMark == 0 {
                        self.offsets.append(self.validBytes)
                        untilMark = interval
                    }
                    untilMark -= 1
                    self.records += 1
                    self.validBytes += LogRecord.overheadBytes + length
                    self.lastTimestamp = timestamp
                    break scanning
                case .incomplete(let damage, let more):
                    // Fewer bytes than asked for are all there are: the file may be shorter than it was.
                    guard bytes.count >= needed, self.validBytes + bytes.count < limitBytes else {
                        self.damage = damage
                        return
                    }
                    needed = more
                case .damaged(let damage):
                    self.damage = damage
                    return
                }
            }
        }
    }

    private static func distanceToMark(_ first: LSN, interval: Int) -> Int {
        Int((UInt64(interval) - first % UInt64(interval)) % UInt64(interval))
    }
}

/// A record as it lies in a buffer; valid until the call that was given it returns.
package struct RecordView {
    package var lsn: LSN
    package var term: UInt64
    package var timestamp: Milliseconds
    package var payload: Bytes
}
