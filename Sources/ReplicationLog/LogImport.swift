// `sluice log import`: a spool becomes a segmented log. Terms, timestamps and LSNs stay as they are; where LSNs are missing
// the log skips, on record.

import Primitives

package enum LogImport {
    /// Bytes of records that are written and synced at once.
    private static let batchBytes = 4 << 20

    /// Copies the records of a spool into a log that is begun for them, at the first of their LSNs. A spool without records
    /// begins no log. Where this throws, part of the records may be in the directory.
    /// - Throws: `LogError` — `.notEmpty` when the directory has a log already, or `.storage`.
    package static func run(
        _ spool: any StoredFileHandle,
        into storage: any LogStorage,
        options: LogOptions = LogOptions()
    ) throws(LogError) -> SpoolReport {
        let files = try LogError.wrapping { () throws(StorageError) in try storage.list() }
        let isTaken = files.contains { SegmentName.first(ofLog: $0.name) != nil || $0.name == Manifest.fileName }
        guard !isTaken else {
            throw LogError(.notEmpty, "the directory has a log in it already: import into an empty one")
        }
        var copy: Copy?
        let report = try SpoolReader.read(spool) { (record) throws(LogError) in
            // Begun with the first record, whose LSN the first segment is named by.
            if copy == nil { copy = try Copy(ReplicationLog.open(storage, options: options, first: record.lsn).log) }
            try copy?.append(record)
        }
        try copy?.flush()
        precondition(copy?.log.durable == report.last, "every record of the spool is in the log, and safe")
        return report
    }

    /// The log that is filled, and the records that wait for their write.
    private struct Copy {
        let log: ReplicationLog
        private let batch: LogBatch
        private var next: LSN

        init(_ log: ReplicationLog) {
            self.log = log
            self.batch = LogBatch(indexInterval: log.options.indexInterval)
            self.next = log.last + 1
        }

        mutating func append(_ record: RecordView) throws(LogError) {
            if record.lsn > self.next {
                try self.flush()
                try self.log.skip(to: record.lsn)
            }
            self.batch.append(lsn: record.lsn, term: record.term, timestamp: record.timestamp, payload: record.payload)
            self.next = record.lsn + 1
            if self.batch.used >= LogImport.batchBytes { try self.flush() }
        }

        func flush() throws(LogError) {
            guard !self.batch.isEmpty else { return }
            try self.log.append(self.batch)
            try self.log.sync()
            for batch in self.log.takeReleased() { batch.removeAll() }
        }
    }
}
