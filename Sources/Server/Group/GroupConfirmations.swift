// Whether a leader still is one, asked of the others at the moment of a read. A member says yes as long as it knows of no higher term;
// once a majority has said so, nobody else can have been elected before the question was asked, so that what is decided here is
// all that was decided anywhere by then.

import Channels
import NIOCore
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

    /// - Parameter now: nil for all of them.
    /// - Returns: who is to be told that it could not be made sure. Not told here: they may ask again at once.
    mutating func takeLate(_ now: UInt64?) -> [(Bool) -> Void] {
        let late = self.rounds.filter { round in now.map { round.endsAt <= $0 } ?? true }
        self.rounds.removeAll { round in now.map { round.endsAt <= $0 } ?? true }
        return late.map(\.done)
    }
}

extension ShardGroup {
    /// Calls back once it is certain that nobody else led when this was called, or cannot be made so. Never before it returns: the
    /// reply that waits may still be in the writer.
    func confirmLeadership(_ done: @escaping (Bool) -> Void) {
        let needed = self.channel.options.majority - 1
        guard self.isServing, needed > 0 else {
            let bound = NIOLoopBound((done, self.isServing), eventLoop: self.shard.loop)
            return self.shard.loop.execute { bound.value.0(bound.value.1) }
        }
        let limit = UInt64(self.channel.options.silenceLimit) * 1000
        let term = self.channel.term
        let number = self.confirmations.begin(term, endsAt: Clocks.monotonicNanoseconds + limit, done)
        let question = GroupSignal.confirm(shard: UInt16(self.shard.index), term: term, number: number)
        for node in self.channel.options.others { _ = self.transport.send(question.framed, to: node) }
    }

    /// Lets those go who have waited for too long; with `all` everybody.
    func giveUpConfirmations(all: Bool) {
        for done in self.confirmations.takeLate(all ? nil : Clocks.monotonicNanoseconds) { done(false) }
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
