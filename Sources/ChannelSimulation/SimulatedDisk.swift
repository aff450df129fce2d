internal import Channels

/// A node's disk: what is on it survives a crash, what waits for its sync may not.
struct SimulatedDisk {
    /// Durable, and without gaps.
    private(set) var records: [ChannelRecord] = []
    private(set) var first: Seq = 0
    private(set) var ballot = Ballot()
    /// Of the record before the first, as far as it is known.
    private var base = RecordMark.none
    private var baseTerm: Term = 0

    /// Given, and not yet durable.
    private(set) var queue: [StorageJob] = []
    /// How many of them the sync that is under way covers.
    var syncing = 0
    var isFull = false
    /// Under the quorum policy no record is of an earlier term than the one before it.
    var ordersTerms = true

    var tail: Seq { self.first + Seq(self.records.count) }

    var tip: LogTip {
        LogTip(
            first: self.first,
            tail: self.tail,
            last: self.records.last?.mark ?? self.base,
            lastTerm: self.records.last?.term ?? self.baseTerm
        )
    }

    subscript(_ seq: Seq) -> ChannelRecord? {
        guard seq >= self.first, seq < self.tail else { return nil }
        return self.records[Int(seq - self.first)]
    }

    /// The mark of the record before a seq.
    func mark(before seq: Seq) -> RecordMark { seq == self.first ? self.base : self[seq - 1]?.mark ?? .none }

    mutating func enqueue(_ job: StorageJob) { self.queue.append(job) }

    /// Makes the first jobs durable. They leave the queue.
    /// - Throws: when the records do not follow each other.
    mutating func sync(_ count: Int) throws(Violation) {
        let jobs = self.queue.prefix(count)
        self.queue.removeFirst(jobs.count)
        for job in jobs { try self.apply(job.work) }
    }

    /// What is left when the power goes: a beginning of the queue made it, the last of it perhaps in part.
    mutating func crash(kept: Int, records: Int) throws(Violation) {
        let torn = kept < self.queue.count ? self.queue[kept] : nil
        try self.sync(kept)
        if case .append(let list) = torn?.work { try self.apply(.append(Array(list.prefix(records)))) }
        self.drop()
    }

    /// Forgets what is not durable.
    mutating func drop() {
        self.queue.removeAll()
        self.syncing = 0
    }

    private mutating func apply(_ work: StorageJob.Work) throws(Violation) {
        switch work {
        case .append(let records):
            for record in records {
                guard record.seq == self.tail else {
                    throw Violation("record \(record.seq) was applied behind a tail of \(self.tail)")
                }
                let lastTerm = self.records.last?.term ?? 0
                guard record.term >= lastTerm || !self.ordersTerms else {
                    throw Violation("record \(record.seq) of term \(record.term) was applied behind one of \(lastTerm)")
                }
                self.records.append(record)
            }
        case .truncate(let seq):
            guard seq >= self.first, seq <= self.tail else { throw Violation("a cut at \(seq), outside of the log") }
            self.records.removeLast(Int(self.tail - seq))
            if self.records.isEmpty { self.baseTerm = self.base.term }
        case .skip(let seq):
            guard seq >= self.tail else { throw Violation("a skip from \(self.tail) back to \(seq)") }
            self.baseTerm = self.tip.lastTerm
            self.base = .none
            self.records = []
            self.first = seq
        case .restart(let seq, let lastTerm, let records):
            self.records = []
            self.first = seq
            self.base = .none
            self.baseTerm = lastTerm
            try self.apply(.append(records))
        case .vote(let ballot):
            if ballot.term == self.ballot.term, let old = self.ballot.votedFor, old != ballot.votedFor {
                throw Violation("two votes in term \(ballot.term)")
            }
            guard ballot.term >= self.ballot.term else { throw Violation("a ballot of a term before the last one") }
            self.ballot = ballot
        case .install(_, let tail, let last, _):
            self.records = []
            self.first = tail
            self.base = last
            self.baseTerm = last.term
        }
    }

    mutating func prune(to seq: Seq) {
        guard seq > self.first, seq <= self.tail else { return }
        let mark = self.mark(before: seq)
        self.records.removeFirst(Int(seq - self.first))
        self.first = seq
        self.base = mark
        self.baseTerm = mark.term
    }

    func read(_ job: ReadJob) -> ReadOutcome {
        guard job.from >= self.first else { return .trimmed(firstRetained: self.first) }
        guard job.from <= self.tail else { return .failed }
        var records: [ChannelRecord] = []
        var bytes = 0
        for seq in job.from..<self.tail where job.byteLimit > 0 {
            guard let record = self[seq] else { break }
            bytes += record.encodedBytes
            guard records.isEmpty || bytes <= job.byteLimit else { break }
            records.append(record)
        }
        return .found(previous: self.mark(before: job.from), records: records, firstRetained: self.first)
    }
}

/// A promise that was broken.
struct Violation: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
