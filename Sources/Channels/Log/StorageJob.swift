/// Something that the storage does. Jobs are carried out in the order in which they are given; a job is *stored* when it and
/// every job before it is durable. When one fails, the storage drops it and all that were given after it, cuts away what they
/// left, and reports once.
package struct StorageJob: Equatable, Sendable {
    package enum Work: Equatable, Sendable {
        /// At the tail.
        case append([ChannelRecord])
        /// Removes the records from this one on.
        case truncate(to: Seq)
        /// Goes on at a later seq, which is now the first that can be read.
        case skip(to: Seq)
        /// Removes everything and begins anew with these, in one step. The term is that of the last record before where there
        /// are none.
        case restart(at: Seq, lastTerm: Term, [ChannelRecord])
        case vote(Ballot)
        /// Replaces everything by the snapshot that was fetched, which ends before this seq. What is discarded of the log, at its
        /// end, nobody else may have.
        case install(snapshot: UInt64, tail: Seq, last: RecordMark, discarding: Range<Seq>)
    }

    /// Ascending.
    package let number: UInt64
    package let work: Work

    package init(number: UInt64, work: Work) {
        self.number = number
        self.work = work
    }
}

/// Something to be read from the log, after the jobs that were given before it.
package struct ReadJob: Equatable, Sendable {
    package let number: UInt64
    package let from: Seq
    /// Of records as they travel (`ChannelRecord.encodedBytes`); one record always fits. 0: only the mark of the record
    /// before `from` is wanted.
    package let byteLimit: Int

    package init(number: UInt64, from: Seq, byteLimit: Int) {
        self.number = number
        self.from = from
        self.byteLimit = byteLimit
    }
}

package enum ReadOutcome: Equatable, Sendable {
    /// The mark of the record before the start (`none` where it is not known), durable records from there on, and the first
    /// record that can be read.
    case found(previous: RecordMark, records: [ChannelRecord], firstRetained: Seq)
    /// The start can no longer be read.
    case trimmed(firstRetained: Seq)
    case failed
}
