// One event loop and everything that it owns. Nothing here locks and nothing here is touched by another thread, apart from
// what is marked so: that rule is what `@unchecked Sendable` stands for. `preconditionInEventLoop` guards the doors.

import DequeModule
import Engine
import Glibc
import NIOCore
import Primitives
import RESP
import Replication
import ReplicationLog
import Sockets

final class Shard: @unchecked Sendable {
    let index: Int
    let node: Node
    let loop: any EventLoop
    /// May be read from any thread.
    let board: StreamBoard
    /// May be filled from any thread.
    let linkEvents: Mailbox<LinkEvent>
    let parkedLinks = ParkedLinks()
    let doorbell: Doorbell
    /// nil without a data directory.
    let log: ShardLogParts?
    var logPace = LogPace()
    /// Replies that wait for the log, in the order of their positions.
    var gates: Deque<ReplyGate> = []
    /// Those who wait for replicas.
    var commitWaits: [UInt64: (CommitOutcome) -> Void] = [:]
    /// nil on a primary.
    var follower: ShardFollower?
    /// nil outside of a group.
    var group: ShardGroup?
    /// Until the shard joins its group.
    var groupStart: GroupStart?
    /// `NodeRole.generation` of the role that the shard has.
    var roleGeneration: UInt64 = 0
    /// Why writes are refused now; nil when they are not.
    var writeRefusal: String? { didSet { self.refreshGuard() } }
    var pauses = ShardPauses()
    var timing = CommandTiming()
    private var metrics: ShardMetrics
    var digests = DigestPasses()
    /// Clients that wait for a position, by their numbers.
    var placeWaits: [Int64: PlaceWait] = [:]
    /// Something may stand in the way of a write: the one flag that every command looks at.
    var isGuarded = false

    var engine: Engine
    /// Replies of the read at work. Empty between reads.
    let writer = Writer()
    let events: BackgroundEvents
    var clients: [Int64: ClientConnection] = [:]
    var statistics = ShardStatistics()
    /// Wall clock of the read at work.
    var now: Milliseconds = 0
    /// Bytes of unfinished input of one client (`CONFIG SET client-query-buffer-limit`).
    var queryBufferLimit: Int
    var notedTip: Position = 0
    /// As the board counts it.
    var numbering: UInt64 = 0
    /// What changes numbering or data, one after the other.
    var changes = ShardChanges()
    var snapshots = ShardSnapshots()
    var dumps = ShardDumps()
    /// Until the data is back.
    var beginning: ShardBeginning?
    private var isTurnScheduled = false
    private var isSliceScheduled = false
    private var turn: @Sendable () -> Void = {}
    private var ticker: RepeatedTask?
    /// Nothing is begun any more; what is under way still ends.
    private(set) var isStopped = false

    /// Links are told about new frames at the latest this often; also expiry, heartbeats and time-outs.
    private static let tickInterval = TimeAmount.milliseconds(100)

    /// - Parameters:
    ///   - seed: of the keyspace.
    ///   - history: of the stream, where no store says otherwise.
    ///   - beginning: what the shard has on disk, and the data that it begins with.
    /// - Throws: when the log's thread cannot be started.
    init(
        index: Int,
        node: Node,
        loop: any EventLoop,
        seed: UInt64,
        history: History,
        beginning: ShardBeginning
    ) throws(SocketError) {
        self.index = index
        self.metrics = ShardMetrics(shard: index)
        self.node = node
        self.loop = loop
        let store = beginning.store
        let history = store?.history.history ?? history
        let tip = beginning.tip
        self.beginning = beginning
        self.dumps.newest = store?.dump ?? DumpRecord(position: tip)
        self.board = StreamBoard(history: history, ancestors: store?.history.ancestors ?? [], log: store?.log.map)
        self.board.publish(tip: tip, oldest: tip)
        self.notedTip = tip
        self.queryBufferLimit = node.options.queryBufferLimit
        self.events = BackgroundEvents(slowNanoseconds: UInt64(node.options.slowEventMicroseconds) * 1000) {
            BackgroundEvents.Instant(
                wall: Clocks.monotonicNanoseconds,
                processor: Clocks.threadProcessorNanoseconds
            )
        }
        self.engine = Engine(
            seed: seed,
            history: history,
            tip: tip,
            log: store.map { _ in
                ShardLog(sync: node.options.logSync, indexInterval: node.options.log.indexInterval, tip: tip)
            },
            logMap: store?.log.map,
            slots: store?.slots
                ?? SlotTable(history: history, limits: node.options.slotLimits, loadedAt: WallClock.milliseconds),
            options: node.options.resolvedStream,
            events: self.events
        )
        self.board.publish(invalidated: self.engine.replicas.slots)
        self.linkEvents = Mailbox(loop: loop)
        do {
            self.doorbell = try Doorbell(on: loop)
        } catch {
            throw SocketError("pipe", code: (error as? IOError)?.errnoCode ?? EMFILE)
        }
        let reports = Mailbox<LogReport>(loop: loop)
        if let store {
            self.log = ShardLogParts(store: store, writer: try LogWriter(reports: reports))
        } else {
            self.log = nil
        }
        // Made once: a closure per turn would be an allocation per turn.
        self.turn = { [unowned self] in self.endTurn() }
        self.linkEvents.onDelivery { [unowned self] in self.handle($0) }
        reports.onDelivery { [unowned self] in self.logReported($0) }
    }

    /// Begins the shard's own work. On any thread.
    func start() {
        self.loop.execute {
            // Before the first client: with too few replicas no write is let through.
            self.refreshWriteRefusal()
            self.timing.set(self.node.currentSettings)
            self.ticker = self.loop.scheduleRepeatedTask(
                initialDelay: Self.tickInterval,
                delay: Self.tickInterval
            ) { [unowned self] _ in self.tick() }
        }
    }

    /// To be called after a command: what it wrote is shown, and sent at the end of the turn.
    /// - Returns: whether it wrote.
    @discardableResult
    func noteWrites() -> Bool {
        guard self.engine.tip != self.notedTip else { return false }
        self.notedTip = self.engine.tip
        // Without a log and a replica there is nothing to do at the end of the turn; the board alone is kept true.
        if self.log != nil || !self.engine.stream.links.isEmpty {
            self.scheduleTurn()
        } else {
            self.publish()
            if !self.parkedLinks.isEmpty || !self.placeWaits.isEmpty { self.scheduleTurn() }
        }
        return true
    }

    /// Something was written: links are served, and the board updated, once at the end of this turn of the loop.
    func scheduleTurn() {
        guard !self.isTurnScheduled else { return }
        self.isTurnScheduled = true
        self.loop.execute(self.turn)
    }

    /// The same after the clients that are waiting. For what other threads report: it comes as fast as turns make room for it, and
    /// by `execute` no client would be heard until every link has everything.
    func scheduleTurnLater() {
        guard !self.isTurnScheduled else { return }
        self.isTurnScheduled = self.doorbell.ring(self.turn)
    }

    private func endTurn() {
        self.isTurnScheduled = false
        guard !self.isStopped else { return }
        self.group?.flush()
        self.dispatchLogJob()
        self.publish()
        self.admitParkedLinks()
        let hasMore = self.sendToLinks()
        if self.engine.stream.isCopying { self.scheduleSnapshotTurn() }
        self.noteSettledWaits()
        self.dispatchDiskRequests()
        self.finishCommits()
        self.finishPlaceWaits()
        self.endClosingLinks()
        if hasMore { self.scheduleTurnLater() }
    }

    /// Shows the stream's present state to the acceptor.
    func publish() {
        self.board.publish(tip: self.engine.stream.tip, oldest: self.engine.stream.backlog.oldest)
    }

    private func tick() {
        let isMoreDue = self.tickEngine()
        self.refreshWriteRefusal()
        self.saveSlots()
        self.tickDumps()
        self.endTurn()
        self.releaseReplies()
        self.group?.tick()
        self.metrics.report(self, now: WallClock.milliseconds)
        self.follower?.tick(now: WallClock.milliseconds)
        if isMoreDue { self.continueTick() }
    }

    /// More is due than one slice may take: the rest comes after the clients that are waiting.
    private func continueTick() {
        // One slice at a time is on its way, though ticks go on meanwhile: with two, one would always be due.
        guard !self.isSliceScheduled else { return }
        self.isSliceScheduled = self.later { shard in
            shard.isSliceScheduled = false
            guard !shard.isStopped else { return }
            let isMoreDue = shard.tickEngine()
            // Not scheduled: the loop would run it at once, and by then the next slice would be due.
            shard.endTurn()
            if isMoreDue { shard.continueTick() }
        }
    }

    /// Ends every connection; the future is done when nothing will run here any more.
    func stop() -> EventLoopFuture<Void> {
        self.loop.submit {
            self.isStopped = true
            self.ticker?.cancel()
            for client in self.clients.values { client.close() }
            self.closeAllLinks()
            self.follower?.stop()
            self.group?.stop()
            self.abandonDump(.stopped)
        }
    }
}

/// Counters of one shard, under Redis's names where it has them.
struct ShardStatistics: Sendable {
    /// total_commands_processed
    var commands = 0
    /// total_error_replies
    var errors = 0
    /// total_net_input_bytes
    var inputBytes = 0
    /// total_net_output_bytes
    var outputBytes = 0
    /// total_net_repl_output_bytes
    var linkOutputBytes = 0
    /// total_reads_processed
    var reads = 0
    /// total_writes_processed
    var writes = 0
}
