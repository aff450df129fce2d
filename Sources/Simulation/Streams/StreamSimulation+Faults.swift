// What goes wrong, and what must be so when nothing does any more.

internal import Engine
internal import Primitives
internal import Replication
internal import ReplicationLog

extension StreamSimulation {
    func faultHappens() throws {
        let replica = self.replicas[.random(in: self.replicas.indices, using: &self.generator)]
        switch Int.random(in: 0..<16, using: &self.generator) {
        case 0...4: self.reset(replica, afterBytes: .random(in: 0...1_500, using: &self.generator))
        case 5...6: for replica in self.replicas { self.reset(replica, afterBytes: 0) }
        case 7...9: replica.wire?.standStill(until: self.now + .random(in: 100...4_000, using: &self.generator))
        // A process that is killed leaves what the system has; a loss of power what the disk has.
        case 10...11: try self.restart(replica, isPowerLoss: Bool.random(using: &self.generator))
        case 12...13: try self.clientsWrite(30)
        case 14: try self.losePower()
        default: try self.shutDown()
        }
    }

    private func reset(_ replica: SimulatedReplica, afterBytes count: Int) {
        guard let wire = replica.wire, !wire.isOver else { return }
        self.report.resets += 1
        if replica.isInsideSnapshot { self.report.resetsInsideSnapshots += 1 }
        wire.reset(afterBytes: count)
        self.note("the connection of \(replica.name) breaks after \(count) bytes")
    }

    /// A replica starts again: with nothing, or with what its disk has.
    func restart(_ replica: SimulatedReplica, isPowerLoss: Bool) throws {
        if let root = replica.root {
            self.report.diskRestarts += 1
            if isPowerLoss { root.crash(using: &self.generator) }
        } else {
            self.report.emptyRestarts += 1
        }
        replica.restarted(try self.emptyOrStored(replica.name, replica.root), now: self.now)
        self.note("\(replica.name) starts again at \(replica.shard.engine.tip)")
        try replica.shard.compare()
    }

    // MARK: The primary's ends

    /// The power goes: while nothing is being written, or in the middle of a job.
    private func losePower() throws {
        guard self.returnsAt == nil else { return }
        let shard = self.primary.shard
        try self.clientsWrite(4)
        if Bool.random(using: &self.generator) {
            // Replicas may have what the disk does not have yet.
            try self.turnOfPrimary()
            for index in self.replicas.indices { try self.act(index) }
        }
        try shard.dispatchLog(now: self.now) { 1 }
        let changes = [0...1, 1...2, 2...12, nil].randomElement(using: &self.generator) ?? nil
        shard.runLastJob(
            on: self.logStorage,
            changes: changes.map { .random(in: $0, using: &self.generator) }
        )
        self.report.crashes += 1
        self.ended(isInOrder: false)
        self.root.crash(using: &self.generator)
    }

    /// The primary stops in order.
    private func shutDown() throws {
        guard self.returnsAt == nil else { return }
        self.report.shutdowns += 1
        try self.primary.shard.shutDown(now: self.now)
        let log = self.primary.shard.engine.log
        self.ended(isInOrder: log?.durable == log?.last)
    }

    private func ended(isInOrder: Bool) {
        let shard = self.primary.shard
        self.lastLife = LastLife(
            history: shard.record.history,
            tip: shard.engine.tip,
            shown: shard.engine.stream.tip,
            durable: shard.store?.log.durable ?? 0,
            isInOrder: isInOrder
        )
        self.note("the primary ends at \(shard.engine.tip)\(isInOrder ? " in order" : "")")
        self.primary.leave(isPowerLoss: !isInOrder)
        self.report.add(shard.engine.stream)
        self.returnsAt = self.now + .random(in: 0...800, using: &self.generator)
    }

    /// The primary begins again on what its disk has.
    func recover() throws {
        guard let last = self.lastLife else { return }
        self.returnsAt = nil
        self.lastLife = nil
        self.logStorage.faults = FaultyStorage.Faults()
        let shard = try SimulatedShard.start(
            "the primary",
            on: self.root,
            self.weather,
            fresh: History(using: &self.generator),
            mutant: self.scenario.mutant,
            now: self.now,
            self.judge
        )
        let (history, tip) = (shard.record.history, shard.engine.tip)
        self.note("the primary begins at \(tip)\(history == last.history ? "" : " in another history")")
        guard tip >= last.durable else {
            throw Violation(reason: "\(last.durable) was durable, and \(tip) came back")
        }
        let keepsHistory = last.isInOrder || self.scenario.sync == .always
        guard !keepsHistory || (history == last.history && last.shown <= tip) else {
            throw Violation(reason: "links saw \(last.shown), and \(tip) came back; the history must go on from there")
        }
        self.report.lost += Int(last.tip - min(tip, last.tip))
        self.report.historyChanges += history == last.history ? 0 : 1
        self.report.replicasAhead += self.replicas.count {
            $0.shard.record.history == last.history && $0.shard.engine.tip > tip
        }
        self.judge.left(last.history, at: tip, for: history)
        try shard.compare(isFirst: true)
        self.primary = self.primary(shard)
        self.disk = CrashSimulation.Disk(using: &self.generator, from: self.now)
    }

    // MARK: Calm

    /// Nothing goes wrong any more: every replica becomes current, while clients write and after that.
    func calm() throws {
        self.logStorage.faults = FaultyStorage.Faults()
        self.disk.heal()
        for replica in self.replicas { replica.wire?.heal() }
        if self.returnsAt != nil { self.returnsAt = self.now }
        self.note("nothing goes wrong any more")
        let beganAt = self.now
        for _ in 0..<20 {
            try self.calmStep()
            try self.clientsWrite(1)
        }
        while !self.isEverybodyCurrent {
            try self.calmStep()
            guard self.now - beganAt <= Self.patience else { throw self.notCurrent }
        }
        self.report.millisecondsToAgree = self.now - beganAt
        for replica in self.replicas { try replica.shard.compare() }
        // What snapshots have left behind is tidied up by itself.
        for _ in 0..<30 { try self.calmStep() }
        let snapshots = self.primary.shard.engine.stream.snapshots
        guard self.primary.shard.engine.productions.isEmpty, snapshots.isIdle else {
            throw Violation(reason: "a view of the data is kept for a snapshot that nobody is sent")
        }
    }

    private func calmStep() throws {
        self.now += 25
        try self.passTime()
        // The disk that came with a recovery is well, too.
        self.disk.heal()
        try self.turnOfPrimary()
        self.read(isBroken: false)
        for index in self.replicas.indices { try self.act(index) }
    }

    private var isEverybodyCurrent: Bool {
        guard self.returnsAt == nil else { return false }
        let shard = self.primary.shard
        return self.replicas.allSatisfy {
            $0.shard.engine.tip == shard.engine.tip && $0.shard.record.history == shard.record.history
        }
    }

    private var notCurrent: Violation {
        let places = self.replicas.map { replica in
            let isOther = replica.shard.record.history != self.primary.shard.record.history
            return "\(replica.name) at \(replica.shard.engine.tip)\(isOther ? " of another history" : "")"
        }
        let (tip, list) = (self.primary.shard.engine.tip, places.joined(separator: ", "))
        return Violation(reason: "long after the faults the primary is at \(tip), and \(list)")
    }
}
