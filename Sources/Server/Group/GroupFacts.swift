// What a shard tells about its group when somebody asks. A plain value, so that it can travel.

import Channels
import Engine
import Primitives
import Synchronization

struct GroupFacts: Sendable {
    struct Peer: Sendable {
        var node: NodeID
        var host: String
        /// nil before it told.
        var clientPort: UInt16?
        var isConnected: Bool
        /// How long ago it was heard; nil when it never was.
        var age: Microseconds?
        var role: Role
        var tail: Seq
        var commit: Seq
        var roundTrip: Microseconds?
        /// Its wall clock less this node's when it was heard last, milliseconds, the way there included; nil as above.
        var connects: Int
        var unsent: UInt64
    }

    var shard: Int
    var node: NodeID
    var role: Role
    var isServing: Bool
    var term: Term
    var leader: NodeID?
    /// The first record that its log has.
    var first: Seq
    var tail: Seq
    var durable: Seq
    var commit: Seq
    var applied: Position
    var undecidedBytes: Int
    var droppedMessages: UInt64
    var failure: String?
    var budgetTokens: Int64
    var peers: [Peer]
    var counters: ChannelCounters

    /// Records that the stalest peer of a leader lacks, or that a replica lacks of its leader; nil where nobody was heard.
    var lag: UInt64? {
        if self.role == .leader {
            return self.peers.filter { $0.age != nil }.map(\.tail).min().map { self.tail > $0 ? self.tail - $0 : 0 }
        }
        guard let leader = self.peers.first(where: { $0.node == self.leader && $0.age != nil }) else { return nil }
        return leader.tail > self.tail ? leader.tail - self.tail : 0
    }
}

extension ShardGroup {
    var facts: GroupFacts {
        let channel = self.channel
        let now = Self.time.now
        let peers = channel.tracker.peers.compactMap { peer -> GroupFacts.Peer? in
            guard let other = self.transport.peers[peer.node] else { return nil }
            let state = other.state.withLock { $0 }
            return GroupFacts.Peer(
                node: peer.node,
                host: other.member.host,
                clientPort: state.facts?.clientPort,
                isConnected: state.connection != nil,
                age: peer.seenAt.map { now - $0 },
                role: peer.role,
                tail: peer.tail,
                commit: peer.commit,
                roundTrip: state.roundTrip,
                connects: state.connects,
                unsent: other.unsent.load(ordering: .relaxed)
            )
        }
        return GroupFacts(
            shard: self.shard.index,
            node: channel.options.node,
            role: channel.role,
            isServing: self.isServing,
            term: channel.term,
            leader: channel.leader,
            first: channel.log.first,
            tail: channel.log.tail,
            durable: channel.durable,
            commit: channel.commit,
            applied: self.shard.engine.tip,
            undecidedBytes: self.records.bytes,
            droppedMessages: self.droppedMessages,
            failure: self.failure,
            budgetTokens: channel.budget.tokens,
            peers: peers,
            counters: channel.counters
        )
    }
}
