import Channels
import Testing

@Suite("elections")
struct ElectionTests {
    private func request(_ lastTerm: Term = 0, _ tail: Seq = 0, isPreVote: Bool = false) -> ChannelMessage.Body {
        .voteRequest(VoteRequest(lastTerm: lastTerm, tail: tail, isPreVote: isPreVote))
    }

    @Test("a vote is on disk before it is told, and there is one for each term")
    func oneVote() {
        let node = Node()
        node.take(.opened)
        let asked = node.receive(self.request(), from: 2, term: 3)
        #expect(asked.votes.isEmpty)
        #expect(asked.jobs.map(\.work) == [.vote(Ballot(term: 3, votedFor: NodeID(2)))])
        // Not even while the disk is still busy with the first.
        #expect(node.receive(self.request(), from: 3, term: 3).votes == [false])
        #expect(node.store(asked).votes == [true])
        #expect(node.receive(self.request(), from: 3, term: 3).votes == [false])
        // The same candidate may ask again.
        #expect(node.store(node.receive(self.request(), from: 2, term: 3)).votes == [true])
        #expect(node.receive(self.request(), from: 3, term: 2).votes == [false])
    }

    @Test("a vote survives a restart, and so does a term that only the log knows")
    func restart() {
        let voted = Node(ballot: Ballot(term: 3, votedFor: NodeID(2)))
        voted.take(.opened)
        #expect(voted.receive(self.request(9, 9), from: 3, term: 3).votes == [false])
        let other = Node(log: LogTip(first: 0, tail: 2, lastTerm: 5), ballot: Ballot(term: 3, votedFor: NodeID(2)))
        #expect(other.channel.term == 5)
    }

    @Test("only a log that is at least as complete gets a vote")
    func completeness() {
        let cases: [(Term, Seq, Bool)] = [(4, 10, true), (4, 9, false), (3, 99, false), (5, 1, true), (4, 11, true)]
        for (lastTerm, tail, isGranted) in cases {
            let node = Node(log: LogTip(first: 0, tail: 10, lastTerm: 4))
            node.take(.opened)
            #expect(node.receive(self.request(lastTerm, tail, isPreVote: true), from: 2, term: 4).votes == [isGranted])
            let asked = node.receive(self.request(lastTerm, tail), from: 2, term: 6)
            #expect((asked.votes + node.store(asked).votes) == [isGranted])
        }
    }

    @Test("a pre-vote changes nothing, and who hears from a leader gives none")
    func preVote() {
        let node = Node()
        node.take(.opened)
        #expect(node.receive(self.request(isPreVote: true), from: 2, term: 7).votes == [true])
        #expect(node.channel.term == 0)
        node.heartbeat(.leader, from: 3, term: 1)
        #expect(node.receive(self.request(isPreVote: true), from: 2, term: 7).votes == [false])
        // Nor is it disturbed by a candidate of a later term.
        #expect(node.receive(self.request(9, 9), from: 2, term: 8).votes == [false])
        #expect(node.channel.term == 1 && node.channel.leader == NodeID(3))
    }

    @Test("the way to lead: pre-votes, the own vote on disk, votes, and a first record")
    func winning() {
        let node = Node()
        node.take(.opened)
        let asked = node.wait(4)
        #expect(node.channel.role == .candidate && asked.heartbeats.isEmpty && asked.messages.count == 2)
        let stored = node.receive(.voteReply(isGranted: true), from: 3, term: 0)
        #expect(stored.jobs.map(\.work) == [.vote(Ballot(term: 1, votedFor: NodeID(1)))] && stored.messages.isEmpty)
        #expect(node.store(stored).messages.count == 2)
        // An answer of an earlier term is none of this one.
        node.receive(.voteReply(isGranted: true), from: 2, term: 0)
        #expect(node.channel.role == .candidate)
        let won = node.receive(.voteReply(isGranted: true), from: 2, term: 1)
        #expect(node.channel.role == .leader)
        #expect(won.jobs.map(\.work) == [.append([ChannelRecord(seq: 0, term: 1, payload: [])])])
        #expect(node.take(.ticked).heartbeats.map(\.role) == [.leader, .leader])
    }

    @Test("a candidate tries again after one or two intervals, and yields to a leader")
    func rounds() {
        let node = Node()
        node.take(.opened)
        node.wait(4)
        #expect(node.wait(2).messages.count == 2 && node.channel.counters.rounds == 2)
        node.heartbeat(.leader, from: 3, term: 1)
        #expect(node.channel.role == .replica && node.channel.leader == NodeID(3))
    }

    @Test("a higher term makes a replica of a leader and of a candidate")
    func higherTerm() {
        let leader = Node()
        leader.lead()
        leader.take(.proposed(token: 5, payloads: [[1]]))
        #expect(leader.heartbeat(.replica, from: 2, term: 4).refusals == [.outcomeUnknown])
        #expect(leader.channel.role == .replica && leader.channel.term == 4)
        let candidate = Node()
        candidate.take(.opened)
        candidate.wait(4)
        candidate.receive(.voteReply(isGranted: false), from: 2, term: 9)
        #expect(candidate.channel.role == .replica && candidate.channel.term == 9)
    }

    @Test("the nearest node leads at once, and yields to the longer log, then to the lower id")
    func nearest() {
        let node = Node(.nearest, node: 2)
        node.take(.opened)
        node.take(.roundTripMeasured(300, to: NodeID(1)))
        node.heartbeat(.replica, from: 1, tail: 3)
        node.wait(4)
        #expect(node.channel.role == .leader)
        node.store(node.take(.proposed(token: 1, payloads: [[1], [2], [3]])))
        node.heartbeat(.leader, from: 3, tail: 3)
        node.heartbeat(.leader, from: 1, tail: 2)
        #expect(node.channel.role == .leader)
        node.heartbeat(.leader, from: 1, tail: 3)
        #expect(node.channel.role == .replica && node.channel.leader == NodeID(1))
        #expect(node.channel.counters.concessions == 1)
        // Among rivals the better claim is believed.
        node.heartbeat(.leader, from: 3, tail: 9)
        #expect(node.channel.leader == NodeID(3))
    }

    @Test("a node that was never measured, or not heard lately, is not near")
    func ranking() {
        let node = Node(.nearest, node: 3)
        node.take(.opened)
        node.take(.roundTripMeasured(0, to: NodeID(1)))
        node.heartbeat(.replica, from: 2)
        node.heartbeat(.replica, from: 1)
        node.now += 2 * Node.heartbeat
        node.heartbeat(.replica, from: 1)
        node.wait(2)
        // The first has no distance either, and the lower id.
        #expect(node.channel.role == .replica && node.channel.counters.candidacies == 1)
        node.wait(4)
        #expect(node.channel.role == .leader)
    }
}
