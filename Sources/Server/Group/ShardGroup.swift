// A shard's part in its group: drives the channel, on the shard's loop.
//
// Whatever happens comes in as an event, and what follows from it is carried out before the next event is looked at. Clients that
// waited are let go at the very end, when it is known what this node is now: they may have the next command at hand.

import ChannelMetrics
import Channels
import DequeModule
import Engine
import Keyspace
import Logging
import NIOCore
import Primitives
import Replication
import ReplicationLog
import Sockets

final class ShardGroup {
    unowned let shard: Shard
    let options: GroupOptions
    let transport: GroupTransport
    private let mailbox: GroupMailbox
    private(set) var member: ChannelMember

    /// What the channel gave to the storage, and what has not been reported as stored.
    var jobs: Deque<GroupJob> = []
    /// The log is being cut or replaced; jobs wait.
    var isReplacing = false
    var waitingJobs: [StorageJob] = []
    var records: GroupRecords
    let disk = GroupDisk()
    var diskBase: GroupDisk.Base
    var replay: Replay
    var file: GroupFile
    var fileSavedAt: Milliseconds = 0
    var fetch: GroupFetch?
    var fetched: FetchedSnapshot?
    var confirmations = GroupConfirmations()

    /// It leads, and has applied everything that came before.
    private(set) var isReady = false
    /// Commands are carried out here, and in time decided.
    private(set) var isServing = false
    /// Something went wrong that the group cannot make good: this shard no longer takes part.
    var failure: String?
    /// Why the last leader's clients are turned away; nil when there is nothing to tell them.
    private var refusal: String?
    var mayRelease = false
    /// What the channel says is decided; it may not be applied yet.
    var committed: Seq = 0
    var isDecidingLater = false
    var events: Deque<Channels.ChannelEvent> = []
    private var isWorking = false
    private var timer: (at: Microseconds, task: Scheduled<Void>)?
    private var isTurnScheduled = false
    private var stopped: EventLoopPromise<Void>?
    var strandedAt: UInt64 = 0
    private var refreshedAt: UInt64 = 0
    var reportedAt: Microseconds = 0
    var metrics: ChannelMetrics
    private(set) var announcement: Announcement?

    /// Nanoseconds after which the last look at who can be heard is too old.
    private static let longestUnseen: UInt64 = 50_000_000
    /// Payloads that may wait for their decision before further writes are refused.
    private static let mostUndecidedBytes = 256 << 20

    init(_ shard: Shard, _ start: GroupStart, _ transport: GroupTransport, _ mailbox: GroupMailbox) {
        self.shard = shard
        self.options = shard.node.options.group
        self.transport = transport
        self.mailbox = mailbox
        self.records = start.records
        self.diskBase = start.base
        self.file = start.file
        self.replay = Replay(table: shard.node.table)
        let channel = Channels.Channel(
            self.options.channel(ofShard: shard.index, of: shard.node.options.shards),
            log: start.tip,
            ballot: start.file.ballot,
            seed: UInt64.random(in: .min ... .max),
            now: Self.time.now
        )
        self.member = ChannelMember(channel)
        self.metrics = ChannelMetrics(
            channel: GroupOptions.channelName(ofShard: shard.index),
            node: channel.options.node
        )
        self.shard.engine.setFollowing(true)
    }

    /// Takes part from now on.
    func start() {
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        self.mailbox.onDelivery { bound.value.receive($0) }
        self.take(.opened)
    }

    /// Leaves for good.
    func stop() {
        self.mailbox.onDelivery(nil)
        self.timer?.task.cancel()
        self.fetch?.stop()
        self.take(.closed(forEverybody: false))
        self.giveUpConfirmations(all: true)
    }

    static var time: ChannelTime {
        ChannelTime(
            now: Microseconds(Clocks.monotonicNanoseconds / 1000),
            wallClock: UInt64(max(0, WallClock.milliseconds))
        )
    }

    var channel: Channels.Channel { self.member.channel }

    var droppedMessages: UInt64 { self.mailbox.dropped }

    // MARK: Events

    func take(_ event: Channels.ChannelEvent) {
        self.events.append(event)
        self.work()
    }

    func work() {
        guard !self.isWorking else { return }
        self.isWorking = true
        self.proposeNumbered()
        while let event = self.events.popFirst() {
            self.run(self.member.handle(event, at: Self.time))
        }
        self.isWorking = false
        self.settle()
    }

    /// Tells the channel what was numbered here since the last time. Before every other event, so that nothing is numbered by
    /// a leader that is none any more.
    private func proposeNumbered() {
        guard let numbering = self.shard.engine.group, !numbering.isEmpty else { return }
        self.run(self.member.handle(.numbered(numbering.take()), at: Self.time))
    }

    /// The same at the end of a turn of the shard's.
    func flush() {
        guard self.shard.engine.group?.isEmpty == false, !self.isWorking else { return }
        self.work()
    }

    private func receive(_ deliveries: [GroupDelivery]) {
        for delivery in deliveries {
            switch delivery {
            case .message(let message, let node): _ = self.member.receive(message, from: node)
            case .roundTrip(let time, let node): self.events.append(.roundTripMeasured(time, to: node))
            case .confirm(let term, let number, let node): self.answer(term: term, number: number, from: node)
            case .confirmed(let term, let number, let node): self.confirmed(term: term, number: number, by: node)
            }
        }
        self.turn()
    }

    func turn() {
        guard !self.isWorking else { return }
        self.isWorking = true
        self.proposeNumbered()
        self.run(self.member.turn(Self.time))
        self.isWorking = false
        self.work()
        guard self.member.hasWork, !self.isTurnScheduled else { return }
        self.isTurnScheduled = true
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        self.shard.later { _ in
            bound.value.isTurnScheduled = false
            bound.value.turn()
        }
    }

    // MARK: Actions

    private func run(_ actions: [ChannelAction]) {
        for action in actions {
            switch action {
            case .send(let message, let node, let charge):
                if !self.transport.send(message.framed, to: node), charge > 0 {
                    self.events.append(.sendFailed(charge: charge))
                }
            case .store(let job): self.store(job)
            case .read(let job): self.read(job)
            // Nobody waits by token here: replies wait for their position.
            case .acknowledge, .refuse: break
            case .committed(let seq):
                self.committed = seq
                self.decide()
            case .roleChanged(let role, let signal): self.roleChanged(role, signal)
            case .announce(let announcement): self.announcement = announcement
            case .sweep: self.shard.saveDump()
            case .probe: self.events.append(.probed(isWritable: self.shard.engine.log?.failure == nil))
            case .fetchSnapshot(let number, let node, let cause): self.fetchSnapshot(number, from: node, cause)
            case .cancelSnapshot(let number): self.cancelSnapshot(number)
            case .stopped: self.stopped?.succeed()
            }
        }
    }

    private func roleChanged(_ role: Role, _ signal: RoleSignal) {
        self.shard.node.logger.notice(
            "the role in the group changed",
            metadata: [
                "shard": "\(self.shard.index)", "role": "\(role)", "signal": "\(signal.rawValue)",
                "term": "\(self.channel.term)", "tail": "\(self.channel.log.tail)", "commit": "\(self.channel.commit)",
            ]
        )
        if role != .replica { self.shard.engine.log?.isFarBehind = false }
        // What was applied and may never be decided must not be cut out of the log alone.
        if self.isReady, role != .leader { self.events.append(.applied(self.shard.engine.tip)) }
    }

    // MARK: What this node is now

    private func settle() {
        let isLeading = self.channel.role == .leader && self.failure == nil
        if isLeading, !self.isReady, self.isCaughtUp { self.lead() }
        let stepsDown = !isLeading && self.isReady
        if stepsDown { self.stepDown() }
        self.refreshServing()
        // Their connections may have the next command at hand.
        if stepsDown { self.giveUpConfirmations(all: true) }
        self.schedule()
        if let refusal = self.refusal.take() { self.shard.refuseHeld(refusal) }
        if self.mayRelease {
            self.mayRelease = false
            self.shard.releaseReplies()
            self.shard.commitDump()
        }
    }

    /// Everything that stands in the log is applied, and, under the quorum policy, decided: the first record of this leadership
    /// is the last.
    private var isCaughtUp: Bool {
        let tip = self.shard.engine.tip
        guard tip == self.shard.engine.logTip, tip == self.channel.log.tail else { return false }
        return self.options.election == .nearest || self.shard.engine.stream.tip == tip
    }

    private func lead() {
        guard let term = self.channel.recordTerm else { return }
        self.shard.engine.log?.term = term
        self.shard.engine.setFollowing(false)
        self.isReady = true
    }

    private func stepDown() {
        self.isReady = false
        self.shard.engine.setFollowing(true)
        self.refusal = Self.outcomeUnknown
    }

    static let outcomeUnknown =
        "CLUSTERDOWN The leader of the group was replaced before this was decided: it may have been done or not"

    /// The same before commands are carried out, when nobody has looked for a while: this process may have stood still.
    func refreshIfOld() {
        guard self.isServing, Clocks.monotonicNanoseconds - self.refreshedAt > Self.longestUnseen else { return }
        self.settle()
    }

    private func refreshServing() {
        self.refreshedAt = Clocks.monotonicNanoseconds
        let isServing = self.isReady && self.channel.hasMajority(Self.time.now) && !self.shard.isStopped
        if self.isServing, !isServing, self.isReady {
            self.refusal =
                "CLUSTERDOWN The leader lost the majority of its group before this was decided: it may be done or not"
        }
        self.isServing = isServing
        self.shard.refreshGuard()
    }

    /// The log let go of old records.
    func pruned() {
        guard let oldest = self.shard.log?.store.log.map.oldest else { return }
        self.take(.pruned(first: oldest))
    }

    /// Too much waits for its decision.
    var isFull: Bool { self.records.bytes > Self.mostUndecidedBytes }

    private func schedule() {
        guard let deadline = self.member.deadline, !self.shard.isStopped else { return }
        if let timer = self.timer, timer.at <= deadline { return }
        self.timer?.task.cancel()
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        let wait = max(0, deadline - Self.time.now)
        let task = self.shard.loop.scheduleTask(in: .microseconds(wait)) {
            bound.value.timer = nil
            bound.value.turn()
            bound.value.schedule()
        }
        self.timer = (deadline, task)
    }
}
