// A primary and its replicas in virtual time: real shards with real logs on disks that lose and tear, real links over connections
// that take little, cut bytes anywhere and break. Clients write; replicas fall behind, resume from memory and disk, are copied,
// and start again; the primary loses power in the middle of writing. Then nothing goes wrong any more, and every replica must
// become current. At every step what is seen anywhere is held against what the primary had (`StreamJudge`).
//
// Everything follows from the scenario: what a seed finds it finds again.

internal import Engine
internal import Primitives
internal import RESP
internal import Replication
internal import ReplicationLog

package final class StreamSimulation {
    typealias Violation = CrashSimulation.Violation

    /// What a primary had when it ended.
    struct LastLife {
        var history: History
        var tip: Position
        /// What links had been shown, and what was durable.
        var shown: Position
        var durable: Position
        /// Everything that links were shown was on disk, and that is on record.
        var isInOrder: Bool
    }

    static let tickInterval: Milliseconds = 100
    static let sweepInterval: Milliseconds = 300
    /// After the faults; a replica that is not current by then never will be.
    static let patience: Milliseconds = 60_000

    let scenario: Scenario
    let weather: StreamWeather
    let clients: ClientCommands
    let judge = StreamJudge()
    var generator: SeededGenerator
    var report: Report
    var now: Milliseconds = 1_000_000

    let root: FaultyFolders
    let logStorage: FaultyStorage
    var disk = CrashSimulation.Disk()
    var primary: SimulatedPrimary
    /// When the primary comes back; nil while it is there.
    var returnsAt: Milliseconds?
    var lastLife: LastLife?
    var replicas: [SimulatedReplica] = []

    private var ticksAt: Milliseconds = 0
    private var sweepsAt: Milliseconds = 0
    private var lastWire: UInt64 = 0
    private let trace: ((String) -> Void)?

    private init(_ scenario: Scenario, trace: ((String) -> Void)?) throws {
        var generator = SeededGenerator(seed: scenario.seed)
        let weather = StreamWeather(scenario, using: &generator)
        self.scenario = scenario
        self.weather = weather
        self.trace = trace
        self.report = Report(scenario)
        self.report.replicas = weather.replicasOnDisk.count
        // What looks like the beginning of a frame stands wherever a stream may be cut.
        self.clients = ClientCommands(
            keyCount: weather.keyCount,
            hasCollections: weather.hasCollections,
            filler: "*"
        )
        self.root = FaultyFolders(seed: generator.next())
        let shard = try SimulatedShard.start(
            "the primary",
            on: self.root,
            weather,
            fresh: History(using: &generator),
            mutant: scenario.mutant,
            now: self.now,
            self.judge
        )
        self.logStorage = try StoredShard.logStorage(in: self.root)
        self.primary = Self.primary(shard, scenario, trace)
        self.generator = generator
        for index in weather.replicasOnDisk.indices { self.replicas.append(try self.replica(index)) }
    }

    private static func primary(
        _ shard: SimulatedShard,
        _ scenario: Scenario,
        _ trace: ((String) -> Void)?
    ) -> SimulatedPrimary {
        SimulatedPrimary(shard, ignoresHistory: scenario.mutant == .ignoreHistory) { trace?("    \($0)") }
    }

    func primary(_ shard: SimulatedShard) -> SimulatedPrimary { Self.primary(shard, self.scenario, self.trace) }

    private func replica(_ index: Int) throws -> SimulatedReplica {
        let root = self.weather.replicasOnDisk[index] ? FaultyFolders(seed: self.generator.next()) : nil
        return SimulatedReplica(
            index,
            try self.emptyOrStored("r\(index + 1)", root),
            root,
            self.weather,
            mutant: self.scenario.mutant,
            seed: self.generator.next()
        )
    }

    /// A replica's shard as it starts.
    func emptyOrStored(_ name: String, _ root: FaultyFolders?) throws -> SimulatedShard {
        let fresh = History(using: &self.generator)
        guard let root else {
            let record = HistoryRecord(history: fresh, sync: self.weather.sync, isFollowed: true)
            return SimulatedShard(inMemory: name, record, self.weather, self.judge)
        }
        return try SimulatedShard.start(
            name,
            on: root,
            self.weather,
            fresh: fresh,
            isFollower: true,
            mutant: self.scenario.mutant,
            now: self.now,
            self.judge
        )
    }

    /// Runs a scenario to its end, or to the first broken promise.
    /// - Parameter trace: gets a line for everything that matters.
    package static func run(_ scenario: Scenario, trace: ((String) -> Void)? = nil) -> Report {
        var report = Report(scenario)
        do {
            let simulation = try StreamSimulation(scenario, trace: trace)
            do {
                try simulation.run()
            } catch let violation as Violation {
                simulation.report.violation = violation.reason
            } catch {
                simulation.report.violation = "\(error)"
            }
            simulation.finishReport()
            report = simulation.report
        } catch {
            report.violation = "\(error)"
        }
        if let violation = report.violation { trace?("violation: \(violation)") }
        return report
    }

    private func run() throws {
        self.disk = CrashSimulation.Disk(using: &self.generator, from: self.now)
        for _ in 0..<self.weather.steps {
            try self.step()
            if Int.random(in: 0..<self.weather.faultInterval, using: &self.generator) == 0 { try self.faultHappens() }
        }
        try self.calm()
    }

    // MARK: Steps

    private func step() throws {
        self.report.steps += 1
        self.now += .random(in: 0...self.weather.longestStep, using: &self.generator)
        try self.passTime()
        switch Int.random(in: 0..<12, using: &self.generator) {
        case 0...2: try self.clientsWrite(.random(in: 1...4, using: &self.generator))
        case 3: if self.returnsAt == nil { self.primary.listen() }
        case 4...5: try self.turnOfPrimary()
        case 6: self.read(isBroken: Int.random(in: 0..<12, using: &self.generator) == 0)
        default: try self.act(.random(in: self.replicas.indices, using: &self.generator))
        }
        try self.checkPositions()
    }

    /// What happens by itself when its time has come.
    func passTime() throws {
        if self.now >= self.disk.changesAt { self.disk.change(self.logStorage, using: &self.generator) }
        if let at = self.returnsAt, self.now >= at { try self.recover() }
        if self.returnsAt == nil { self.report.segmentsPruned += try self.primary.shard.advanceLog(now: self.now) }
        for replica in self.replicas { _ = try replica.shard.advanceLog(now: self.now) }
        guard self.now >= self.ticksAt else { return }
        self.ticksAt = self.now + Self.tickInterval
        for replica in self.replicas { while replica.shard.engine.tick(now: self.now).isMoreDue {} }
        if self.returnsAt == nil { try self.tickPrimary() }
    }

    private func tickPrimary() throws {
        let shard = self.primary.shard
        while shard.engine.tick(now: self.now).isMoreDue {}
        try shard.compare(isFirst: true)
        if let slots = shard.engine.replicas.slots.takeSave(now: self.now) {
            try shard.store?.files.replace(SlotTable.fileName, with: slots)
        }
        guard self.now >= self.sweepsAt, let store = shard.store else { return }
        self.sweepsAt = self.now + Self.sweepInterval
        let sweep = shard.engine.sweepLog(dumped: store.dumped, bounds: self.weather.bounds, now: self.now)
        let isLogLong = store.log.map.retainedBytes(after: store.dumped) >= self.weather.dumpAfterBytes
        guard sweep.needsDump || isLogLong, store.draft == nil else { return }
        self.report.dumps += 1
        try shard.writeDump(now: self.now)
    }

    /// Clients write, unless writes are refused.
    func clientsWrite(_ count: Int) throws {
        let shard = self.primary.shard
        for _ in 0..<count where self.returnsAt == nil && shard.engine.log?.failure == nil {
            self.report.commands += 1
            if Int.random(in: 0..<8, using: &self.generator) == 0 {
                let commands = (0..<3).map { _ in self.clients.next(using: &self.generator) }
                shard.engine.carryOutTogether(commands, now: self.now)
            } else {
                let command = self.clients.next(using: &self.generator)
                command.withUnsafeBytes { shard.engine.carryOut($0, now: self.now, Writer()) }
            }
        }
        if self.returnsAt == nil { try shard.compare(isFirst: true) }
    }

    func turnOfPrimary() throws {
        guard self.returnsAt == nil else { return }
        self.primary.listen()
        try self.primary.turn(now: self.now) { self.disk.delay(using: &self.generator) }
    }

    func read(isBroken: Bool) {
        guard self.returnsAt == nil,
            let isRead = self.primary.read(isBroken: isBroken, on: self.logStorage)
        else { return }
        if isRead { self.report.diskReads += 1 } else { self.report.failedReads += 1 }
    }

    /// A replica connects, or takes what has come.
    func act(_ index: Int) throws {
        let replica = self.replicas[index]
        guard replica.wire == nil else {
            let before = replica.shard.engine.tip
            try replica.act(now: self.now)
            if replica.hasLostPower {
                self.report.interruptedInstallations += 1
                return try self.restart(replica, isPowerLoss: true)
            }
            if replica.shard.engine.tip != before { self.note("\(replica.name) is at \(replica.shard.engine.tip)") }
            if Int.random(in: 0..<4, using: &self.generator) == 0 { try replica.shard.compare() }
            return
        }
        guard self.returnsAt == nil, self.now >= replica.connectsAt else { return }
        self.lastWire += 1
        self.report.connections += 1
        let wire = SimulatedWire(
            number: self.lastWire,
            capacityBytes: self.weather.wireBytes,
            seed: self.generator.next()
        )
        self.primary.accept(wire)
        let topology = self.weather.replicasWithTopology[index] ? self.primary.shard.record : nil
        replica.connected(wire, topology: topology, now: self.now)
        self.note("\(replica.name) connects at \(replica.shard.engine.tip)")
    }

    // MARK: Promises that hold at every step

    private func checkPositions() throws {
        let shard = self.primary.shard
        if self.returnsAt == nil, self.scenario.sync == .always, let durable = shard.engine.log?.durable {
            guard shard.engine.stream.tip <= durable else {
                throw Violation(reason: "links see \(shard.engine.stream.tip), and \(durable) is durable")
            }
        }
        for replica in self.replicas where replica.shard.record.history == shard.record.history {
            let (tip, most) = (replica.shard.engine.tip, shard.engine.stream.tip)
            self.report.mix(tip)
            guard tip <= most else {
                throw Violation(reason: "\(replica.name) is at \(tip) of a history that has come to \(most)")
            }
        }
        self.report.mix(shard.engine.tip)
    }

    // MARK: Notes

    func note(_ text: @autoclosure () -> String) { self.trace?("\(self.now) \(text())") }

    private func finishReport() {
        self.report.add(self.primary.shard.engine.stream)
        self.report.comparisons = self.judge.comparisons
        for replica in self.replicas {
            self.report.frames += replica.counters.frames
            self.report.snapshotsInstalled += replica.counters.snapshotsInstalled
            self.report.snapshotsAbandoned += replica.counters.snapshotsAbandoned
        }
    }
}
