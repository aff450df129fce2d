/// What happens to a channel.
package enum ChannelEvent: Sendable {
    /// The node takes part from now on.
    case opened
    /// From a member, and for this channel; whoever calls has made sure of both.
    case received(ChannelMessage, from: NodeID)
    /// Time has passed: `Channel.deadline`, or any other moment.
    case ticked
    /// A client wants these written, together. The token comes back with the answer.
    case proposed(token: UInt64, payloads: [[UInt8]])
    /// The leader's own records, which stand in its log already. They are never refused while it leads; `committed` tells when they
    /// are decided.
    case numbered([[UInt8]])
    /// The data have the records before this seq, decided or not: a leader that carries its writes out before they are decided
    /// has lost its part.
    case applied(Seq)
    /// This job, and every one before it, is durable.
    case stored(UInt64)
    /// Everything that had not been stored was dropped. This is what is left.
    case storageFailed(LogTip)
    case read(UInt64, ReadOutcome)
    /// Retention removed old records.
    case pruned(first: Seq)
    /// An append to an idle node's log was tried.
    case probed(isWritable: Bool)
    case snapshotFetched(UInt64, tail: Seq, last: RecordMark)
    case snapshotFailed(UInt64)
    case roundTripMeasured(Microseconds, to: NodeID)
    /// A message that was charged could not be sent.
    case sendFailed(charge: Int)
    case announcementFailed
    /// The leader is to leave, and stay idle until the channel is opened again.
    case relinquished
    /// The node leaves for good. With `forEverybody` a leader tells its replicas to do the same.
    case closed(forEverybody: Bool)
}

/// The time of an event.
package struct ChannelTime: Sendable {
    package var now: Microseconds
    /// Milliseconds since 1970. It may jump; nothing is decided by it.
    package var wallClock: UInt64

    package init(now: Microseconds, wallClock: UInt64) {
        self.now = now
        self.wallClock = wallClock
    }
}
