/// What is to be done, in this order.
package enum ChannelAction: Equatable, Sendable {
    /// - charge: bytes that the budget was charged; they are given back by `sendFailed`.
    case send(ChannelMessage, to: NodeID, charge: Int)
    case store(StorageJob)
    case read(ReadJob)
    /// These writes are as durable as the policy promises.
    case acknowledge([UInt64])
    case refuse([UInt64], WriteRefusal)
    /// Every record before this seq is decided, and durable here.
    case committed(Seq)
    case roleChanged(Role, RoleSignal)
    case announce(Announcement)
    /// The log must give up its oldest records, as far as `Channel.retentionLimit`.
    case sweep
    /// Try to append and remove a record; answered by `probed`.
    case probe
    /// Fetch the leader's data; answered by `snapshotFetched` or `snapshotFailed`. Forget an older one.
    case fetchSnapshot(UInt64, from: NodeID, SnapshotCause)
    case cancelSnapshot(UInt64)
    /// The work has really ended. Nothing follows.
    case stopped
}

package enum WriteRefusal: Equatable, Sendable {
    /// Ask this one, if anybody is known.
    case notLeader(NodeID?)
    /// The leader has not heard from a majority for too long.
    case noMajority
    /// The leadership ended first: it may come to be, or not.
    case outcomeUnknown
    /// It was not written.
    case storageFailed
    /// An empty payload, or one over `ChannelRecord.largestPayload`.
    case badPayload
    /// Too many wait already.
    case overloaded
    case closed
}

package enum SnapshotCause: String, Sendable {
    /// The leader no longer has what comes next.
    case trimmed
    /// What was applied here is not what the leader has.
    case diverged
}

/// What discovery is told.
package struct Announcement: Equatable, Sendable {
    package var role: Role
    package var term: Term
    /// Of data that somebody else has, too; the own one where nobody was ever heard of.
    package var tail: Seq
    /// Whom the node believes in.
    package var leader: NodeID?

    package init(role: Role, term: Term, tail: Seq, leader: NodeID?) {
        self.role = role
        self.term = term
        self.tail = tail
        self.leader = leader
    }
}
