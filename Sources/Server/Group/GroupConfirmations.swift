// Whether a leader still is one, asked of the others at the moment of a read. A member says yes as long as it knows of no higher term;
// once a majority has said so, nobody else can have been elected before the question was asked, so that what is decided here is
// all that was decided anywhere by then.

import Channels
import Sockets

struct GroupConfirmations {
    private struct Round {
        let number: UInt64
        let term: Term
        var by: Set<NodeID> = []
        /// Nanoseconds of the monotonic clock.
        let endsAt: UInt64
        let done: (Bool) -> Void
    }

    private var rounds: [Round] = []
    private var lastNumber: UInt64 = 0

    /// - Returns: the number to ask with.
    mutating func begin(_ term: Term, endsAt: UInt64, _ done: @escaping (Bool) -> Void) -> UInt64 {
        self.lastNumber += 1
        self.rounds.append(Round(number: self.lastNumber, term: term, endsAt: endsAt, done: done))
        return self.lastNumber
    }

    /// - Parameter needed: how many others make a majority with this node.
    /// - Returns: who is to be told that it holds.
    mutating func confirmed(_ number: UInt64, _ term: Term, by node: NodeID, needed: Int) -> ((Bool) -> Void)? {
        guard let index = self.rounds.firstIndex(where: { $0.number == number && $0.term == term }) else { return nil }
        self.rounds[index].by.insert(node)
        return self.rounds[index].by.count >= needed ? self.rounds.remove(at: index).done : nil
    }

    mutating func expire() {
        let now = Clocks.monotonicNanoseconds
        let late = self.rounds.filter { $0.endsAt <= now }
        self.rounds.removeAll { $0.endsAt <= now }
        for round in late { round.done(false) }
    }

    mutating func endAll() {
        let rounds = self.rounds
        self.rounds = []
        for round in rounds { round.done(false) }
    }
}

extension ShardGroup {
    /// Calls back once it is certain that nobody else led when this was called, or cannot be made so.
    func confirmLeadership(_ done: @escaping (Bool) -> Void) {
        guard self.isServing else { return done(false) }
        let needed = self.channel.options.majority - 1
        guard needed > 0 else { return done(true) }
        let limit = UInt64(self.channel.options.silenceLimit) * 1000
        let term = self.channel.term
        let number = self.confirmations.begin(term, endsAt: Clocks.monotonicNanoseconds + limit, done)
        let question = GroupSignal.confirm(shard: UInt16(self.shard.index), term: term, number: number)
        for node in self.channel.options.others { _ = self.transport.send(question.framed, to: node) }
    }

    func answer(term: Term, number: UInt64, from node: NodeID) {
        guard self.options.election == .quorum, self.channel.term == term, self.channel.role != .leader else { return }
        let answer = GroupSignal.confirmed(shard: UInt16(self.shard.index), term: term, number: number)
        _ = self.transport.send(answer.framed, to: node)
    }

    func confirmed(term: Term, number: UInt64, by node: NodeID) {
        guard self.channel.term == term else { return }
        let needed = self.channel.options.majority - 1
        self.confirmations.confirmed(number, term, by: node, needed: needed)?(true)
    }
}
