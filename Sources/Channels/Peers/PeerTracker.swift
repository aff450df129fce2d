// What a node knows of the others from their heartbeats. It believes in at most one leader.

package struct PeerTracker: Sendable {
    package struct Peer: Equatable, Sendable {
        package let node: NodeID
        /// When its last heartbeat came; nil before the first.
        package internal(set) var seenAt: Microseconds?
        package internal(set) var role = Role.idle
        package internal(set) var term: Term = 0
        /// Its raw tail.
        package internal(set) var tail: Seq = 0
        package internal(set) var commit: Seq = 0
        /// Its wall clock, milliseconds since 1970.
        package internal(set) var wallClock: UInt64 = 0
        /// Measured by the transport; nil before it was.
        package internal(set) var roundTrip: Microseconds?
    }

    /// A leader's claim. The greater one wins: first by term, then by tail, then the lower node id.
    package struct Claim: Comparable, Sendable {
        package var term: Term
        package var tail: Seq
        package var node: NodeID

        package init(term: Term, tail: Seq, node: NodeID) {
            self.term = term
            self.tail = tail
            self.node = node
        }

        package static func < (left: Claim, right: Claim) -> Bool {
            if left.term != right.term { return left.term < right.term }
            if left.tail != right.tail { return left.tail < right.tail }
            return left.node > right.node
        }
    }

    /// Everybody else in the replica set, by node id.
    package private(set) var peers: [Peer]

    init(_ others: [NodeID]) { self.peers = others.sorted().map { Peer(node: $0) } }

    package subscript(_ node: NodeID) -> Peer? { self.peers.first { $0.node == node } }

    mutating func heard(_ heartbeat: Heartbeat, term: Term, from node: NodeID, now: Microseconds) {
        self.update(node) { peer in
            peer.seenAt = now
            peer.role = heartbeat.role
            peer.term = term
            peer.tail = heartbeat.tail
            peer.commit = heartbeat.commit
            peer.wallClock = heartbeat.wallClock
        }
    }

    mutating func measured(_ roundTrip: Microseconds, to node: NodeID) {
        self.update(node) { $0.roundTrip = max(0, roundTrip) }
    }

    private mutating func update(_ node: NodeID, _ body: (inout Peer) -> Void) {
        guard let index = self.peers.firstIndex(where: { $0.node == node }) else { return }
        body(&self.peers[index])
    }

    /// Those whose last heartbeat is younger than `age`.
    func fresh(age: Microseconds, now: Microseconds) -> some Sequence<Peer> {
        self.peers.lazy.filter { peer in peer.seenAt.map { now - $0 < age } ?? false }
    }

    /// The best claim among those that were heard lately.
    func bestClaim(age: Microseconds, now: Microseconds) -> Claim? {
        self.fresh(age: age, now: now).filter { $0.role == .leader }
            .map { Claim(term: $0.term, tail: $0.tail, node: $0.node) }.max()
    }

    /// The replica set by distance: round-trip time, then node id. The node itself counts as zero, a peer never measured is
    /// left out, and so is one not heard lately.
    func nearest(to node: NodeID, age: Microseconds, now: Microseconds) -> [NodeID] {
        var distances = self.fresh(age: age, now: now).compactMap { peer in
            peer.roundTrip.map { (roundTrip: $0, node: peer.node) }
        }
        distances.append((0, node))
        return distances.sorted { ($0.roundTrip, $0.node) < ($1.roundTrip, $1.node) }.map(\.node)
    }

    /// The highest tail that any peer was ever heard to have; nil before the first heartbeat.
    var highestTail: Seq? { self.peers.lazy.filter { $0.seenAt != nil }.map(\.tail).max() }

    /// The lowest tail among those ever heard of.
    var lowestTail: Seq? { self.peers.lazy.filter { $0.seenAt != nil }.map(\.tail).min() }
}
