// What is done to a group, and what came of it.

package struct GroupTestPlan {
    package enum Fault: String, CaseIterable, Sendable {
        /// SIGKILL, and a start.
        case kill
        /// SIGSTOP, and SIGCONT once another member leads.
        case pause
        /// The ways between the leader and the others carry nothing for a while.
        case partition
        /// The leader hears the others and they do not hear it, or the other way round, in turns.
        case oneWay = "one-way"
        /// Every sync of the leader's disk takes longer, for a while.
        case slowDisk = "slow-disk"
        /// The leader's clock of the day jumps, by up to a day in either direction, and back.
        case clockJump = "clock-jump"
        /// Nothing happens to the leader; see `FloodTest`.
        case flood

        /// Whether another member must lead in the end.
        var deposes: Bool {
            switch self {
            case .kill, .pause, .partition, .oneWay: true
            case .slowDisk, .clockJump, .flood: false
            }
        }

        /// Whether the leader goes on, and does not know that it is none any more.
        var leavesBehind: Bool {
            switch self {
            case .pause, .partition, .oneWay: true
            case .kill, .slowDisk, .clockJump, .flood: false
            }
        }

        var isPartition: Bool { self == .partition || self == .oneWay }
    }

    package var rounds = 10
    package var policy = GroupPolicy.quorum
    package var fault = Fault.kill
    package var heartbeatMilliseconds = 500
    package var writers = 8
    package var seed: UInt64 = 1
    package var tell: (String) -> Void

    package init(tell: @escaping (String) -> Void) { self.tell = tell }

    /// Whether clients find another leader. One that is cut off under the nearest policy goes on for those that it has.
    var deposes: Bool { self.fault.deposes && !(self.policy == .nearest && self.fault.isPartition) }

    var shape: GroupShape {
        GroupShape(
            policy: self.policy,
            heartbeatMilliseconds: self.heartbeatMilliseconds,
            canBeCut: self.fault.isPartition,
            hasMachineFaults: self.fault == .slowDisk || self.fault == .clockJump
        )
    }
}

package struct GroupTally {
    package var rounds = 0
    package var acknowledged = 0
    package var unknown = 0
    package var lost = 0
    /// Of those whose outcome is unknown, those that are not there.
    package var unknownLost = 0
    package var invented = 0
    /// Records that members gave up because the leader does not have them, as they count them.
    package var discarded = 0
    /// Seconds from each fault to the first acknowledged write of another member.
    package var takeovers: [Double] = []
    /// The longest time after which a member that was cut off still acknowledged something, in seconds.
    package var latestOfVictim = 0.0
    /// Reads with READ CONSISTENT, and those of them that saw less than had been acknowledged or seen before they began.
    package var reads = 0
    package var staleReads = 0

    package var median: Double? {
        guard !self.takeovers.isEmpty else { return nil }
        let sorted = self.takeovers.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    package var table: String {
        CrashTally.table([
            ("rounds", "\(self.rounds)"), ("writes acknowledged", "\(self.acknowledged)"),
            ("outcome unknown", "\(self.unknown)"), ("lost", "\(self.lost)"),
            ("of unknown outcome, and gone", "\(self.unknownLost)"), ("invented", "\(self.invented)"),
            ("discarded", "\(self.discarded)"),
            ("median takeover", self.median.map { "\(CrashTally.milliseconds($0)) ms" } ?? "-"),
            ("longest takeover", self.takeovers.max().map { "\(CrashTally.milliseconds($0)) ms" } ?? "-"),
            ("consistent reads", "\(self.reads)"), ("of them stale", "\(self.staleReads)"),
            ("last by the victim", "\(CrashTally.milliseconds(self.latestOfVictim)) ms"),
        ])
    }
}
