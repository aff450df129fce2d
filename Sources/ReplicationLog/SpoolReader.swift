// Reading a single-file spool, `<name>.logical.wal`, from its beginning to its end or to what is no record any more, through
// a buffer that grows for a single large payload only. Versions may change from record to record; LSNs ascend, from anywhere
// and with gaps.

package import Primitives

/// What reading a spool found.
package struct SpoolReport: Equatable, Sendable {
    /// LSNs that are missing between two records, both ends included.
    package struct Gap: Equatable, Sendable {
        package var first: LSN
        package var last: LSN
    }

    /// Where reading ended before the file did.
    package struct Stop: Equatable, Sendable {
        package var damage: RecordDamage
        /// Of the first byte that belongs to no record.
        package var offset: Int
        /// Bytes from there to the end of the file.
        package var bytesLeft: Int
    }

    /// As many gaps are listed; a spool may have any number.
    package static let longestGapList = 16

    /// Records of versions 1, 2 and 3. Those of version 1 have no checksum.
    package fileprivate(set) var recordsByVersion = [0, 0, 0]
    package fileprivate(set) var first: LSN?
    package fileprivate(set) var last: LSN?
    package fileprivate(set) var gapCount = 0
    /// The first gaps.
    package fileprivate(set) var gaps: [Gap] = []
    /// Bytes of whole records.
    package fileprivate(set) var bytes = 0
    /// nil when the file ended with a whole record.
    package fileprivate(set) var stop: Stop?

    package var records: Int { self.recordsByVersion.reduce(0, +) }

    package init() {}
}

package struct SpoolReader: ~Copyable {
    /// Positions travel as the signed integers of RESP; a larger LSN is damage.
    static let largestLSN = LSN(Int64.max)

    private let size: Int
    private var window: FileWindow
    private var report = SpoolReport()

    private init(_ file: any StoredFileHandle, readAheadBytes: Int) throws(LogError) {
        self.size = try LogError.wrapping { () throws(StorageError) in try file.size() }
        self.window = FileWindow(file, readAheadBytes: readAheadBytes)
    }

    /// Reads a spool.
    /// - Parameter body: gets each whole record, in order; what it throws ends the reading.
    /// - Throws: what the file or `body` throws. A spool that ends in damage is no error: the report says so.
    package static func read(
        _ file: any StoredFileHandle,
        _ body: (RecordView) throws(LogError) -> Void
    ) throws(LogError) -> SpoolReport {
        try Self.read(file, readAheadBytes: FileWindow.longestReadAhead, body)
    }

    static func read(
        _ file: any StoredFileHandle,
        readAheadBytes: Int,
        _ body: (RecordView) throws(LogError) -> Void
    ) throws(LogError) -> SpoolReport {
        var reader = try SpoolReader(file, readAheadBytes: readAheadBytes)
        while reader.report.bytes < reader.size, reader.report.stop == nil { try reader.readRecord(body) }
        return reader.report
    }

    /// Reads the next record, or finds out why there is none.
    private mutating func readRecord(_ body: (RecordView) throws(LogError) -> Void) throws(LogError) {
        var needed = SpoolVersion.one.headerBytes
        while true {
            let bytes: Bytes
            do throws(StorageError) {
                bytes = try self.window.bytes(at: self.report.bytes, atLeast: needed, limit: self.size)
            } catch {
                throw LogError(error)
            }
            switch SpoolScan(bytes, left: self.size - self.report.bytes) {
            case .record(let version, let lsn, let term, let timestamp, let length):
                guard lsn > self.report.last ?? 0, lsn <= Self.largestLSN else { return self.stop(.lsnOutOfOrder) }
                let payload = Bytes(rebasing: bytes[version.headerBytes..<(version.headerBytes + length)])
                try body(RecordView(lsn: lsn, term: term, timestamp: timestamp, payload: payload))
                return self.count(version, lsn, bytes: version.overheadBytes + length)
            case .incomplete(let damage, let more):
                // Told from the size, so that no length makes the buffer larger than what is there to be read.
                guard more <= self.size - self.report.bytes, bytes.count >= needed else { return self.stop(damage) }
                needed = more
            case .damaged(let damage):
                return self.stop(damage)
            }
        }
    }

    private mutating func count(_ version: SpoolVersion, _ lsn: LSN, bytes: Int) {
        if let last = self.report.last, lsn > last + 1 {
            self.report.gapCount += 1
            if self.report.gaps.count < SpoolReport.longestGapList {
                self.report.gaps.append(SpoolReport.Gap(first: last + 1, last: lsn - 1))
            }
        }
        if self.report.first == nil { self.report.first = lsn }
        self.report.last = lsn
        self.report.recordsByVersion[Int(version.rawValue) - 1] += 1
        self.report.bytes += bytes
    }

    private mutating func stop(_ damage: RecordDamage) {
        let offset = self.report.bytes
        self.report.stop = SpoolReport.Stop(damage: damage, offset: offset, bytesLeft: self.size - offset)
    }
}
