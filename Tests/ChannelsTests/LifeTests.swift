import Channels
import Testing

@Suite("a node's life")
struct LifeTests {
    @Test("leaders and replicas send heartbeats, candidates and idle nodes are silent")
    func heartbeats() {
        let node = Node()
        #expect(node.take(.ticked).isEmpty)
        node.take(.opened)
        let first = node.take(.ticked).heartbeats
        #expect(
            first.map(\.role) == [.replica, .replica]
                && first.map(\.wallClock) == [1_700_000_000_000, 1_700_000_000_000]
        )
        // Ticks that were missed are skipped.
        #expect(node.wait(2).heartbeats.count == 2 && node.take(.ticked).heartbeats.isEmpty)
        node.wait(2)
        #expect(node.channel.role == .candidate && node.take(.ticked).heartbeats.isEmpty)
    }

    @Test("a leader that is heard keeps its replicas from being candidates, and one that falls silent does not")
    func silence() {
        let node = Node()
        _ = node.follow()
        for _ in 0..<10 {
            node.wait(1)
            node.heartbeat(.leader, from: 2)
        }
        #expect(node.channel.role == .replica)
        node.wait(2)
        #expect(node.channel.role == .replica)
        node.wait(2)
        #expect(node.channel.role == .candidate)
    }

    @Test("a leader that says it leads no more is forgotten")
    func resignation() {
        let node = Node()
        _ = node.follow()
        node.heartbeat(.replica, from: 2)
        #expect(node.channel.leader == nil && node.channel.role == .replica)
    }

    @Test("only data that somebody else has is announced")
    func announcements() {
        let node = Node()
        node.take(.opened)
        node.wait(5)
        node.store(node.receive(.voteReply(isGranted: true), from: 2, term: 0))
        let won = node.receive(.voteReply(isGranted: true), from: 2, term: 1)
        // Nobody was ever heard of: the own tail.
        #expect(won.announcements == [Announcement(role: .leader, term: 1, tail: 0, leader: NodeID(1))])
        node.store(won)
        node.heartbeat(.replica, from: 2, tail: 0)
        #expect(node.wait(1).announcements.isEmpty)
        node.heartbeat(.replica, from: 2, tail: 1)
        #expect(node.wait(1).announcements.map(\.tail) == [1])
        #expect(node.wait(1).announcements.isEmpty)
    }

    @Test("a leader tells how far its stalest peer is behind, a replica how far it is itself")
    func lag() {
        let leader = Node()
        leader.lead()
        #expect(leader.channel.lag == nil)
        leader.store(leader.take(.proposed(token: 1, payloads: [[1], [2], [3]])))
        leader.heartbeat(.replica, from: 2, tail: 3)
        #expect(leader.channel.lag == 1)
        leader.heartbeat(.replica, from: 3, tail: 1)
        #expect(leader.channel.lag == 3)
        let replica = Node(log: LogTip(first: 0, tail: 2, lastTerm: 1))
        replica.take(.opened)
        #expect(replica.channel.lag == nil)
        replica.heartbeat(.leader, from: 2, tail: 9)
        #expect(replica.channel.lag == 7)
    }

    @Test("an announcement that fails is counted, keeps the role, and forgets the leader")
    func announcementFails() {
        let node = Node()
        _ = node.follow()
        node.take(.announcementFailed)
        #expect(node.channel.role == .replica && node.channel.leader == nil)
        #expect(node.channel.counters.announcementsFailed == 1)
        let leader = Node()
        leader.lead()
        leader.take(.announcementFailed)
        #expect(leader.channel.role == .leader)
    }

    @Test("a full disk makes every role idle under its own signal, until it takes records again")
    func diskPressure() {
        let leader = Node()
        leader.lead()
        let failed = leader.take(.storageFailed(leader.channel.log))
        #expect(failed.contains(.roleChanged(.idle, .diskPressureOnLeader)))
        #expect(leader.wait(1) == [.probe] && leader.take(.probed(isWritable: false)).isEmpty)
        #expect(leader.wait(1) == [.probe])
        #expect(leader.take(.probed(isWritable: true)).contains(.roleChanged(.replica, .selected)))

        let replica = Node()
        _ = replica.follow()
        #expect(replica.take(.storageFailed(LogTip())).contains(.roleChanged(.idle, .diskPressureOnReplica)))
        // For an idle node counting is all.
        #expect(replica.take(.storageFailed(LogTip())).isEmpty && replica.channel.counters.diskPressuresOnIdle == 1)

        let candidate = Node()
        candidate.take(.opened)
        candidate.wait(4)
        #expect(candidate.take(.storageFailed(LogTip())).contains(.roleChanged(.idle, .diskPressureOnCandidate)))
    }

    @Test("with evict-oldest the log is swept, and the node stays")
    func evictOldest() {
        let node = Node { $0.diskPressure = .evictOldest }
        node.lead()
        let tip = node.channel.log
        let written = node.take(.proposed(token: 3, payloads: [[1]]))
        #expect(written.jobs.count == 1)
        let failed = node.take(.storageFailed(tip))
        #expect(failed == [.refuse([3], .storageFailed), .sweep] && node.channel.role == .leader)
        // The seq is given out again.
        #expect(node.take(.proposed(token: 4, payloads: [[2]])).jobs.count == 1 && node.channel.log.tail == 2)
    }

    @Test("an end is told once, when the disk is done, and closing again is fine")
    func closing() {
        let node = Node()
        node.lead()
        let written = node.take(.proposed(token: 3, payloads: [[1]]))
        let closed = node.take(.closed(forEverybody: false))
        #expect(closed.refusals == [.closed] && !closed.contains(.stopped) && !node.channel.isStopped)
        #expect(node.take(.closed(forEverybody: false)).isEmpty)
        #expect(node.store(written) == [.stopped] && node.channel.isStopped && node.channel.role == .idle)
        #expect(node.take(.closed(forEverybody: true)).isEmpty && node.take(.opened).isEmpty)
        #expect(node.take(.ticked).isEmpty && node.channel.deadline == nil)
    }

    @Test("a leader that closes for everybody tells those who ask")
    func closingForEverybody() {
        let node = Node()
        node.lead()
        node.take(.closed(forEverybody: true))
        let body = SyncRequest(since: 0, previous: .none, chunkBytes: 0, id: 4, traffic: .foreground)
        #expect(node.receive(.syncRequest(body), from: 3).nacks.map(\.code) == [.closed])
    }

    @Test("a leader leaves when it is told to, and comes back when it is opened")
    func relinquishing() {
        let node = Node()
        node.lead()
        #expect(node.take(.relinquished).contains(.roleChanged(.idle, .relinquished)))
        #expect(node.wait(9).isEmpty)
        node.take(.opened)
        #expect(node.channel.role == .replica)
    }

    @Test("answers that are not fresh, not whole or not wanted are dropped")
    func oddAnswers() throws {
        let node = Node()
        let request = try #require(node.follow(tail: 9))
        func answer(_ records: [ChannelRecord], id: UInt64) -> ChannelMessage.Body {
            .syncResponse(SyncResponse(first: 0, firstRetained: 0, commit: 0, id: id, records: records))
        }
        let hole = [ChannelRecord(seq: 0, term: 1, payload: [1]), ChannelRecord(seq: 2, term: 1, payload: [1])]
        #expect(node.receive(answer(hole, id: request.id), from: 2).isEmpty)
        #expect(node.channel.counters.brokenChunks == 1)
        let again = try #require(node.wait(1).requests.first)
        let later = [ChannelRecord(seq: 0, term: 2, payload: [1])]
        #expect(node.receive(answer(later, id: again.id), from: 2).isEmpty)
        #expect(node.channel.counters.brokenChunks == 2)
        let third = try #require(node.wait(1).requests.first)
        let record = ChannelRecord(seq: 0, term: 1, payload: [1])
        let applied = node.receive(answer([record], id: third.id), from: 2)
        #expect(applied.jobs.map(\.work) == [.append([record])])
        #expect(node.receive(answer([record], id: third.id), from: 2).isEmpty)
        #expect(node.channel.counters.unknownIDs == 1)
        // The leader told of more than that: the next request goes ahead, and says that nothing is on disk yet.
        #expect(applied.requests.map(\.since) == [1] && applied.requests.map(\.durable) == [0])
    }

    @Test("a log that could not be replaced says nothing about what the leader decided")
    func replacementFails() throws {
        let last = ChannelRecord(seq: 4, term: 1, payload: [1]).mark
        let log = LogTip(first: 0, tail: 5, last: last, lastTerm: 1)
        let node = Node(log: log) {
            $0.content = .keyspace
            $0.diskPressure = .evictOldest
        }
        let request = try #require(node.follow(tail: 99))
        let nack = Nack(since: 5, code: .badRange, firstRetained: 50, id: request.id)
        let wanted = node.receive(.nack(nack), from: 2)
        guard case .fetchSnapshot(let number, _, _) = wanted.last else { return #expect(Bool(false), "\(wanted)") }
        node.take(.snapshotFetched(number, tail: 60, last: RecordMark(term: 1, checksum: 3)))
        node.take(.storageFailed(log))
        let heartbeat = Heartbeat(tail: 99, commit: 90, role: .leader, wallClock: 0)
        #expect(
            !node.receive(.heartbeat(heartbeat), from: 2).contains { if case .committed = $0 { true } else { false } }
        )
        #expect(node.channel.log == log && node.channel.retentionLimit == 0)
    }

    @Test("a chunk beyond the tail is a gap, and suspicious where the leader has what is missing")
    func gap() throws {
        let node = Node()
        let request = try #require(node.follow(tail: 9))
        let record = ChannelRecord(seq: 4, term: 1, payload: [1])
        let response = SyncResponse(first: 4, firstRetained: 0, commit: 0, id: request.id, records: [record])
        let actions = node.receive(.syncResponse(response), from: 2)
        #expect(actions.jobs.map(\.work) == [.skip(to: 4), .append([record])])
        let counters = node.channel.counters
        #expect(counters.gaps == 1 && counters.recordsSkipped == 4 && counters.suspectedDivergences == 1)
    }
}
