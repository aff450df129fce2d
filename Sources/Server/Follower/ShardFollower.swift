// A shard's runner while the node is a replica: it connects to the shard's stream, asks for what comes after the shard's
// tip, and applies what arrives where it arrived, on the shard's own loop:
//
//     waiting → asking → connecting → answering → streaming
//     any → waiting, after a back-off
//
// Every round asks the primary anew where its streams are: one that was started again, or that somebody else has become, may
// have them elsewhere.

import DequeModule
import Engine
import Logging
import NIOCore
import NIOPosix
import Primitives
import RESP
import Replication
import Sockets

final class ShardFollower {
    enum Phase {
        /// Until the back-off is over.
        case waiting
        /// For the primary's topology.
        case asking
        case connecting
        /// The handshake is out.
        case answering
        case streaming
        /// For good.
        case stopped
    }

    unowned let shard: Shard
    let primary: PrimaryAddress
    var phase = Phase.waiting
    /// Numbers the rounds; what belongs to an earlier one is ignored.
    private(set) var attempt = 0
    var channel: (any Channel)?
    var input = FollowerInput(asking: 0, isLongForm: true)
    var replay: Replay
    private var backoff = Backoff()
    private var generator: SeededGenerator

    /// What the primary said of itself in this round; nil for a bare stream.
    var topology: TopologyAnswer.Stream?
    /// The history that this round's handshake granted.
    var roundHistory: History?
    /// The same, as long as it is not the shard's yet.
    var grantedHistory: History?

    // What has come and was not applied, the oldest first.
    var front = ByteBuffer()
    var inbox: Deque<ByteBuffer> = []
    var inboxBytes = 0
    var isReading = true
    var isDrainScheduled = false
    /// A snapshot on its way in; nil outside of one.
    var incoming: IncomingSnapshot?
    /// A whole one takes the place of the shard's data.
    var isInstalling = false
    /// A slice is being applied: what ends the connection meanwhile (a write that fails, say) does so after it.
    var isDraining = false
    var endAfterSlice: FollowerEnd?
    /// The connection is gone; what has come on it is applied first.
    var endAfterInbox: FollowerEnd?
    /// The shard is busy with something that the stream must wait for.
    var isHeld = false

    var counters = FollowerCounters()
    var lastError: String?
    var primaryTip: Position?
    var lastReadAt: Milliseconds?
    var downSince: Milliseconds
    private var phaseSince: Milliseconds

    // What the primary was told.
    var acknowledgedAt: UInt64 = 0
    var acknowledged: (applied: Position, durable: Position?) = (0, nil)
    var isAcknowledgementScheduled = false
    var toldState: [UInt64] = []

    /// Until a connection stands and its handshake is answered; milliseconds.
    private static let longestRound: Milliseconds = 10_000
    private static let changeInterval = TimeAmount.milliseconds(5)

    init(_ shard: Shard, primary: PrimaryAddress, seed: UInt64) {
        self.shard = shard
        self.primary = primary
        self.replay = Replay(table: shard.node.table)
        self.generator = SeededGenerator(seed: seed)
        self.downSince = WallClock.milliseconds
        self.phaseSince = self.downSince
    }

    // MARK: Rounds

    /// Begins a round.
    func start() {
        guard self.phase == .waiting, !self.shard.isStopped else { return }
        // What is being installed moves the tip, and with it what is to be asked for.
        guard !self.shard.changes.isUnderWay else { return self.startLater(in: Self.changeInterval) }
        self.attempt += 1
        switch self.primary.kind {
        case .stream: self.connect(port: self.primary.port)
        case .node: self.ask()
        }
    }

    /// For good: nothing of it happens any more.
    func stop() {
        self.end(.stopped)
        self.phase = .stopped
    }

    private func enter(_ phase: Phase) {
        self.phase = phase
        self.phaseSince = WallClock.milliseconds
    }

    private func ask() {
        self.enter(.asking)
        let (attempt, shards) = (self.attempt, self.shard.node.options.shards)
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        PrimaryQuestion.ask(
            TopologyAnswer.question,
            of: self.primary,
            on: self.shard.loop,
            timeout: .milliseconds(Self.longestRound)
        ) { try TopologyAnswer.read($0) }
        .whenComplete { result in
            guard bound.value.attempt == attempt, bound.value.phase == .asking else { return }
            switch result {
            case .failure(let error): bound.value.ended(.unreachable("\(error)"))
            case .success(let answer):
                guard answer.streams.count == shards else {
                    let error = TopologyError.otherShards(theirs: answer.streams.count, ours: shards)
                    return bound.value.ended(.unreachable(error.description))
                }
                let stream = answer.streams[bound.value.shard.index]
                bound.value.topology = stream
                bound.value.connect(port: stream.port)
            }
        }
    }

    private func connect(port: UInt16) {
        self.enter(.connecting)
        let attempt = self.attempt
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        ClientBootstrap(group: self.shard.loop)
            .connectTimeout(.milliseconds(Self.longestRound))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: Self.readsPerTurn)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readBytes))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FollowerChannel(bound.value, attempt: attempt))
                }
            }
            .connect(host: self.primary.host, port: Int(port))
            .whenFailure { error in
                bound.value.shard.loop.execute {
                    if bound.value.attempt == attempt { bound.value.ended(.unreachable("\(error)")) }
                }
            }
    }

    /// Bytes of one read, and reads per turn: what they bring is applied within one turn as a rule.
    private static let readBytes = 64 << 10
    private static let readsPerTurn: UInt = 2

    func connected(_ channel: any Channel) {
        self.channel = channel
        self.enter(.answering)
        self.counters.connects += 1
        let claim = self.shard.followClaim
        self.input = FollowerInput(asking: claim.position, isLongForm: true)
        let id = self.shard.node.replicaID
        var words = ["REPLICATE", "FROM", "\(claim.position)", "ID", id, "HISTORY", claim.history.hex]
        if let region = self.shard.node.options.region { words += ["REGION", region] }
        let writer = Writer()
        writer.array(words.count)
        for word in words { writer.bulk(word) }
        self.send(writer.bytes)
    }

    func send(_ bytes: Bytes) {
        guard let channel = self.channel else { return }
        var buffer = channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        channel.writeAndFlush(buffer, promise: nil)
    }

    // MARK: Ends

    /// The connection is over; the next round begins after the back-off.
    func ended(_ end: FollowerEnd) {
        guard self.phase != .stopped, self.phase != .waiting else { return }
        if end.isOfConnection, self.inboxBytes > 0 || self.isDraining {
            self.endAfterInbox = self.endAfterInbox ?? end
            self.channel = nil
            if !self.isDraining, !self.isHeld { self.scheduleDrain() }
            return
        }
        guard !self.isDraining else {
            self.endAfterSlice = self.endAfterSlice ?? end
            return
        }
        self.finish(end)
    }

    /// The round is over.
    func finish(_ end: FollowerEnd) {
        self.end(end)
        guard !self.shard.isStopped else { return }
        self.startLater(in: .milliseconds(self.backoff.next(using: &self.generator)))
    }

    private func startLater(in wait: TimeAmount) {
        let attempt = self.attempt
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        self.shard.loop.scheduleTask(in: wait) {
            if bound.value.attempt == attempt { bound.value.start() }
        }
    }

    private func end(_ end: FollowerEnd) {
        let wasUp = self.phase == .streaming
        self.counters.count(end)
        if case .stopped = end {} else { self.note(end, wasUp: wasUp) }
        if wasUp { self.downSince = WallClock.milliseconds }
        // What has come and was not applied is asked for again.
        self.attempt += 1
        self.enter(.waiting)
        self.channel?.close(promise: nil)
        self.channel = nil
        self.abandonSnapshot()
        self.topology = nil
        self.roundHistory = nil
        self.grantedHistory = nil
        self.front = ByteBuffer()
        self.inbox.removeAll()
        self.inboxBytes = 0
        self.isReading = true
        self.endAfterInbox = nil
        self.isHeld = false
        self.toldState = []
        self.acknowledgedAt = 0
    }

    private func note(_ end: FollowerEnd, wasUp: Bool) {
        let reason = end.description
        // The same reason every few hundred milliseconds would drown the log.
        if reason != self.lastError || wasUp {
            self.shard.node.logger.warning(
                "the link to the primary is down",
                metadata: ["shard": "\(self.shard.index)", "primary": "\(self.primary)", "reason": "\(reason)"]
            )
        }
        self.lastError = reason
    }

    /// The stream got further: the next failure is met with a short wait again.
    func progressMade() { self.backoff.progressMade() }

    /// About ten times a second.
    func tick(now: Milliseconds) {
        switch self.phase {
        case .waiting, .stopped: break
        case .asking, .connecting, .answering:
            if now - self.phaseSince > Self.longestRound { self.ended(.unreachable("no answer in time")) }
        case .streaming:
            // While the inbox is full nothing is read: that is not the primary's silence.
            if !self.isReading || self.isHeld { self.lastReadAt = now }
            if now - (self.lastReadAt ?? now) > self.shard.engine.stream.linkTimeout { return self.ended(.mute) }
            self.reportRegularly()
            if !self.isDrainScheduled, self.inboxBytes > 0 { self.drain() }
        }
    }

    var facts: FollowerFacts {
        let now = WallClock.milliseconds
        let state =
            switch self.phase {
            case .waiting, .stopped: "connect"
            case .asking, .connecting, .answering: "connecting"
            case .streaming: self.isSynchronizing ? "sync" : "connected"
            }
        return FollowerFacts(
            state: state,
            isSynchronizing: self.isSynchronizing,
            lastReadSecondsAgo: self.lastReadAt.map { max(0, now - $0) / 1000 },
            downSeconds: self.isUp ? nil : max(0, now - self.downSince) / 1000,
            counters: self.counters,
            lastError: self.lastError,
            primaryTip: self.primaryTip,
            inboxBytes: self.inboxBytes
        )
    }

    /// As in Redis the link is down while a snapshot is on its way.
    private var isUp: Bool { self.phase == .streaming && !self.isSynchronizing }

    var isSynchronizing: Bool { self.incoming != nil || self.isInstalling }
}
