import Channels

/// A small generator for tests (xorshift64).
struct TestGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state ^= self.state << 13
        self.state ^= self.state >> 7
        self.state ^= self.state << 17
        return self.state
    }
}

/// One node of three, whose peers, storage and clock are the test.
final class Node {
    static let heartbeat: Microseconds = 100_000

    private(set) var channel: Channel
    var now: Microseconds = 0

    init(
        _ election: ElectionPolicy = .quorum,
        node: UInt16 = 1,
        log: LogTip = LogTip(),
        ballot: Ballot = Ballot(),
        _ change: (inout ChannelOptions) -> Void = { _ in }
    ) {
        var options = ChannelOptions(
            channel: MessageTests.channel,
            node: NodeID(node),
            members: [NodeID(1), NodeID(2), NodeID(3)]
        )
        options.election = election
        options.heartbeat = Self.heartbeat
        change(&options)
        self.channel = Channel(options, log: log, ballot: ballot, seed: 7, now: 0)
    }

    @discardableResult
    func take(_ event: ChannelEvent) -> [ChannelAction] {
        self.channel.step(event, at: ChannelTime(now: self.now, wallClock: 1_700_000_000_000))
    }

    @discardableResult
    func receive(_ body: ChannelMessage.Body, from node: UInt16, term: Term = 1) -> [ChannelAction] {
        let message = ChannelMessage(channel: MessageTests.channel, term: term, body: body)
        return self.take(.received(message, from: NodeID(node)))
    }

    @discardableResult
    func heartbeat(_ role: Role, from node: UInt16, term: Term = 1, tail: Seq = 0) -> [ChannelAction] {
        self.receive(.heartbeat(Heartbeat(tail: tail, commit: 0, role: role, wallClock: 0)), from: node, term: term)
    }

    /// Lets time pass, with a tick at its end.
    @discardableResult
    func wait(_ intervals: Int) -> [ChannelAction] {
        self.now += Microseconds(intervals) * Self.heartbeat
        return self.take(.ticked)
    }

    /// Says of every job among the actions that it is durable.
    @discardableResult
    func store(_ actions: [ChannelAction]) -> [ChannelAction] {
        actions.jobs.last.map { self.take(.stored($0.number)) } ?? []
    }

    /// A replica of a leader, with its first request open.
    func follow(_ leader: UInt16 = 2, term: Term = 1, tail: Seq = 0) -> SyncRequest? {
        self.take(.opened)
        return self.heartbeat(.leader, from: leader, term: term, tail: tail).requests.first
    }

    /// Wins an election of term 1 and has its first record on disk.
    @discardableResult
    func lead() -> [ChannelAction] {
        self.take(.opened)
        self.wait(5)
        let asked = self.receive(.voteReply(isGranted: true), from: 2, term: 0)
        self.store(asked)
        return self.store(self.receive(.voteReply(isGranted: true), from: 2, term: 1))
    }
}

extension [ChannelAction] {
    var messages: [(body: ChannelMessage.Body, to: NodeID)] {
        self.compactMap { if case .send(let message, let node, _) = $0 { (message.body, node) } else { nil } }
    }

    var requests: [SyncRequest] {
        self.messages.compactMap { if case .syncRequest(let request) = $0.body { request } else { nil } }
    }

    var responses: [SyncResponse] {
        self.messages.compactMap { if case .syncResponse(let response) = $0.body { response } else { nil } }
    }

    var nacks: [Nack] {
        self.messages.compactMap { if case .nack(let nack) = $0.body { nack } else { nil } }
    }

    var votes: [Bool] {
        self.messages.compactMap { if case .voteReply(let isGranted) = $0.body { isGranted } else { nil } }
    }

    var heartbeats: [Heartbeat] {
        self.messages.compactMap { if case .heartbeat(let heartbeat) = $0.body { heartbeat } else { nil } }
    }

    var jobs: [StorageJob] { self.compactMap { if case .store(let job) = $0 { job } else { nil } } }
    var reads: [ReadJob] { self.compactMap { if case .read(let job) = $0 { job } else { nil } } }
    var acknowledged: [UInt64] {
        self.flatMap { action -> [UInt64] in if case .acknowledge(let tokens) = action { tokens } else { [] } }
    }

    var refusals: [WriteRefusal] {
        self.compactMap { if case .refuse(_, let refusal) = $0 { refusal } else { nil } }
    }

    var announcements: [Announcement] {
        self.compactMap { if case .announce(let announcement) = $0 { announcement } else { nil } }
    }
}
