internal import Channels

/// Knows what was promised, and looks whether it is kept.
struct Judge {
    struct Write {
        var records: [ChannelRecord]
        var leader: NodeID
    }

    let election: ElectionPolicy
    let majority: Int

    /// Who led in each term.
    private var leaders: [Term: NodeID] = [:]
    /// What is decided, by seq; nil where nobody could tell any more.
    private var decided: [ChannelRecord?] = []
    /// Records of writes that were acknowledged.
    private(set) var acknowledged: [ChannelRecord] = []
    /// Records that somebody cut away because the leader did not have them.
    private var discarded: Set<ChannelRecord> = []
    /// Records that retention took from somebody, who cannot tell any more whether others have them.
    private var trimmed: Set<ChannelRecord> = []

    init(election: ElectionPolicy, majority: Int) {
        self.election = election
        self.majority = majority
    }

    // MARK: Leaders

    mutating func led(_ node: SimulatedNode, _ term: Term) throws(Violation) {
        guard self.election == .quorum else { return }
        if let other = self.leaders[term], other != node.id {
            throw Violation("\(other) and \(node.id) both lead in term \(term)")
        }
        self.leaders[term] = node.id
        // A vote can arrive late: then somebody leads in a term that others have left behind, and decides nothing. What was
        // acknowledged in the terms before its own it must have all the same.
        for record in self.acknowledged
        where record.term < term && record.seq >= node.disk.first && node.disk[record.seq] != record {
            throw Violation("\(node.id) leads in term \(term) without the acknowledged record \(record.seq)")
        }
    }

    func answered(_ node: SimulatedNode, _ response: SyncResponse, _ term: Term) throws(Violation) {
        guard node.role == .leader else {
            throw Violation("\(node.id) sends records from \(response.first) on and is a \(node.role)")
        }
        guard self.election == .nearest || self.leaders[term] == node.id else {
            throw Violation("\(node.id) sends records for term \(term), in which it does not lead")
        }
    }

    // MARK: Writes

    mutating func acknowledge(
        _ write: Write,
        by node: SimulatedNode,
        _ nodes: [SimulatedNode],
        heard: Int
    ) throws(Violation) {
        self.acknowledged += write.records
        for record in write.records {
            let copies = nodes.count { record.seq < $0.disk.first || $0.disk[record.seq] == record }
            let needed = self.election == .quorum ? self.majority : 1
            guard copies >= needed else {
                throw Violation("record \(record.seq) was acknowledged with \(copies) of \(needed) durable copies")
            }
        }
        guard self.election == .nearest || heard >= self.majority else {
            throw Violation("\(node.id) acknowledges and has heard from \(heard) of \(self.majority) for 3 intervals")
        }
    }

    /// A node says that everything before a seq is decided.
    mutating func decide(_ node: SimulatedNode, _ seq: Seq) throws(Violation) {
        guard seq <= node.disk.tail else {
            throw Violation("\(node.id) takes \(seq) for decided, and its log ends before \(node.disk.tail)")
        }
        guard self.election == .quorum else { return }
        for index in node.disk.first..<max(seq, node.disk.first) {
            guard let record = node.disk[index] else { continue }
            while self.decided.count <= Int(index) { self.decided.append(nil) }
            if let other = self.decided[Int(index)], other != record {
                let terms = "of terms \(other.term) and \(record.term)"
                throw Violation("two records \(index) are decided, \(terms), the later one by \(node.id)")
            }
            self.decided[Int(index)] = record
        }
    }

    // MARK: Discarding

    /// A node gives up its records from a seq on.
    mutating func discard(_ node: SimulatedNode, from seq: Seq, leader: SimulatedNode?) throws(Violation) {
        for index in seq..<max(seq, node.disk.tail) {
            guard let record = node.disk[index] else { continue }
            self.discarded.insert(record)
            let isDecided = Int(index) < self.decided.count && self.decided[Int(index)] == record
            guard !isDecided else { throw Violation("\(node.id) discards the decided record \(index)") }
            guard let leader, leader.role == .leader, leader.holds(record) else { continue }
            throw Violation("\(node.id) discards record \(index), which \(leader.id) has")
        }
    }

    mutating func prune(_ node: SimulatedNode, to seq: Seq) {
        guard self.election == .nearest else { return }
        for record in node.disk.records.prefix(while: { $0.seq < seq }) { self.trimmed.insert(record) }
    }

    /// A snapshot takes the place of a node's log.
    mutating func replaced(_ node: SimulatedNode, by leader: SimulatedNode?) {
        for record in node.disk.records where leader?.holds(record) != true { self.discarded.insert(record) }
    }

    /// At the end: what was acknowledged is there, or was discarded and counted.
    func settle(_ node: SimulatedNode, firstRetained: Seq) throws(Violation) {
        for record in self.acknowledged where record.seq >= firstRetained && node.disk[record.seq] != record {
            switch self.election {
            case .quorum: throw Violation("the acknowledged record \(record.seq) is gone")
            case .nearest:
                guard !self.discarded.contains(record), !self.trimmed.contains(record) else { continue }
                throw Violation("the acknowledged record \(record.seq) is gone, and nobody counted it")
            }
        }
    }
}
