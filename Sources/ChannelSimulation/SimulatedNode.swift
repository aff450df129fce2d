internal import Channels

/// A member of the channel, with its disk. It survives as a disk when it is down.
struct SimulatedNode {
    let id: NodeID
    var member: ChannelMember?
    var disk = SimulatedDisk()
    /// How often it was started: what belongs to an earlier life reaches nobody.
    var life = 0
    /// It does nothing until then; what reaches it waits.
    var pausedUntil: Microseconds = 0
    /// What its clocks say beyond the simulator's.
    var clockOffset: Microseconds
    var wallOffset: Int64 = 0
    /// As the last change of role said.
    var role = Role.idle
    /// The wake that is entered for its deadline.
    var wakeAt: Microseconds?
    /// When something of each member reached it last, by index.
    var heardAt: [Microseconds]
    /// Counted in lives that are over.
    var past = ChannelCounters()
    /// Records that it had to cut away, in all its lives.
    var cut: UInt64 = 0
    /// Records that snapshots replaced and their leader did not have.
    var replaced: UInt64 = 0

    var isUp: Bool { self.member != nil }

    /// What the log is once everything that waits is durable.
    func holds(_ record: ChannelRecord) -> Bool {
        if self.disk[record.seq] == record { return true }
        return self.disk.queue.contains { job in
            if case .append(let records) = job.work { records.contains(record) } else { false }
        }
    }
}
