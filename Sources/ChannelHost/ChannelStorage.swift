/// One record of a channel.
public struct ChannelEntry: Hashable, Sendable {
    /// 0, 1, 2 …
    public var seq: UInt64
    /// Of the leadership that wrote it.
    public var term: UInt64
    /// Empty in records with which a leadership begins; clients' are never empty.
    public var payload: [UInt8]

    public init(seq: UInt64, term: UInt64, payload: [UInt8]) {
        self.seq = seq
        self.term = term
        self.payload = payload
    }
}

/// What a storage holds.
public struct StoredChannel: Sendable {
    /// The first record that can be read.
    public var first: UInt64
    /// The next one to be written.
    public var tail: UInt64
    /// The record before the tail, if there is one.
    public var last: ChannelEntry?
    /// Of the last record that was ever written, also when it is gone.
    public var lastTerm: UInt64
    /// As in the last `vote`; 0 and nil before the first.
    public var ballotTerm: UInt64
    public var votedFor: UInt16?

    public init(
        first: UInt64 = 0,
        tail: UInt64 = 0,
        last: ChannelEntry? = nil,
        lastTerm: UInt64 = 0,
        ballotTerm: UInt64 = 0,
        votedFor: UInt16? = nil
    ) {
        self.first = first
        self.tail = tail
        self.last = last
        self.lastTerm = lastTerm
        self.ballotTerm = ballotTerm
        self.votedFor = votedFor
    }
}

/// Something that a channel wants from its storage.
public enum ChannelChange: Equatable, Sendable {
    /// At the tail.
    case append([ChannelEntry])
    /// Remove the records from this one on.
    case truncate(to: UInt64)
    /// Go on at a later seq; what lies between stays missing.
    case skip(to: UInt64)
    /// Remove everything, and begin anew here with these, in one step. Where there are none, `lastTerm` is the stored one.
    case restart(at: UInt64, lastTerm: UInt64, [ChannelEntry])
    case vote(term: UInt64, for: UInt16?)
    /// Give up the oldest records, as far as this one; or none.
    case sweep(to: UInt64)
}

/// Where a node keeps a channel. Calls come one after the other.
public protocol ChannelStorage: Sendable {
    /// What is there. Also asked after a failure, when whatever failed must have been undone.
    func open() async throws -> StoredChannel

    /// Makes changes, in this order, and returns when all are durable.
    /// - Throws: when one could not be made; those behind it must not be made either.
    func apply(_ changes: [ChannelChange]) async throws

    /// The record before `seq` (nil where there is none, or it is gone) and records from `seq` on, at most so many bytes of
    /// payload, but one at least where there is one. With a limit of 0 only the record before is wanted. Nil where `seq` lies
    /// before the first record that can be read.
    func read(from seq: UInt64, byteLimit: Int) async throws -> (previous: ChannelEntry?, entries: [ChannelEntry])?
}

/// How messages get to the other members. They may be lost, late or doubled; they must not be changed.
///
/// A transport is also responsible for knowing who is at the other end: what arrives is given to
/// `ReplicatedChannel.receive(_:from:)` with the member's proven number.
public protocol ChannelTransport: Sendable {
    /// - Returns: false when the message was surely not sent.
    func send(_ message: [UInt8], to node: UInt16) async -> Bool
}
