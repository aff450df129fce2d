internal import Channels

/// What a node must know to take part in a channel.
public struct ChannelConfiguration: Sendable {
    public enum Election: Sendable {
        /// Terms and votes: an acknowledged write is never lost while a majority of the members survives.
        case quorum
        /// The nearest node leads at once: always available, and what a losing leader wrote is discarded and counted.
        case nearest
    }

    public enum DiskPressure: Sendable {
        /// The node leaves the channel until its storage takes records again.
        case withdraw
        /// The storage is asked to give up old records, and the node stays.
        case evictOldest
    }

    /// Names the channel: members of one channel agree on it.
    public var name: String
    /// This node; every member has a number of its own.
    public var node: UInt16
    /// All members, at most 64. Whether they name this node does not matter.
    public var members: [UInt16]
    public var election = Election.quorum
    /// 100 ms to 300 s. A leader counts as silent after three.
    public var heartbeat = Duration.milliseconds(500)
    /// Bytes that a replica asks for at once; at most 64 MiB.
    public var chunkBytes = 256 << 10
    public var diskPressure = DiskPressure.withdraw
    /// Bytes a second of the link between the members, of which catch-up may use half.
    public var linkSpeed: Int64 = 125_000_000

    public init(name: String, node: UInt16, members: [UInt16]) {
        self.name = name
        self.node = node
        self.members = members
    }

    /// - Throws: `ChannelError.configuration` with what to change.
    func options() throws(ChannelError) -> ChannelOptions {
        let heartbeat = Microseconds(self.heartbeat / .microseconds(1))
        guard ChannelOptions.heartbeats.contains(heartbeat) else {
            throw .configuration("the heartbeat must be between 100 ms and 300 s")
        }
        guard Set(self.members).union([self.node]).count <= ChannelOptions.mostMembers else {
            throw .configuration("a channel has at most \(ChannelOptions.mostMembers) members")
        }
        guard (0...MessageLayout.largestChunk).contains(self.chunkBytes) else {
            throw .configuration("the chunk must be between 0 and \(MessageLayout.largestChunk) bytes")
        }
        guard self.linkSpeed > 0 else { throw .configuration("the link speed must be above 0") }
        var options = ChannelOptions(
            channel: ChannelID(name: self.name),
            node: NodeID(self.node),
            members: self.members.map { NodeID($0) }
        )
        options.heartbeat = heartbeat
        options.chunkBytes = UInt32(self.chunkBytes)
        options.budget.linkSpeed = self.linkSpeed
        switch self.election {
        case .quorum: options.election = .quorum
        case .nearest: options.election = .nearest
        }
        switch self.diskPressure {
        case .withdraw: options.diskPressure = .withdraw
        case .evictOldest: options.diskPressure = .evictOldest
        }
        return options
    }
}

/// Why something could not be done.
public enum ChannelError: Error, Equatable, Sendable {
    /// The configuration makes no sense; the text says what to change.
    case configuration(String)
    /// Another node leads, if anybody does: write there.
    case notLeader(UInt16?)
    /// The leader has not heard from a majority for too long. Try again, or elsewhere.
    case noMajority
    /// The leadership ended before the write was decided: it may come to be, or not.
    case outcomeUnknown
    /// It was not written.
    case storageFailed
    /// An empty payload, or one that is too large.
    case badPayload
    /// Too many writes wait already.
    case overloaded
    case closed
    /// The storage could not be read, or no longer has these records.
    case unreadable
}
