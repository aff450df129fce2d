import Channels
import Testing

@Suite("what catching up may take of the leader's link")
struct PacingTests {
    private static let record = ChannelRecord(seq: 0, term: 1, payload: [UInt8](repeating: 7, count: 1_000))
    /// What an answer with that record costs.
    private static let price: Int = {
        let response = SyncResponse(first: 0, firstRetained: 0, commit: 0, id: 0, records: [Self.record])
        return ChannelMessage(channel: MessageTests.channel, term: 1, body: .syncResponse(response)).encodedBytes
    }()

    /// Leads with a thousand records and one of its own, all of them decided; its budget is so many answers a second.
    private func leader(answers: Int = 3, liveBytes: Int64 = 0) -> Node {
        let log = LogTip(first: 0, tail: 1_000, last: RecordMark(term: 1, checksum: 1), lastTerm: 1)
        let node = Node(log: log) {
            $0.budget.linkSpeed = Int64(2 * answers * Self.price)
            $0.budget.liveBytes = liveBytes
            $0.heartbeat = 500_000
        }
        node.take(.opened)
        node.now += 5_000_000
        node.take(.ticked)
        node.store(node.receive(.voteReply(isGranted: true), from: 2, term: 1))
        node.store(node.receive(.voteReply(isGranted: true), from: 2, term: 2))
        node.receive(.stored(before: 1_001), from: 3, term: 2)
        node.take(.ticked)
        #expect(node.channel.commit == 1_001)
        return node
    }

    /// A replica asks for the next chunk, and its leader's disk has it at once.
    @discardableResult
    private func ask(
        _ node: Node,
        from replica: UInt16 = 2,
        _ traffic: TrafficClass = .foreground,
        since: Seq = 0
    ) -> [ChannelAction] {
        let request = SyncRequest(since: since, previous: .none, chunkBytes: 0, id: UInt64(replica), traffic: traffic)
        guard let read = node.receive(.syncRequest(request), from: replica, term: 2).reads.first else { return [] }
        let record = ChannelRecord(seq: since, term: 1, payload: Self.record.payload)
        return node.take(.read(read.number, .found(previous: .none, records: [record], firstRetained: 0)))
    }

    @Test("an answer that the budget does not cover yet waits until it does, and no longer")
    func waiting() throws {
        let node = self.leader()
        for _ in 0..<3 { #expect(self.ask(node).responses.count == 1) }
        let start = node.now
        #expect(self.ask(node).messages.isEmpty && node.channel.counters.answersPaced == 1)
        let due = try #require(node.channel.deadline)
        #expect((333_333...333_334).contains(due - start))
        node.now = due - 1
        #expect(node.take(.ticked).responses.isEmpty)
        node.now = due
        #expect(node.take(.ticked).responses.map(\.records.count) == [1])
        #expect(node.channel.counters.backPressures == 0)
    }

    @Test("where that would take longer than a heartbeat the replica is told to ask again")
    func backPressure() {
        let node = self.leader(answers: 1)
        #expect(self.ask(node).responses.count == 1)
        #expect(self.ask(node).nacks.map(\.code) == [.backPressure])
        #expect(node.channel.counters.backPressures == 1 && node.channel.counters.answersPaced == 0)
        node.now += 500_000
        #expect(self.ask(node).messages.isEmpty)
        node.now += 500_000
        #expect(node.take(.ticked).responses.count == 1)
    }

    @Test("of one class nobody overtakes, and nobody takes two turns while another waits")
    func order() {
        let node = self.leader(answers: 4)
        for _ in 0..<4 { self.ask(node) }
        #expect(self.ask(node, from: 3).messages.isEmpty)
        node.now += 100_000
        #expect(self.ask(node, from: 2).messages.isEmpty)
        node.now += 150_000
        #expect(node.take(.ticked).responses.map(\.id) == [3])
        // The third is back at once, and comes after the second.
        #expect(self.ask(node, from: 3).messages.isEmpty)
        node.now += 250_000
        #expect(node.take(.ticked).responses.map(\.id) == [2])
    }

    @Test("a replica that lacks little is outside of the budget, whatever its class", arguments: TrafficClass.allCases)
    func live(traffic: TrafficClass) {
        let node = self.leader(liveBytes: 20_000)
        for _ in 0..<3 { self.ask(node) }
        let tokens = node.channel.budget.tokens
        for _ in 0..<9 { #expect(self.ask(node, from: 3, traffic, since: 990).responses.count == 1) }
        #expect(node.channel.budget.tokens == tokens)
        #expect(self.ask(node, from: 3, .background, since: 900).responses.isEmpty)
    }

    @Test("what is not decided is waited for, and outside of the budget however much it is")
    func undecided() {
        let node = self.leader()
        for _ in 0..<3 { self.ask(node) }
        let payloads = [[UInt8]](repeating: Self.record.payload, count: 500)
        node.store(node.take(.proposed(token: 1, payloads: payloads)))
        #expect(node.channel.commit == 1_001)
        for _ in 0..<9 { #expect(self.ask(node, since: 1_001).responses.count == 1) }
        #expect(self.ask(node, since: 1_000).responses.isEmpty)
    }

    @Test("unless said otherwise, who lacks no more than a second of the budget is current")
    func liveBytes() {
        var options = BudgetOptions()
        options.linkSpeed = 12_000_000
        #expect(options.liveBytes == nil && options.capacity == 6_000_000)
        let node = Node { $0.budget = options }
        #expect(node.channel.budget.liveBytes == 6_000_000)
    }

    @Test("nobody asks the disk for more than an empty budget covers within a heartbeat")
    func chunks() throws {
        let node = self.leader(answers: 4)
        for (traffic, answers) in [(TrafficClass.foreground, 2.0), (.background, 0.6)] {
            let request = SyncRequest(since: 0, previous: .none, chunkBytes: 0, id: 5, traffic: traffic)
            let read = try #require(node.receive(.syncRequest(request), from: 2, term: 2).reads.first)
            let price = Double(read.byteLimit + MessageLayout.headerBytes + MessageLayout.responseHeaderBytes)
            #expect(abs(price - answers * Double(Self.price)) <= 2)
        }
    }

    @Test("a newer request takes the place of one whose answer waits")
    func newest() {
        let node = self.leader()
        for _ in 0..<4 { self.ask(node) }
        self.ask(node, since: 5)
        node.now += 400_000
        #expect(node.take(.ticked).responses.map(\.first) == [5])
    }

    @Test("an answer waits no longer than its node leads")
    func steppingDown() {
        let node = self.leader()
        for _ in 0..<4 { self.ask(node) }
        node.heartbeat(.replica, from: 3, term: 6)
        node.now += 400_000
        #expect(node.take(.ticked).responses.isEmpty)
    }

    @Test("a channel that is closed for everybody says so to whoever waits")
    func closing() {
        let node = self.leader()
        for _ in 0..<4 { self.ask(node) }
        #expect(node.take(.closed(forEverybody: true)).nacks.map(\.code) == [.closed])
    }

    @Test("a send that failed is given back")
    func refund() throws {
        let node = self.leader(answers: 1)
        guard case .send(_, _, let charge) = try #require(self.ask(node).last), charge == Self.price else {
            return #expect(Bool(false), "no charge")
        }
        node.take(.sendFailed(charge: charge))
        #expect(self.ask(node).responses.count == 1 && node.channel.counters.refunds == 1)
    }
}
