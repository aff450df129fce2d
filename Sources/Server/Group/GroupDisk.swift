// Reads a shard's records from its log, for members that are far behind. On the node's reading thread.

import Channels
import Primitives
import ReplicationLog
import Synchronization

/// Used by the reading thread alone, except for `takeAhead`.
final class GroupDisk: @unchecked Sendable {
    /// What is known of the record that the log begins behind.
    struct Base: Sendable {
        var seq: Seq
        var mark: RecordMark
    }

    /// Where somebody who catches up has got to.
    private struct Place {
        let map: LogMap
        let reader: LogReader
        /// Of the record that was read last.
        var mark: RecordMark
    }

    /// Records that were read before somebody asked for them.
    private struct Ahead {
        let map: LogMap
        let from: Seq
        let byteLimit: Int
        /// Of the record before them.
        let previous: RecordMark
        let records: [ChannelRecord]
    }

    /// As many as catch up at the same time, as a rule.
    private static let mostPlaces = 4
    /// Chunks that are larger are read when they are asked for.
    private static let mostBytesAhead = 1 << 20

    private var places: [Place] = []
    private let aheads = Mutex<[Ahead]>([])

    /// What was read ahead, and is what is wanted now. On any thread.
    func takeAhead(_ job: ReadJob, _ log: ReplicationLog) -> ReadOutcome? {
        let ahead = self.aheads.withLock { aheads -> Ahead? in
            aheads.firstIndex { $0.from == job.from && $0.byteLimit == job.byteLimit && $0.map === log.map }
                .map { aheads.remove(at: $0) }
        }
        guard let ahead else { return nil }
        return .found(previous: ahead.previous, records: ahead.records, firstRetained: log.map.oldest)
    }

    /// - Parameter end: records before this seq may be read.
    func read(_ job: ReadJob, before end: Seq, _ log: ReplicationLog, _ base: Base) -> ReadOutcome {
        // It may have come in the meantime.
        if let outcome = self.takeAhead(job, log) { return outcome }
        do throws(LogError) {
            var place = try self.place(job.from, log, base)
            let previous = place.mark
            let records = try Self.chunk(&place, job.byteLimit, before: end)
            self.keep(place)
            return .found(previous: previous, records: records, firstRetained: log.map.oldest)
        } catch {
            if error.code == .notInLog { return .trimmed(firstRetained: log.map.oldest) }
            return .failed
        }
    }

    /// Reads what whoever has just been answered will ask for next.
    /// - Parameter seq: the first record that was not in the answer.
    func readAhead(from seq: Seq, _ job: ReadJob, before end: Seq, _ log: ReplicationLog) {
        guard job.byteLimit <= Self.mostBytesAhead, seq < end,
            let index = self.places.firstIndex(where: { $0.map === log.map && $0.reader.position == seq })
        else { return }
        var place = self.places.remove(at: index)
        let previous = place.mark
        // What cannot be read is tried again when it is asked for, and told then.
        guard let records = try? Self.chunk(&place, job.byteLimit, before: end) else { return }
        self.keep(place)
        let ahead = Ahead(map: log.map, from: seq, byteLimit: job.byteLimit, previous: previous, records: records)
        self.aheads.withLock { aheads in
            aheads.append(ahead)
            if aheads.count > Self.mostPlaces { aheads.removeFirst() }
        }
    }

    private func keep(_ place: Place) {
        self.places.append(place)
        if self.places.count > Self.mostPlaces { self.places.removeFirst() }
    }

    /// - Returns: records in a row, of so many bytes together; one always fits, except where the limit is 0.
    private static func chunk(
        _ place: inout Place,
        _ byteLimit: Int,
        before end: Seq
    ) throws(LogError) -> [ChannelRecord] {
        guard byteLimit > 0, place.reader.position < end else { return [] }
        var records: [ChannelRecord] = []
        var bytes = 0
        try place.reader.read(through: end) { view in
            bytes += MessageLayout.recordHeaderBytes + view.payload.count
            guard records.isEmpty || bytes <= byteLimit else { return false }
            records.append(ChannelRecord(view))
            return true
        }
        if let last = records.last { place.mark = last.mark }
        return records
    }

    /// A reader behind the record before a seq, and that record's mark.
    private func place(_ seq: Seq, _ log: ReplicationLog, _ base: Base) throws(LogError) -> Place {
        // A log that was cut or replaced has another map.
        self.places.removeAll { $0.map !== log.map }
        if let index = self.places.firstIndex(where: { $0.reader.position == seq }) {
            return self.places.remove(at: index)
        }
        if seq == 0 || seq == log.map.oldest {
            let mark = seq == base.seq ? base.mark : .none
            return Place(map: log.map, reader: LogReader(log.storage, log.map, after: seq), mark: mark)
        }
        let reader = LogReader(log.storage, log.map, after: seq - 1)
        var mark = RecordMark.none
        try reader.read(through: seq) { view in
            mark = ChannelRecord(view).mark
            return true
        }
        return Place(map: log.map, reader: reader, mark: mark)
    }
}

extension ChannelRecord {
    init(_ view: RecordView) {
        self.init(seq: view.lsn - 1, term: view.term, payload: GroupPayload.travelling(view.payload))
    }
}
