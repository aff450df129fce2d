// Reads a shard's records from its log, for members that are far behind. On the node's reading thread.

import Channels
import Primitives
import ReplicationLog

/// Used by the reading thread alone.
final class GroupDisk: @unchecked Sendable {
    /// What is known of the record that the log begins behind.
    struct Base: Sendable {
        var seq: Seq
        var mark: RecordMark
    }

    private struct Place {
        let log: ObjectIdentifier
        let reader: LogReader
        /// Of the record that was read last.
        var mark: RecordMark
    }

    /// Where those who catch up have got to; as many as catch up at the same time, as a rule.
    private var places: [Place] = []
    private static let mostPlaces = 4

    /// - Parameter end: records before this seq may be read.
    func read(_ job: ReadJob, before end: Seq, _ log: ReplicationLog, _ base: Base) -> ReadOutcome {
        do throws(LogError) {
            var place = try self.place(job.from, log, base)
            var records: [ChannelRecord] = []
            var bytes = 0
            let previous = place.mark
            if job.byteLimit > 0, job.from < end {
                try place.reader.read(through: end) { view in
                    let record = ChannelRecord(view)
                    bytes += record.encodedBytes
                    guard records.isEmpty || bytes <= job.byteLimit else { return false }
                    records.append(record)
                    return true
                }
            }
            if let last = records.last { place.mark = last.mark }
            self.places.append(place)
            if self.places.count > Self.mostPlaces { self.places.removeFirst() }
            return .found(previous: previous, records: records, firstRetained: log.map.oldest)
        } catch {
            if error.code == .notInLog { return .trimmed(firstRetained: log.map.oldest) }
            return .failed
        }
    }

    /// A reader behind the record before a seq, and that record's mark.
    private func place(_ seq: Seq, _ log: ReplicationLog, _ base: Base) throws(LogError) -> Place {
        self.places.removeAll { $0.log != ObjectIdentifier(log) }
        if let index = self.places.firstIndex(where: { $0.reader.position == seq }) {
            return self.places.remove(at: index)
        }
        if seq == 0 || seq == log.map.oldest {
            let mark = seq == base.seq ? base.mark : .none
            return Place(
                log: ObjectIdentifier(log),
                reader: LogReader(log.storage, log.map, after: seq),
                mark: mark
            )
        }
        let reader = LogReader(log.storage, log.map, after: seq - 1)
        var mark = RecordMark.none
        try reader.read(through: seq) { view in
            mark = ChannelRecord(view).mark
            return true
        }
        return Place(log: ObjectIdentifier(log), reader: reader, mark: mark)
    }
}

extension ChannelRecord {
    init(_ view: RecordView) {
        self.init(seq: view.lsn - 1, term: view.term, payload: GroupPayload.travelling(view.payload))
    }
}
