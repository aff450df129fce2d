internal import Channels

extension ChannelEntry {
    init(_ record: ChannelRecord) {
        self.init(seq: record.seq, term: record.term, payload: record.payload)
    }

    var record: ChannelRecord { ChannelRecord(seq: self.seq, term: self.term, payload: self.payload) }
}

extension StoredChannel {
    var tip: LogTip {
        LogTip(first: self.first, tail: self.tail, last: self.last?.record.mark ?? .none, lastTerm: self.lastTerm)
    }
}

extension StorageJob.Work {
    /// Nil for snapshots, which logs do not have.
    var change: ChannelChange? {
        switch self {
        case .append(let records): .append(records.map { ChannelEntry($0) })
        case .truncate(let seq): .truncate(to: seq)
        case .skip(let seq): .skip(to: seq)
        case .restart(let seq, let lastTerm, let records):
            .restart(at: seq, lastTerm: lastTerm, records.map { ChannelEntry($0) })
        case .vote(let ballot): .vote(term: ballot.term, for: ballot.votedFor?.number)
        case .install: nil
        }
    }
}

extension WriteRefusal {
    var error: ChannelError {
        switch self {
        case .notLeader(let node): .notLeader(node?.number)
        case .noMajority: .noMajority
        case .outcomeUnknown: .outcomeUnknown
        case .storageFailed: .storageFailed
        case .badPayload: .badPayload
        case .overloaded: .overloaded
        case .closed: .closed
        }
    }
}

extension Role {
    var published: ReplicatedChannel.Role {
        switch self {
        case .leader: .leader
        case .replica: .replica
        case .candidate: .candidate
        case .idle: .idle
        }
    }
}
