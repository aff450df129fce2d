import Primitives
import Testing

@testable import Channels

/// A leader that carries its writes out, and puts them into its log, before the channel hears of them.
@Suite struct NumberedTests {
    private static let id = ChannelID(name: "test")

    private static func member(_ content: ChannelOptions.Content = .keyspace) -> Channel {
        var options = ChannelOptions(channel: Self.id, node: NodeID(1), members: [NodeID(1), NodeID(2), NodeID(3)])
        options.content = content
        return Channel(options, log: LogTip(), ballot: Ballot(), seed: 7, now: 0)
    }

    private static func at(_ now: Microseconds) -> ChannelTime { ChannelTime(now: now, wallClock: 0) }

    private static func message(_ body: ChannelMessage.Body, term: Term) -> ChannelMessage {
        ChannelMessage(channel: Self.id, term: term, body: body)
    }

    /// Carries out everything that the storage is asked for.
    private static func storeAll(
        _ actions: [ChannelAction],
        _ channel: inout Channel,
        at now: Microseconds
    ) -> [ChannelAction] {
        var all = actions
        var next = 0
        while next < all.count {
            if case .store(let job) = all[next] { all += channel.step(.stored(job.number), at: Self.at(now)) }
            next += 1
        }
        return all
    }

    /// A leader of term 1 whose first record is on its disk.
    private static func leader(_ content: ChannelOptions.Content = .keyspace) -> Channel {
        var channel = Self.member(content)
        _ = channel.step(.opened, at: Self.at(0))
        let now: Microseconds = 10_000_000
        _ = channel.step(.ticked, at: Self.at(now))
        for term: Term in [0, 1] {
            let vote = Self.message(.voteReply(isGranted: true), term: term)
            _ = Self.storeAll(channel.step(.received(vote, from: NodeID(2)), at: Self.at(now)), &channel, at: now)
        }
        return channel
    }

    @Test("what a leader has numbered is never refused, also when nobody else is heard any more")
    func neverRefused() {
        var channel = Self.leader()
        #expect(channel.role == .leader && channel.log.tail == 1 && channel.recordTerm == 1)
        let late = Self.at(100_000_000)
        #expect(!channel.hasMajority(late.now))
        let actions = channel.step(.numbered([[1], [2, 3]]), at: late)
        #expect(channel.log.tail == 3)
        #expect(
            actions.contains { action in
                if case .store(let job) = action, case .append(let records) = job.work {
                    return records.map(\.payload) == [[1], [2, 3]] && records.allSatisfy { $0.term == 1 }
                }
                return false
            }
        )
        #expect(!actions.contains { if case .refuse = $0 { true } else { false } })
    }

    @Test("it is decided once another member has it")
    func decided() {
        var channel = Self.leader()
        let now: Microseconds = 10_000_000
        _ = Self.storeAll(channel.step(.numbered([[1]]), at: Self.at(now)), &channel, at: now)
        let request = SyncRequest(since: 2, previous: channel.log.last, chunkBytes: 0, id: 5, traffic: .foreground)
        let message = Self.message(.syncRequest(request), term: 1)
        let actions = channel.step(.received(message, from: NodeID(3)), at: Self.at(now))
        #expect(actions.contains(.committed(2)))
    }

    /// What a former leader does that finds that nothing after `common` is the new leader's.
    private static func diverge(_ channel: inout Channel, applied: Seq?) -> ChannelAction? {
        let now: Microseconds = 11_000_000
        _ = Self.storeAll(channel.step(.numbered([[1], [2]]), at: Self.at(now)), &channel, at: now)
        let heartbeat = Heartbeat(tail: 9, commit: 0, role: .leader, wallClock: 0)
        var actions: [ChannelAction] = []
        if let applied { actions += channel.step(.applied(applied), at: Self.at(now)) }
        actions += channel.step(
            .received(Self.message(.heartbeat(heartbeat), term: 2), from: NodeID(2)),
            at: Self.at(now)
        )
        var next = 0
        while next < actions.count, next < 1000 {
            switch actions[next] {
            case .send(let message, _, _):
                guard case .syncRequest(let request) = message.body else { break }
                let nack = Nack(since: request.since, code: .diverged, firstRetained: 0, id: request.id)
                actions += channel.step(
                    .received(Self.message(.nack(nack), term: 2), from: NodeID(2)),
                    at: Self.at(now)
                )
            case .read(let job):
                let outcome = ReadOutcome.found(previous: .none, records: [], firstRetained: 0)
                actions += channel.step(.read(job.number, outcome), at: Self.at(now))
            case .fetchSnapshot: return actions[next]
            case .store(let job):
                if case .truncate = job.work { return actions[next] }
            default: break
            }
            next += 1
        }
        return nil
    }

    @Test("records that lost are cut away where the data do not have them")
    func cut() throws {
        var channel = Self.leader()
        let action = try #require(Self.diverge(&channel, applied: nil))
        guard case .store(let job) = action, case .truncate = job.work else {
            Issue.record("\(action)")
            return
        }
    }

    @Test("records that lost and that the data have cost a snapshot, even one that is shorter than the log here")
    func snapshot() throws {
        var channel = Self.leader()
        let action = try #require(Self.diverge(&channel, applied: 3))
        guard case .fetchSnapshot(let number, let node, .diverged) = action else {
            Issue.record("\(action)")
            return
        }
        #expect(node == NodeID(2))
        let mark = RecordMark(term: 2, checksum: 1)
        let actions = channel.step(.snapshotFetched(number, tail: 2, last: mark), at: Self.at(12_000_000))
        let work = actions.compactMap { action in if case .store(let job) = action { job.work } else { nil } }
        #expect(work == [.install(snapshot: number, tail: 2, last: mark, discarding: 0..<3)])
        #expect(channel.log.tail == 2 && channel.counters.recordsDiscarded > 0)
    }
}
