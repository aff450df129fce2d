// The power goes and comes back, and what came back is held against what was promised.

internal import Engine
internal import Keyspace
internal import Primitives
internal import RESP
internal import Replication
internal import ReplicationLog

extension CrashSimulation {
    /// The power goes: while nothing is being written, or in the middle of a job.
    func crash() {
        if let flight = self.flight, flight.outcome == nil, Int.random(in: 0..<4, using: &self.generator) > 0 {
            // A job is a write and a sync, or much more where a segment ends or something is written again.
            let changes = [0...1, 1...2, 1...2, 2...12, nil].randomElement(using: &self.generator) ?? nil
            self.storage.faults.changesBeforePowerLoss = changes.map { .random(in: $0, using: &self.generator) }
            _ = flight.job.run(on: self.log)
        }
        self.flight = nil
        self.report.crashes += 1
        self.report.segments = max(self.report.segments, self.log.map.bounds.segments)
        self.storage.crash(using: &self.generator)
    }

    /// Begins again on what the disk has.
    func recover() throws {
        let durable = self.log.durable
        let shown = self.engine.stream.tip
        self.storage.faults = FaultyStorage.Faults()
        self.storage.faults.hasShortWrites = Bool.random(using: &self.generator)
        if Int.random(in: 0..<4, using: &self.generator) == 0 {
            // The power goes again while the log is being opened.
            self.storage.faults.changesBeforePowerLoss = .random(in: 0...6, using: &self.generator)
            _ = try? ReplicationLog.open(self.storage, options: self.logOptions)
            self.storage.crash(using: &self.generator)
        }
        let (log, recovery) = try ReplicationLog.open(self.storage, options: self.logOptions)
        if recovery.cut != nil { self.report.cuts += 1 }
        self.log = log
        let tip = log.last
        guard tip >= durable else { throw Violation(reason: "\(durable) was durable, and \(tip) came back") }
        guard self.scenario.sync != .always || shown <= tip else {
            throw Violation(reason: "links saw \(shown), and \(tip) came back")
        }
        try self.checkReplies(tip)
        try self.goOn(tip)
        try self.replay(from: recovery.oldest, through: tip)
        try self.compareWithModel(tip)
        self.left.removeAll()
        self.waiting.removeAll()
        self.suspect = 0
    }

    // MARK: Replies

    private func checkReplies(_ tip: Position) throws {
        let lost = self.left.filter { $0.position > tip }
        self.report.lost += lost.count
        guard let last = lost.last, let leftAt = last.leftAt else { return }
        switch self.scenario.sync {
        case .always:
            throw Violation(reason: "the reply to \(last.position) had left, and \(tip) came back")
        case .everysec:
            // Of the records that are lost, the oldest; its number may be that of a command that was told nothing yet.
            let oldest = self.events.first { $0.tip > tip }?.time ?? self.now
            guard leftAt - oldest <= ShardLog.latestSync else {
                throw Violation(reason: "writes of \(leftAt - oldest) ms are lost, which had been acknowledged")
            }
            guard let first = lost.first, self.disk.isGood else { return }
            let age = self.now - first.madeAt
            guard age <= ShardLog.latestSync + Self.tickInterval else {
                throw Violation(reason: "\(first.position) was acknowledged \(age) ms before the crash, and is lost")
            }
        case .no:
            break
        }
    }

    // MARK: Histories

    /// A new engine takes over where the log ends, under the history that the last run's record allows.
    private func goOn(_ tip: Position) throws {
        let start = HistoryStart.decide(
            previous: self.record,
            recoveredTip: tip,
            fresh: History(using: &self.generator),
            sync: self.scenario.sync
        )
        let isSame = start.record.history == self.record.history
        guard isSame == (self.scenario.sync == .always) else {
            throw Violation(
                reason: "the history \(isSame ? "went on" : "changed") under \(self.scenario.sync.rawValue)"
            )
        }
        if !isSame {
            let old = Ancestor(history: self.record.history, left: tip)
            guard start.record.ancestors.last == old else {
                throw Violation(reason: "the history that was left at \(tip) is not on record")
            }
        }
        self.record = start.record
        self.report.ancestors = start.record.ancestors.count
        self.engine = Self.engine(self.scenario, self.logOptions, history: start.record.history, tip: tip)
    }

    // MARK: Data

    /// Reads the log into the new engine. Every record must be the one that was given to the log's thread.
    private func replay(from oldest: Position, through tip: Position) throws {
        guard oldest == 0 else { throw Violation(reason: "the log begins after \(oldest)") }
        let reader = LogReader(self.storage, self.log.map, after: 0)
        var replay = Replay(table: ClientCommands.table)
        var violation: Violation?
        var next: LSN = 1
        self.engine.keyspace.decidesExpiry = false
        try reader.read(through: tip) { record in
            guard record.lsn == next, record.lsn <= LSN(self.mutations.count),
                record.payload.elementsEqual(self.mutations[Int(record.lsn) - 1])
            else {
                violation = Violation(reason: "the record \(record.lsn) that came back was never written")
                return false
            }
            next += 1
            do throws(ReplayError) {
                try replay.apply(record.payload, lsn: record.lsn, to: &self.engine)
                return true
            } catch {
                violation = Violation(reason: "\(error)")
                return false
            }
        }
        if let violation { throw violation }
        self.engine.keyspace.decidesExpiry = true
        self.mutations.removeLast(self.mutations.count - Int(tip))
    }

    /// What came back is what a fresh engine has that carries out the same commands, as far as they came back.
    private func compareWithModel(_ tip: Position) throws {
        self.dropLostEvents(tip)
        var model = Self.engine(self.scenario, nil, history: self.record.history, tip: 0)
        var replay = Replay(table: ClientCommands.table)
        let reply = Writer()
        var replayed: Position = 0
        for event in self.events {
            switch event.act {
            case .command(let bytes): bytes.withUnsafeBytes { model.carryOut($0, now: event.time, reply) }
            case .tick: while model.tick(now: event.time).isMoreDue {}
            case .mutations(let lsns):
                for lsn in lsns {
                    try self.mutations[Int(lsn) - 1].withUnsafeBytes { try replay.apply($0, lsn: lsn, to: &model) }
                    replayed += 1
                }
            }
            let number = model.stream.tip + replayed
            guard number == event.tip else {
                throw Violation(reason: "the model numbered \(number) where the shard numbered \(event.tip)")
            }
        }
        let (count, expectedCount) = (self.engine.keyspace.count, model.keyspace.count)
        let contents = self.engine.contents(of: Self.clientCommands.keys)
        let expected = model.contents(of: Self.clientCommands.keys)
        guard count == expectedCount, contents == expected else {
            throw Violation(reason: "the data up to \(tip) is not what its commands make")
        }
    }

    /// Forgets what was carried out behind the tip. Of a command with several mutations some may have come back.
    private func dropLostEvents(_ tip: Position) {
        guard let index = self.events.firstIndex(where: { $0.tip > tip }) else { return }
        let before = index > 0 ? self.events[index - 1].tip : 0
        let time = self.events[index].time
        self.events.removeLast(self.events.count - index)
        if before < tip { self.events.append(Event(act: .mutations((before + 1)...tip), time: time, tip: tip)) }
    }
}
