// The end of a shard's record sequence, in memory: what is not decided yet, and some of what was decided last, for those who are
// not far behind. What lies before is in the log alone.

import Channels
import DequeModule

struct GroupRecords {
    /// Bytes of decided records that are kept.
    static let keptBytes = 8 << 20

    private var records: Deque<ChannelRecord> = []
    /// Of the first record that is here.
    private(set) var first: Seq
    /// Of the record before that.
    private var base: RecordMark
    /// Of all payloads.
    private(set) var bytes = 0

    init(first: Seq, base: RecordMark) {
        self.first = first
        self.base = base
    }

    /// The next one to come.
    var end: Seq { self.first + Seq(self.records.count) }

    mutating func append(_ record: ChannelRecord) {
        precondition(record.seq == self.end, "record \(record.seq) cannot follow \(self.end)")
        self.records.append(record)
        self.bytes += record.payload.count
    }

    subscript(seq: Seq) -> ChannelRecord? {
        guard seq >= self.first, seq < self.end else { return nil }
        return self.records[Int(seq - self.first)]
    }

    /// Of the record before a seq; nil when it is not known here.
    func mark(before seq: Seq) -> RecordMark? {
        if seq == self.first { return self.base }
        return seq > self.first ? self[seq - 1]?.mark : nil
    }

    /// Removes the records from a seq on.
    mutating func truncate(to seq: Seq) {
        precondition(seq >= self.first, "\(seq) is before \(self.first)")
        while self.end > seq, let record = self.records.popLast() { self.bytes -= record.payload.count }
    }

    /// Lets go of old records, none of them at or after `seq`, and never of the last one.
    mutating func trim(before seq: Seq) {
        var last: ChannelRecord?
        while self.bytes > Self.keptBytes, self.first < seq, self.records.count > 1,
            let record = self.records.popFirst()
        {
            self.first += 1
            self.bytes -= record.payload.count
            last = record
        }
        if let last { self.base = last.mark }
    }

    /// Records from a seq on, and before another one.
    /// - Parameter byteLimit: of them as they travel; one always fits, except that 0 means none.
    func chunk(from seq: Seq, before end: Seq, byteLimit: Int) -> [ChannelRecord] {
        var chunk: [ChannelRecord] = []
        var bytes = 0
        var seq = seq
        while byteLimit > 0, seq < end, let record = self[seq] {
            bytes += record.encodedBytes
            guard chunk.isEmpty || bytes <= byteLimit else { break }
            chunk.append(record)
            seq += 1
        }
        return chunk
    }
}

/// Empty records have a form of their own in a shard's log, whose payloads are commands: one that changes nothing, and that no
/// client's command becomes.
enum GroupPayload {
    static let nothing = Array("*1\r\n$4\r\nPING\r\n".utf8)

    static func logged(_ payload: [UInt8]) -> [UInt8] { payload.isEmpty ? Self.nothing : payload }

    static func travelling(_ payload: some Collection<UInt8>) -> [UInt8] {
        payload.elementsEqual(Self.nothing) ? [] : Array(payload)
    }
}
