// The shard of a node: its engine, what it keeps on disk, and the thread of its log. It is driven as a server drives its shards,
// without the server.

internal import Engine
internal import Keyspace
internal import Primitives
internal import RESP
internal import Replication
internal import ReplicationLog

final class SimulatedShard {
    /// What it has on disk.
    struct Store {
        var files: any LogStorage
        var log: ReplicationLog
        /// The position of the newest dump that counts; 0 without any.
        var dumped: Position
        /// A dump that is written, and counts once the log has what it holds.
        var draft: (draft: DumpDraft, position: Position)?
    }

    let name: String
    let judge: StreamJudge
    /// nil for one that keeps nothing.
    var store: Store?
    /// Whose numbering its data belongs to.
    var record: HistoryRecord
    var engine: Engine
    private(set) var flight: CrashSimulation.Flight?

    /// One that has nothing, and keeps nothing.
    init(inMemory name: String, _ record: HistoryRecord, _ weather: StreamWeather, _ judge: StreamJudge) {
        self.name = name
        self.judge = judge
        self.record = record
        self.engine = Engine(seed: 1, history: record.history, options: weather.stream)
        self.engine.setFollowing(record.isFollowed)
    }

    /// One that starts with what its disk has.
    /// - Parameters:
    ///   - record: the history that it goes on with; safe on the disk already.
    ///   - sync: when its log syncs.
    init(
        _ name: String,
        _ stored: StoredShard,
        _ record: HistoryRecord,
        _ weather: StreamWeather,
        sync: LogSync,
        now: Milliseconds,
        _ judge: StreamJudge
    ) throws {
        self.name = name
        self.judge = judge
        self.record = record
        self.store = Store(files: stored.files, log: stored.log, dumped: stored.dump?.position ?? 0)
        let slots = try stored.files.contents(of: SlotTable.fileName).map { json in
            try SlotTable.read(
                json,
                history: record.history,
                ancestors: record.ancestors,
                limits: weather.slots,
                loadedAt: now
            ).table
        }
        let (log, tip) = (stored.log, stored.log.last)
        self.engine = Engine(
            seed: 1,
            history: record.history,
            tip: tip,
            log: ShardLog(sync: sync, indexInterval: weather.log.indexInterval, tip: tip),
            logMap: log.map,
            slots: slots
                ?? SlotTable(
                    history: record.history,
                    ancestors: record.ancestors,
                    limits: weather.slots,
                    loadedAt: now
                ),
            options: weather.stream
        )
        if let dump = stored.dump { self.engine.keyspace.adopt(dump.takeKeyspace()) }
        try self.replay(log, in: stored.previous?.history ?? record.history)
        self.engine.setFollowing(record.isFollowed)
    }

    /// Reads the log after the dump. Every record must be one that was numbered.
    private func replay(_ log: ReplicationLog, in history: History) throws {
        let reader = LogReader(log.storage, log.map, after: self.store?.dumped ?? 0)
        var replay = Replay(table: ClientCommands.table)
        var failure: (any Error)?
        self.engine.keyspace.decidesExpiry = false
        try reader.read(through: log.last) { record in
            do {
                try self.judge.saw(record.lsn, record.payload, in: history, by: "\(self.name)'s log")
                try replay.apply(record.payload, lsn: record.lsn, to: &self.engine)
                return true
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
    }

    // MARK: Data

    /// Holds the data against what the primary had at the same position.
    /// - Parameter isFirst: this is the primary.
    func compare(isFirst: Bool = false) throws {
        // Views that were given up are turned back in slices.
        while self.engine.keyspace.releaseSlice() {}
        guard let pass = DigestPass(on: &self.engine.keyspace) else { return }
        while !pass.step(on: &self.engine.keyspace, bytes: 1 << 20) {}
        try self.judge.saw(
            pass.digest,
            at: self.engine.tip,
            in: self.record.history,
            by: self.name,
            isFirst: isFirst
        )
    }

    /// Goes on under another history, once that is safe.
    func changeHistory(to record: HistoryRecord, now: Milliseconds) throws {
        try self.store?.files.replace(HistoryRecord.fileName, with: record.json)
        self.record = record
        self.engine.changeHistory(to: record.history, ancestors: record.ancestors, now: now)
    }

    // MARK: The log's thread

    /// Gives the log's thread what has gathered, unless it has a job.
    /// - Parameter delay: how long its next step takes; a job has two.
    func dispatchLog(now: Milliseconds, delay: () -> Milliseconds) throws {
        guard self.flight == nil, let job = self.engine.takeLogJob(now: now) else { return }
        try self.note(job)
        let runsAt = now + delay()
        self.flight = CrashSimulation.Flight(job: job, runsAt: runsAt, endsAt: runsAt + delay())
    }

    /// Notes the mutations of a job; one that is tried again has the same.
    private func note(_ job: LogJob) throws {
        var failure: (any Error)?
        job.batch?.forEachRecord { lsn, mutation in
            do {
                try self.judge.saw(lsn, mutation, in: self.record.history, by: self.name)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Lets the log's thread go on to where it is by now.
    /// - Parameter isForced: whatever is out ends, and does not take its time.
    /// - Returns: segments that left the log.
    func advanceLog(now: Milliseconds, isForced: Bool = false) throws -> Int {
        var pruned = 0
        while let flight = self.flight, isForced || flight.nextAt <= now, let log = self.store?.log {
            guard let outcome = flight.outcome else {
                self.flight?.outcome = flight.job.run(on: log)
                continue
            }
            self.flight = nil
            self.engine.logCompleted(outcome, now: now)
            pruned += outcome.detached.count
            // What stays goes first when more has left the log, or leaves it again at the next start.
            try? ReplicationLog.remove(outcome.detached, from: log.storage)
            try self.commitDump()
        }
        return pruned
    }

    /// The power goes while the log's thread has a job.
    /// - Parameter changes: of the disk that still happen; nil for all.
    func runLastJob(on storage: FaultyStorage, changes: Int?) {
        guard let flight = self.flight, flight.outcome == nil, let log = self.store?.log else { return }
        storage.faults.changesBeforePowerLoss = changes
        _ = flight.job.run(on: log)
    }

    // MARK: Dumps

    /// Writes a dump of this moment.
    func writeDump(now: Milliseconds) throws {
        guard let files = self.store?.files, self.store?.draft == nil else { return }
        let facts = SnapshotFacts(history: self.record.history, position: self.engine.tip, now: now)
        guard let snapshot = SnapshotWriter(on: &self.engine.keyspace, facts) else { return }
        let (draft, writer) = (try DumpDraft(files), Writer())
        while !snapshot.write(from: &self.engine.keyspace, into: writer, limit: 4096) {}
        try draft.append(writer.bytes)
        try draft.sync()
        self.store?.draft = (draft, facts.position)
        self.engine.log?.requestSync(through: facts.position)
        try self.commitDump()
    }

    /// Lets a dump count, once the log has what it holds.
    private func commitDump() throws {
        guard let (draft, position) = self.store?.draft, let log = self.engine.log, log.failure == nil,
            log.durable >= position
        else { return }
        try draft.commit()
        self.store?.draft = nil
        self.store?.dumped = position
    }

    /// Writes and syncs what is left, and puts on record that nothing was sent beyond it.
    func shutDown(now: Milliseconds) throws {
        guard let store = self.store, let log = self.engine.log else { return }
        _ = try self.advanceLog(now: now, isForced: true)
        for _ in 0..<2 where log.durable < log.last {
            guard let job = self.engine.takeLogJob(now: now, isLast: true) else { break }
            try self.note(job)
            self.engine.logCompleted(job.run(on: store.log), now: now)
        }
        if let slots = self.engine.replicas.slots.takeFinalSave(now: now) {
            try store.files.replace(SlotTable.fileName, with: slots)
        }
        guard log.durable == log.last else { return }
        var record = self.record
        record.cleanShutdown = store.log.durable
        try store.files.replace(HistoryRecord.fileName, with: record.json)
    }
}
