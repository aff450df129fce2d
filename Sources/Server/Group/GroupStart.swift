// What a shard brings into its group from the disk.

import Channels
import Engine
import Primitives
import ReplicationLog

struct GroupStart {
    var file: GroupFile
    var tip: LogTip
    var records: GroupRecords
    var base: GroupDisk.Base

    /// Reads what is behind the data's position from the log: it may not be decided.
    /// - Parameters:
    ///   - applied: what the data hold.
    ///   - dump: what the newest dump says of its last record.
    init(
        _ file: GroupFile,
        _ log: ReplicationLog,
        applied: Position,
        dump: (position: Position, record: RecordFacts?)
    ) throws(LogError) {
        self.file = file
        let mark = dump.record.map { RecordMark(term: $0.term, checksum: $0.checksum) } ?? .none
        self.base = GroupDisk.Base(seq: dump.position, mark: mark)
        var records: GroupRecords?
        if applied == log.map.oldest {
            records = GroupRecords(first: applied, base: applied == dump.position ? mark : .none)
        }
        let reader = LogReader(log.storage, log.map, after: records == nil ? applied - 1 : applied)
        if reader.position < log.last {
            try reader.read(through: log.last) { view in
                let record = ChannelRecord(view)
                if records == nil {
                    records = GroupRecords(first: view.lsn, base: record.mark)
                } else {
                    records?.append(record)
                }
                return true
            }
        }
        let known = records ?? GroupRecords(first: applied, base: .none)
        self.records = known
        let last = known.mark(before: log.last) ?? .none
        self.tip = LogTip(first: log.map.oldest, tail: log.last, last: last, lastTerm: last.term)
    }
}
