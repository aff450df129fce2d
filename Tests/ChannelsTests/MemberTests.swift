import Channels
import Testing

@Suite("inboxes")
struct MemberTests {
    private func member() -> ChannelMember {
        var options = ChannelOptions(
            channel: MessageTests.channel,
            node: NodeID(1),
            members: [NodeID(1), NodeID(2), NodeID(3)]
        )
        options.heartbeat = Node.heartbeat
        var member = ChannelMember(Channel(options, log: LogTip(), ballot: Ballot(), seed: 3, now: 0))
        _ = member.handle(.opened, at: Self.time(0))
        return member
    }

    private static func time(_ now: Microseconds) -> ChannelTime { ChannelTime(now: now, wallClock: 0) }

    private static func message(_ body: ChannelMessage.Body, _ channel: String = "shard/0") -> ChannelMessage {
        ChannelMessage(channel: ChannelID(name: channel), term: 1, body: body)
    }

    private static func heartbeat(_ role: Role = .leader, tail: Seq = 5) -> ChannelMessage {
        Self.message(.heartbeat(Heartbeat(tail: tail, commit: 0, role: role, wallClock: 0)))
    }

    @Test("a lane that is full gives the message back, and the other lane still takes its own")
    func bounds() {
        var member = self.member()
        for _ in 0..<1024 { _ = member.receive(Self.heartbeat(), from: NodeID(2)) }
        let over = member.receive(Self.heartbeat(), from: NodeID(2))
        #expect(over == .full(Self.heartbeat()))
        let vote = Self.message(.voteReply(isGranted: true))
        for _ in 0..<128 { _ = member.receive(vote, from: NodeID(2)) }
        let overSecond = member.receive(vote, from: NodeID(2))
        #expect(overSecond == .full(vote) && member.channel.counters.laneOverflows == 2)
    }

    @Test("strangers, other channels and garbage change nothing and are counted")
    func strangers() {
        var member = self.member()
        var generator = TestGenerator(state: 5)
        let before = (member.channel.role, member.channel.term, member.channel.leader, member.channel.log)
        var receptions: [Int] = [0, 0, 0]
        for number in 0..<100_000 {
            var bytes = MessageTests.samples[number % MessageTests.samples.count].encoded
            switch number % 3 {
            case 0:
                // A stranger with a good message.
                let sender: NodeID? = number % 2 == 0 ? nil : NodeID(UInt16(4 + number % 1_000))
                if bytes.withUnsafeBytes({ member.receive($0, from: sender) }) == .stranger { receptions[0] += 1 }
            case 1:
                // A member with a message for somebody else.
                bytes[10] ^= 0xff
                let reception = bytes.withUnsafeBytes { member.receive($0, from: NodeID(2)) }
                if reception == .foreignChannel { receptions[1] += 1 }
            default:
                // A member with garbage.
                bytes = (0..<(number % 90)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
                let reception = bytes.withUnsafeBytes { member.receive($0, from: NodeID(2)) }
                if case .malformed = reception { receptions[2] += 1 }
            }
        }
        let turned = member.turn(Self.time(1))
        #expect(receptions.reduce(0, +) == 100_000 && !member.hasWork)
        #expect(before == (member.channel.role, member.channel.term, member.channel.leader, member.channel.log))
        // The tick that was due says what the node says anyway.
        #expect(turned.messages.allSatisfy { if case .heartbeat = $0.body { true } else { false } })
        let counters = member.channel.counters
        #expect(Int(counters.strangers) == receptions[0] && Int(counters.foreignChannels) == receptions[1])
        #expect(Int(counters.malformed) == receptions[2])
    }

    @Test("a flood of heartbeats holds up neither an answer, nor the time, nor the end")
    func flood() {
        var member = self.member()
        _ = member.receive(Self.heartbeat(), from: NodeID(2))
        let asked = member.turn(Self.time(0)).requests
        #expect(asked.count == 1)
        // 100 000 a second from each of two members, one of them silent as a leader.
        var now: Microseconds = 0
        var heartbeats = 0
        var applied: Microseconds?
        for step in 1...1_000 {
            now = Microseconds(step) * 1_000
            for _ in 0..<100 { _ = member.receive(Self.heartbeat(.replica, tail: 1), from: NodeID(3)) }
            if step == 500 {
                let record = ChannelRecord(seq: 0, term: 1, payload: [1])
                let response = SyncResponse(first: 0, firstRetained: 0, commit: 1, id: asked[0].id, records: [record])
                let reception = member.receive(Self.message(.syncResponse(response)), from: NodeID(2))
                #expect(reception == .queued)
                _ = member.receive(Self.heartbeat(), from: NodeID(2))
            }
            let actions = member.turn(Self.time(now))
            heartbeats += actions.heartbeats.count
            if applied == nil, !actions.jobs.isEmpty { applied = now }
        }
        // The answer came in a later candidacy, or was served within the turn that brought it.
        #expect(applied == 500_000 || member.channel.counters.unwantedAnswers + member.channel.counters.unknownIDs == 1)
        #expect(heartbeats > 0 && member.channel.counters.candidacies > 0)
        #expect(member.channel.counters.laneOverflows > 10_000)
        let closed = member.handle(.closed(forEverybody: false), at: Self.time(now))
        #expect(member.channel.role == .idle && !member.hasWork)
        let jobs = closed.jobs + member.turn(Self.time(now)).jobs
        #expect(jobs.isEmpty)
    }

    @Test("an answer is served before the heartbeats that came first")
    func order() {
        var member = self.member()
        _ = member.receive(Self.heartbeat(), from: NodeID(2))
        let asked = member.turn(Self.time(0)).requests
        for _ in 0..<1_000 { _ = member.receive(Self.heartbeat(.replica), from: NodeID(3)) }
        // The leader gives up its lead right behind them.
        _ = member.receive(Self.heartbeat(.replica), from: NodeID(2))
        let record = ChannelRecord(seq: 0, term: 1, payload: [1])
        let response = SyncResponse(first: 0, firstRetained: 0, commit: 0, id: asked[0].id, records: [record])
        _ = member.receive(Self.message(.syncResponse(response)), from: NodeID(2))
        #expect(member.turn(Self.time(1)).jobs.map(\.work) == [.append([record])])
        #expect(member.hasWork && member.channel.leader == NodeID(2))
        for _ in 0..<20 { _ = member.turn(Self.time(2)) }
        #expect(!member.hasWork && member.channel.leader == nil)
    }
}
