// A replica: a shard that follows, and the runner that connects it to its primary, reads what comes and reports how far it is.

internal import Engine
internal import Primitives
internal import RESP
internal import Replication
internal import ReplicationLog

final class SimulatedReplica {
    typealias Violation = StreamSimulation.Violation

    /// A snapshot that is being received.
    struct Incoming {
        let loader: SnapshotLoader
        /// nil without a disk.
        let staged: StagedShard?
    }

    /// What it went through.
    struct Counters {
        var frames = 0
        var snapshotsInstalled = 0
        var snapshotsAbandoned = 0
    }

    let index: Int
    let root: FaultyFolders?
    let weather: StreamWeather
    let mutant: StreamSimulation.Mutant?
    var shard: SimulatedShard
    var generator: SeededGenerator
    var counters = Counters()

    // The connection, and what belongs to it.
    private(set) var wire: SimulatedWire?
    private(set) var connectsAt: Milliseconds = 0
    private var backoff = Backoff()
    private var input = FollowerInput(asking: 0, isLongForm: true)
    private var replay = Replay(table: ClientCommands.table)
    private var inbox: [UInt8] = []
    private var lastReadAt: Milliseconds = 0
    /// What the primary said of itself; nil where it was not asked.
    var topology: HistoryRecord?
    /// The history that the handshake granted.
    var roundHistory: History?
    /// The same, as long as it is not the shard's yet.
    var grantedHistory: History?
    var incoming: Incoming?
    /// The power went while a snapshot took the place of what is on disk: the node must start again.
    var hasLostPower = false
    /// No mutation has come yet on this connection.
    private var isFirstMutation = true

    private var acknowledgedAt: Milliseconds = 0
    private var acknowledged: [Position] = []
    private var toldSynchronizing = false

    init(
        _ index: Int,
        _ shard: SimulatedShard,
        _ root: FaultyFolders?,
        _ weather: StreamWeather,
        mutant: StreamSimulation.Mutant?,
        seed: UInt64
    ) {
        self.index = index
        self.shard = shard
        self.root = root
        self.weather = weather
        self.mutant = mutant
        self.generator = SeededGenerator(seed: seed)
    }

    var name: String { "r\(self.index + 1)" }
    var isInsideSnapshot: Bool { self.incoming != nil }

    // MARK: Rounds

    func connected(_ wire: SimulatedWire, topology: HistoryRecord?, now: Milliseconds) {
        self.wire = wire
        self.topology = topology
        self.lastReadAt = now
        let tip = self.shard.engine.tip
        // Who has nothing has no history either.
        let history = tip == 0 ? .none : self.shard.record.history
        self.input = FollowerInput(asking: tip, isLongForm: true)
        let writer = Writer()
        let words = ["REPLICATE", "FROM", "\(tip)", "ID", self.name, "HISTORY", history.hex]
        writer.array(words.count)
        for word in words { writer.bulk(word) }
        wire.say(writer.bytes)
    }

    /// The round is over; the next one begins after the back-off.
    func disconnected(now: Milliseconds) {
        self.wire?.reset()
        self.wire = nil
        self.abandonSnapshot()
        self.topology = nil
        self.roundHistory = nil
        self.grantedHistory = nil
        self.inbox.removeAll()
        self.acknowledged = []
        self.toldSynchronizing = false
        self.isFirstMutation = true
        self.connectsAt = now + self.backoff.next(using: &self.generator)
    }

    /// The node starts again, with another shard in the place of the one that it was.
    func restarted(_ shard: SimulatedShard, now: Milliseconds) {
        self.incoming = nil
        self.hasLostPower = false
        self.disconnected(now: now)
        self.shard = shard
        self.replay = Replay(table: ClientCommands.table)
    }

    /// Takes what has arrived, applies some of it, and reports.
    func act(now: Milliseconds) throws {
        guard let wire = self.wire else { return }
        let bytes = wire.arrive(now: now)
        if !bytes.isEmpty {
            self.lastReadAt = now
            self.inbox += bytes
        }
        let isOver = wire.isOver
        // What came before the end is good.
        let isOwnEnd = try self.drain(now: now, limit: isOver ? .max : .random(in: 1...40, using: &self.generator))
        guard !self.hasLostPower else { return }
        try self.shard.dispatchLog(now: now) { .random(in: 0...30, using: &self.generator) }
        if isOver || isOwnEnd || now - self.lastReadAt > self.weather.stream.linkTimeout {
            return self.disconnected(now: now)
        }
        self.report(now: now)
    }

    // MARK: The stream

    /// - Returns: whether the connection must end.
    private func drain(now: Milliseconds, limit: Int) throws -> Bool {
        let bytes = self.inbox
        var (used, left, isEnd) = (0, limit, false)
        try bytes.withUnsafeBytes { bytes in
            while used < bytes.count, left > 0, !isEnd {
                if self.input.beginsFrame(bytes[used]) { try self.adoptHistory(now: now) }
                let next: (event: FollowerEvent?, consumed: Int)
                do throws(FollowerError) {
                    next = try self.input.next(in: Bytes(rebasing: bytes[used...]))
                } catch {
                    throw Violation(reason: "what \(self.name) is sent makes no sense: \(error)")
                }
                used += next.consumed
                guard let event = next.event else { return }
                left -= 1
                isEnd = try self.take(event, now: now)
            }
        }
        self.inbox.removeFirst(used)
        return isEnd
    }

    /// - Returns: whether the connection must end.
    private func take(_ event: FollowerEvent, now: Milliseconds) throws -> Bool {
        switch event {
        case .frame(let lsn, let command): try self.apply(lsn, command, now: now)
        case .acknowledged(_, let history):
            self.roundHistory = history
            self.grantedHistory = history
            try self.adoptHistoryIfProven(now: now)
        case .refused: return true
        case .ping: self.backoff.progressMade()
        case .snapshotBegan: try self.snapshotBegan()
        case .snapshotChunk(let bytes): try self.snapshotCame(bytes)
        case .snapshotEnded(let position): return try self.snapshotEnded(at: position, now: now)
        }
        return false
    }

    private func apply(_ lsn: LSN, _ command: Command, now: Milliseconds) throws {
        try self.shard.judge.saw(lsn, command.encoded, in: self.shard.record.history, by: self.name)
        let isSkipped = self.isFirstMutation && self.mutant == .skipMutation
        self.isFirstMutation = false
        do throws(ApplyError) {
            if isSkipped {
                try self.applyNothing(lsn, now: now)
            } else {
                try self.shard.engine.applyFrame(lsn, command, &self.replay, now: now)
            }
        } catch {
            throw Violation(reason: "\(self.name) cannot apply what it is sent: \(error)")
        }
        self.counters.frames += 1
        self.backoff.progressMade()
    }

    /// What leaders of groups begin with changes nothing.
    private func applyNothing(_ lsn: LSN, now: Milliseconds) throws(ApplyError) {
        var parser = CommandParser()
        guard case .command = parser.next(in: Bytes("*1\r\n$4\r\nPING\r\n")) else { return }
        try self.shard.engine.applyFrame(lsn, parser.current, &self.replay, now: now)
    }

    // MARK: Histories

    /// Makes the granted history the shard's own, before the first mutation of it is applied.
    private func adoptHistory(now: Milliseconds) throws {
        guard let granted = self.grantedHistory else { return }
        self.grantedHistory = nil
        guard self.shard.record.history != granted || !self.shard.record.isFollowed else { return }
        try self.shard.changeHistory(to: self.record(granted), now: now)
    }

    /// The primary may send no mutation for long; what it said of itself may show all the same that the data is its own.
    private func adoptHistoryIfProven(now: Milliseconds) throws {
        guard let granted = self.grantedHistory, let topology = self.topology, topology.history == granted else {
            return
        }
        let tip = self.shard.engine.tip
        let own = self.shard.record.history
        let isShared = topology.ancestors.contains { $0.history == own && $0.left >= tip }
        if isShared || tip == 0 { try self.adoptHistory(now: now) }
    }

    /// What the shard's record of a history becomes.
    private func record(_ granted: History) -> HistoryRecord {
        let record = self.shard.record
        let tip = self.shard.engine.tip
        guard record.history != granted else { return record.followed() }
        if let topology = self.topology, topology.history == granted {
            return HistoryRecord(history: granted, ancestors: topology.ancestors, sync: record.sync).followed()
        }
        let next = tip == 0 ? HistoryRecord(history: granted, sync: record.sync) : record.left(at: tip, for: granted)
        return next.followed()
    }

    // MARK: Reports

    private func report(now: Milliseconds) {
        guard self.roundHistory != nil else { return }
        if self.isInsideSnapshot != self.toldSynchronizing {
            self.toldSynchronizing = self.isInsideSnapshot
            self.say("REPLCONF STATE 0 0 \(self.isInsideSnapshot ? 1 : 0)\r\n")
        }
        let progress = self.progress
        guard progress != self.acknowledged || now - self.acknowledgedAt >= 1000 else { return }
        self.acknowledged = progress
        self.acknowledgedAt = now
        self.say("REPLCONF ACK " + progress.map { "\($0)" }.joined(separator: " ") + "\r\n")
    }

    /// What is applied, and what is durable where there is a disk. What it holds under another history is nothing that the
    /// primary may count.
    private var progress: [Position] {
        guard self.roundHistory == self.shard.record.history, !self.isInsideSnapshot else { return [0] }
        return [self.shard.engine.tip] + (self.shard.engine.log.map { [$0.durable] } ?? [])
    }

    private func say(_ line: String) {
        var line = line
        line.withUTF8 { self.wire?.say(Bytes($0)) }
    }
}
