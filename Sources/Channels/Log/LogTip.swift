/// As much of a node's log as its channel must know.
package struct LogTip: Equatable, Sendable {
    /// The first record that can be read.
    package var first: Seq
    /// The next one to be written.
    package var tail: Seq
    /// Of the record before the tail; `none` where nobody here knows it.
    package var last: RecordMark
    /// Of the last record that was ever written here.
    package var lastTerm: Term

    package init(first: Seq = 0, tail: Seq = 0, last: RecordMark = .none, lastTerm: Term = 0) {
        self.first = first
        self.tail = tail
        self.last = last
        self.lastTerm = lastTerm
    }

    /// - Parameter records: that follow each other.
    mutating func append(_ records: [ChannelRecord]) {
        guard let first = records.first, let last = records.last else { return }
        precondition(first.seq == self.tail, "record \(first.seq) cannot follow a tail of \(self.tail)")
        precondition(last.seq - first.seq == records.count - 1, "records that do not follow each other")
        self.tail = last.seq + 1
        self.last = last.mark
        self.lastTerm = last.term
    }

    mutating func truncate(to seq: Seq, last: RecordMark) {
        precondition(self.first <= seq && seq <= self.tail, "\(seq) is outside of \(self.first)..\(self.tail)")
        self.tail = seq
        self.last = last
        self.lastTerm = last.term
    }

    /// Goes on at a later seq; what lies between is missing.
    mutating func skip(to seq: Seq) {
        precondition(seq >= self.tail, "a skip from \(self.tail) back to \(seq)")
        self.first = seq
        self.tail = seq
        self.last = .none
    }
}

/// What a node has promised in elections. It is on disk before anybody hears of it.
package struct Ballot: Equatable, Sendable {
    package var term: Term
    package var votedFor: NodeID?

    package init(term: Term = 0, votedFor: NodeID? = nil) {
        self.term = term
        self.votedFor = votedFor
    }
}
