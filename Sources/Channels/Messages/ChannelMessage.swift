// What the members of a channel say to each other. Layouts: docs/channels.md.

/// One message, whole.
package struct ChannelMessage: Equatable, Sendable {
    package enum Body: Equatable, Sendable {
        /// A replica asks its leader for what comes next.
        case syncRequest(SyncRequest)
        case syncResponse(SyncResponse)
        case heartbeat(Heartbeat)
        case nack(Nack)
        case voteRequest(VoteRequest)
        case voteReply(isGranted: Bool)
        /// A replica that has asked ahead tells its leader how much of what the leader sent is on disk by now.
        case stored(before: Seq)
    }

    package var channel: ChannelID
    /// The sender's; always 1 under the nearest policy.
    package var term: Term
    package var body: Body

    package init(channel: ChannelID, term: Term, body: Body) {
        self.channel = channel
        self.term = term
        self.body = body
    }
}

package struct SyncRequest: Equatable, Sendable {
    /// The first record wanted.
    package var since: Seq
    /// Records before this one are durable where this comes from. Less than `since` where a replica asks ahead of its disk.
    package var durable: Seq
    /// The record before it; `none` where there is none, or it is not known.
    package var previous: RecordMark
    /// The most bytes of records wanted; 0 means as many as the leader gives.
    package var chunkBytes: UInt32
    package var id: UInt64
    package var traffic: TrafficClass

    /// - Parameter durable: `since` unless given.
    package init(
        since: Seq,
        durable: Seq? = nil,
        previous: RecordMark,
        chunkBytes: UInt32,
        id: UInt64,
        traffic: TrafficClass
    ) {
        self.since = since
        self.durable = durable ?? since
        self.previous = previous
        self.chunkBytes = chunkBytes
        self.id = id
        self.traffic = traffic
    }
}

package struct SyncResponse: Equatable, Sendable {
    /// Of the chunk; where it is empty, the seq that was asked for.
    package var first: Seq
    /// The leader's first retained seq.
    package var firstRetained: Seq
    package var commit: Seq
    package var id: UInt64
    package var records: [ChannelRecord]

    package init(first: Seq, firstRetained: Seq, commit: Seq, id: UInt64, records: [ChannelRecord]) {
        self.first = first
        self.firstRetained = firstRetained
        self.commit = commit
        self.id = id
        self.records = records
    }
}

package struct Heartbeat: Equatable, Sendable {
    /// The sender's raw tail, durable or not.
    package var tail: Seq
    package var commit: Seq
    package var role: Role
    /// Milliseconds since 1970 at the sender: for people to compare, not for decisions.
    package var wallClock: UInt64

    package init(tail: Seq, commit: Seq, role: Role, wallClock: UInt64) {
        self.tail = tail
        self.commit = commit
        self.role = role
        self.wallClock = wallClock
    }
}

package struct Nack: Equatable, Sendable {
    package enum Code: UInt8, CaseIterable, Sendable {
        case notLeader = 1
        /// The start was trimmed away.
        case badRange = 2
        /// The budget says no.
        case backPressure = 3
        case closed = 4
        /// The record before the start is another one here.
        case diverged = 5
    }

    /// As asked.
    package var since: Seq
    package var code: Code
    /// The leader's first retained seq; 0 says nothing.
    package var firstRetained: Seq
    package var id: UInt64
    /// For people. Cut to `Nack.longestDetail` bytes when it is sent.
    package var detail: String

    /// Bytes: the length travels as a u16.
    package static let longestDetail = 65_535

    package init(since: Seq, code: Code, firstRetained: Seq, id: UInt64, detail: String = "") {
        self.since = since
        self.code = code
        self.firstRetained = firstRetained
        self.id = id
        self.detail = detail
    }
}

package struct VoteRequest: Equatable, Sendable {
    /// Of the candidate's last record.
    package var lastTerm: Term
    package var tail: Seq
    /// Only asks whether a vote would be given; changes nothing.
    package var isPreVote: Bool

    package init(lastTerm: Term, tail: Seq, isPreVote: Bool) {
        self.lastTerm = lastTerm
        self.tail = tail
        self.isPreVote = isPreVote
    }
}

/// What a request for catch-up may cost the link (`BandwidthBudget`). The numbers are those on the wire.
package enum TrafficClass: UInt8, CaseIterable, Sendable {
    case foreground = 0
    case background = 1
    case realtime = 2
}
