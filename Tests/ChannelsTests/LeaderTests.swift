import Channels
import Testing

@Suite("a leader")
struct LeaderTests {
    private func request(
        _ since: Seq,
        after previous: RecordMark = .none,
        id: UInt64 = 1,
        _ traffic: TrafficClass = .foreground
    ) -> ChannelMessage.Body {
        .syncRequest(SyncRequest(since: since, previous: previous, chunkBytes: 0, id: id, traffic: traffic))
    }

    private static let first = ChannelRecord(seq: 0, term: 1, payload: [])

    @Test("a write is acknowledged when a majority has it on disk, itself included")
    func acknowledging() {
        let node = Node()
        node.lead()
        let written = node.take(.proposed(token: 8, payloads: [[1]]))
        let record = ChannelRecord(seq: 1, term: 1, payload: [1])
        #expect(written.jobs.map(\.work) == [.append([record])])
        #expect(node.receive(self.request(1, after: Self.first.mark), from: 2).acknowledged == [])
        // Its own disk is one of two that must have it.
        #expect(node.store(written).acknowledged == [] && node.channel.durable == 2)
        #expect(node.receive(self.request(2, after: record.mark), from: 3).acknowledged == [8])
        #expect(node.channel.commit == 2)
    }

    @Test("two others are a majority, and the leader's own disk still comes before anybody is told")
    func ownDiskIsLate() {
        let node = Node()
        node.lead()
        let written = node.take(.proposed(token: 8, payloads: [[1]]))
        let mark = node.channel.log.last
        #expect(node.receive(self.request(2, after: mark), from: 2).acknowledged == [])
        #expect(node.store(written).acknowledged == [8])
    }

    @Test("a request at the tail waits for a record, or for one heartbeat")
    func longPoll() {
        let node = Node()
        node.lead()
        node.receive(self.request(1, after: Self.first.mark), from: 2)
        let held = node.receive(self.request(1, after: Self.first.mark, id: 2), from: 2)
        #expect(held.messages.isEmpty && held.reads.isEmpty)
        let empty = node.wait(1).responses
        #expect(empty.map(\.id) == [2] && empty.map(\.records) == [[]] && empty.map(\.commit) == [1])
        node.receive(self.request(1, after: Self.first.mark, id: 3), from: 2)
        let read = node.store(node.take(.proposed(token: 1, payloads: [[7]]))).reads
        #expect(read.map(\.from) == [1])
    }

    @Test("a chunk is checked against the record before it, and sent by a leader only")
    func serving() {
        let record = ChannelRecord(seq: 0, term: 1, payload: [])
        for (previous, code) in [(RecordMark.none, nil), (RecordMark(term: 1, checksum: 5), Nack.Code.diverged)] {
            let node = Node(log: LogTip(first: 0, tail: 9, last: RecordMark(term: 1, checksum: 1), lastTerm: 1))
            node.take(.opened)
            node.wait(5)
            node.store(node.receive(.voteReply(isGranted: true), from: 2, term: 1))
            node.store(node.receive(.voteReply(isGranted: true), from: 2, term: 2))
            let read = node.receive(self.request(3, after: previous), from: 2, term: 2).reads
            #expect(read.map(\.from) == [3])
            let mark = RecordMark(term: 1, checksum: 4)
            let found = ReadOutcome.found(previous: mark, records: [record], firstRetained: 0)
            let answer = node.take(.read(read[0].number, found))
            #expect(answer.nacks.map(\.code) == (code.map { [$0] } ?? []))
            #expect(answer.responses.count == (code == nil ? 1 : 0))
        }
    }

    @Test("whoever stopped leading while it read sends a nack instead, and the price is not paid")
    func roleIsCheckedLast() {
        let node = Node()
        node.lead()
        let read = node.receive(self.request(0), from: 2).reads
        let tokens = node.channel.budget.tokens
        node.heartbeat(.replica, from: 3, term: 6)
        let found = ReadOutcome.found(previous: .none, records: [Self.first], firstRetained: 0)
        let answer = node.take(.read(read[0].number, found))
        #expect(answer.nacks.map(\.code) == [.notLeader] && answer.responses.isEmpty)
        #expect(node.channel.budget.tokens == tokens && node.channel.counters.abandonedAnswers == 1)
    }

    @Test("a trimmed start is a bad range, a start beyond the end has diverged, and others are sent to the leader")
    func refusing() {
        let node = Node()
        node.lead()
        let beyond = node.receive(self.request(7), from: 2)
        #expect(beyond.nacks.map(\.code) == [.diverged])
        let written = node.take(.proposed(token: 1, payloads: [[1], [2]]))
        node.store(written)
        node.take(.pruned(first: 2))
        let trimmed = node.receive(self.request(1), from: 2).nacks
        #expect(trimmed.map(\.code) == [.badRange] && trimmed.map(\.firstRetained) == [2])
        let replica = Node()
        _ = replica.follow()
        #expect(replica.receive(self.request(0), from: 3).nacks.map(\.code) == [.notLeader])
    }

    @Test("what the leader no longer knows does not pass for the same")
    func unknownRecordBefore() {
        let node = Node()
        node.lead()
        node.store(node.take(.proposed(token: 1, payloads: [[1], [2]])))
        for (previous, code) in [(RecordMark(term: 1, checksum: 5), Nack.Code.badRange), (.none, nil)] {
            let read = node.receive(self.request(1, after: previous), from: 2).reads
            let record = ChannelRecord(seq: 1, term: 1, payload: [1])
            let found = ReadOutcome.found(previous: .none, records: [record], firstRetained: 1)
            let answer = node.take(.read(read[0].number, found))
            #expect(answer.nacks.map(\.code) == (code.map { [$0] } ?? []))
            #expect(answer.responses.count == (code == nil ? 1 : 0))
        }
    }

    @Test("without a majority for three intervals nothing is decided or taken")
    func isolation() {
        let node = Node()
        node.lead()
        let written = node.take(.proposed(token: 4, payloads: [[1]]))
        node.wait(3)
        #expect(node.store(written).acknowledged == [])
        #expect(node.take(.proposed(token: 5, payloads: [[1]])).refusals == [.noMajority])
        // One of the others is enough.
        node.heartbeat(.replica, from: 3)
        #expect(node.take(.proposed(token: 6, payloads: [[1]])).refusals.isEmpty)
    }

    @Test("what cannot be written is refused by its reason")
    func refusals() {
        let node = Node()
        #expect(node.take(.proposed(token: 1, payloads: [[1]])).refusals == [.notLeader(nil)])
        _ = node.follow(2)
        #expect(node.take(.proposed(token: 1, payloads: [[1]])).refusals == [.notLeader(NodeID(2))])
        let leader = Node()
        leader.lead()
        let tooLarge = [UInt8](repeating: 0, count: ChannelRecord.largestPayload + 1)
        for payloads in [[], [[]], [[1], []], [tooLarge]] {
            #expect(leader.take(.proposed(token: 1, payloads: payloads)).refusals == [.badPayload])
        }
        leader.take(.closed(forEverybody: false))
        #expect(leader.take(.proposed(token: 1, payloads: [[1]])).refusals == [.closed])
    }

    @Test("waiting writes are bounded")
    func overload() {
        let node = Node()
        node.lead()
        for token in 0..<UInt64(65_536) { node.take(.proposed(token: token, payloads: [[1]])) }
        #expect(node.take(.proposed(token: 70_000, payloads: [[1]])).refusals == [.overloaded])
    }
}
