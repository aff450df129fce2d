internal import Primitives
internal import ReplicationLog

/// One record of a channel, as it travels and as it is kept.
package struct ChannelRecord: Hashable, Sendable {
    package var seq: Seq
    /// The leadership that wrote it. Two leaderships never share a term, so that two records with the same seq and term are
    /// the same record, and so is everything before them.
    package var term: Term
    /// Empty in the record with which a leader under the quorum policy begins; never in a client's.
    package var payload: [UInt8]

    /// Bytes of a payload.
    package static let largestPayload = MessageLayout.largestChunk - MessageLayout.recordHeaderBytes

    package init(seq: Seq, term: Term, payload: [UInt8]) {
        self.seq = seq
        self.term = term
        self.payload = payload
    }

    package var mark: RecordMark { RecordMark(term: self.term, checksum: self.checksum) }

    /// CRC-32 over seq, term and payload. A log's own checksum also covers a timestamp, which does not travel.
    private var checksum: UInt32 {
        var sum = withUnsafeBytes(of: (self.seq.littleEndian, self.term.littleEndian)) { CRC32.of($0) }
        self.payload.withUnsafeBytes { sum = CRC32.of($0, continuing: sum) }
        return sum
    }
}

/// What tells two records with the same seq apart.
package struct RecordMark: Hashable, Sendable {
    package var term: Term
    package var checksum: UInt32

    package init(term: Term, checksum: UInt32) {
        self.term = term
        self.checksum = checksum
    }

    /// There is no such record, or nobody here knows it: it says nothing for or against.
    package static let none = RecordMark(term: 0, checksum: 0)

    /// Whether these can be the marks of one record.
    package func agrees(with other: RecordMark) -> Bool { self == other || self == .none || other == .none }
}
