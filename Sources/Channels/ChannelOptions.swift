package enum ElectionPolicy: String, CaseIterable, Sendable {
    /// Terms and votes as in Raft: an acknowledged write is never lost while a majority survives.
    case quorum
    /// Whoever is nearest to itself leads, at once and without asking: for those who prefer availability to durability. Several
    /// leaders are possible for a while, and what the losers wrote is discarded and counted.
    case nearest
}

package enum DiskPressurePolicy: String, CaseIterable, Sendable {
    /// The node leaves the channel until its disk takes records again.
    case withdraw
    /// Old records are swept away, and the node stays.
    case evictOldest = "evict-oldest"
}

package struct ChannelOptions: Sendable {
    /// What the records are.
    package enum Content: Sendable {
        /// The log is all there is: it may skip what is no longer to be had.
        case log
        /// They change a data set, which must miss none of them: a gap costs a snapshot.
        case keyspace
    }

    /// A bug that is planted to see whether the simulator finds it.
    package enum Mutant: String, CaseIterable, Sendable {
        case acknowledgesBeforeSync = "acknowledge-before-sync"
        case votesTwice = "vote-twice"
        case skipsRoleCheck = "skip-role-check"
        case appliesAcrossGap = "apply-across-gap"
        case forgetsVote = "forget-vote"
    }

    package static let heartbeats: ClosedRange<Microseconds> = 100_000...300_000_000
    /// Members of one channel: every one of them hears from every other at each heartbeat.
    package static let mostMembers = 64

    package let channel: ChannelID
    package let node: NodeID
    /// Everybody else in the replica set.
    package let others: [NodeID]
    package var election = ElectionPolicy.quorum
    package var content = Content.log
    package var heartbeat: Microseconds = 500_000
    /// Missed intervals after which a leader counts as silent, at least 1.
    package var silence = 3
    /// Bytes that a replica asks for at once; 0 means as many as the leader gives.
    package var chunkBytes: UInt32 = 256 << 10
    package var traffic = TrafficClass.foreground
    package var diskPressure = DiskPressurePolicy.withdraw
    package var budget = BudgetOptions()
    /// Only tests and the simulator set it.
    package var mutant: Mutant?

    /// - Parameter members: the replica set; whether it names the node itself does not matter.
    package init(channel: ChannelID, node: NodeID, members: [NodeID]) {
        self.channel = channel
        self.node = node
        self.others = Set(members).subtracting([node]).sorted()
        precondition(self.others.count < Self.mostMembers, "a channel has at most \(Self.mostMembers) members")
    }

    /// How many of the replica set are more than half of it.
    package var majority: Int { (self.others.count + 1) / 2 + 1 }

    /// How long a leader may be silent.
    package var silenceLimit: Microseconds { Microseconds(max(1, self.silence)) * self.heartbeat }
}
