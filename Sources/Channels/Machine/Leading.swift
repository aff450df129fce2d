/// What a leader knows of its replicas, and what waits for them.
struct Leading: Sendable {
    struct Held: Sendable {
        let request: SyncRequest
        /// When it is answered whatever there is.
        let endsAt: Microseconds
    }

    /// What was read for a request, while the budget does not cover it yet.
    struct Answer: Sendable {
        let request: SyncRequest
        let records: [ChannelRecord]
        /// When the replica is told to ask again.
        let endsAt: Microseconds
    }

    struct Peer: Sendable {
        let node: NodeID
        /// When it was heard last in this leadership.
        var contactAt: Microseconds
        /// Everything before it is durable there, and the same as here.
        var match: Seq = 0
        /// The commit seq that it was told last.
        var toldCommit: Seq = 0
        /// A request that waits for something to send.
        var held: Held?
        /// The request whose records are being read.
        var reading: UInt64?
        /// A request that waits for the budget.
        var answer: Answer?

        /// The newest request of a replica counts; there is one place for it.
        mutating func forgetRequest() {
            self.held = nil
            self.reading = nil
            self.answer = nil
        }
    }

    struct Write: Sendable {
        let token: UInt64
        /// Behind its last record.
        let end: Seq
        let bytes: Int
    }

    /// Writes that wait for their acknowledgement, and their bytes. More are refused.
    static let mostWrites = 65_536
    static let mostWriteBytes = 256 << 20

    /// The term that its records carry.
    let recordTerm: Term
    /// Its first record. Only from there on it counts replicas.
    var begin: Seq
    var peers: [Peer]
    /// When the budget covers the next of the answers that wait for it, unless something else is sent first.
    var payableAt: Microseconds?
    var writes: [Write] = []
    var writeBytes = 0

    init(recordTerm: Term, begin: Seq, others: [NodeID], now: Microseconds) {
        self.recordTerm = recordTerm
        self.begin = begin
        self.peers = others.map { Peer(node: $0, contactAt: now) }
    }

    /// When something that is held can be sent, or must be.
    var nextHeldAt: Microseconds? {
        let held = self.peers.compactMap { $0.held?.endsAt }.min() ?? .max
        let next = min(held, self.payableAt ?? .max)
        return next == .max ? nil : next
    }
    var highestMatch: Seq { self.peers.map(\.match).max() ?? 0 }

    func index(of node: NodeID) -> Int? { self.peers.firstIndex { $0.node == node } }

    /// The peer of one class whose answer has waited longest.
    func longestWaiting(_ traffic: TrafficClass) -> Int? {
        self.peers.indices.filter { self.peers[$0].answer?.request.traffic == traffic }
            .min { (self.peers[$0].answer?.endsAt ?? .max) < (self.peers[$1].answer?.endsAt ?? .max) }
    }

    /// The highest seq before which everything is durable on so many nodes, of which one is the leader.
    func decided(by majority: Int, own: Seq) -> Seq {
        let seqs = (self.peers.map(\.match) + [own]).sorted(by: >)
        return majority <= seqs.count ? seqs[majority - 1] : 0
    }

    /// How many were heard within a time, the leader included.
    func contacts(age: Microseconds, now: Microseconds) -> Int {
        1 + self.peers.count { now - $0.contactAt < age }
    }

    /// Takes the writes that end at or before a seq.
    mutating func takeWrites(before seq: Seq) -> [UInt64] {
        var count = 0
        while count < self.writes.count, self.writes[count].end <= seq {
            self.writeBytes -= self.writes[count].bytes
            count += 1
        }
        guard count > 0 else { return [] }
        let tokens = self.writes[..<count].map(\.token)
        self.writes.removeFirst(count)
        return tokens
    }
}
