// A shard with its log on a disk that fails, in virtual time: clients write, the log's thread takes its time, the disk tears,
// fills up and loses what it was told to sync, and in the end the power goes. What comes back is compared with what was
// promised. A run may go through several such lives of the same disk.
//
// Everything follows from the scenario: what a seed finds it finds again.

internal import Engine
internal import Keyspace
internal import Primitives
internal import RESP
internal import Replication
package import ReplicationLog

package final class CrashSimulation {
    /// What decides a run.
    package struct Scenario: Equatable, Sendable {
        package var seed: UInt64
        package var sync: LogSync
        /// A planted bug: replies leave without asking whether they may.
        package var repliesAtOnce = false

        package init(seed: UInt64, sync: LogSync) {
            self.seed = seed
            self.sync = sync
        }
    }

    /// What a run came to.
    package struct Report: Equatable, Sendable {
        package var scenario: Scenario
        /// The promise that was broken; the run ended there.
        package var violation: String?
        package var commands = 0
        /// Writes that were refused while the log failed.
        package var refused = 0
        package var acknowledged = 0
        /// Replies that had to wait.
        package var held = 0
        package var jobs = 0
        package var failedJobs = 0
        package var crashes = 0
        /// Acknowledged writes that a crash lost.
        package var lost = 0
        /// Recoveries that cut something off the log.
        package var cuts = 0
        package var segments = 0
        package var ancestors = 0
    }

    /// A promise that was broken.
    struct Violation: Error { var reason: String }

    /// What was carried out, so that a model can do the same.
    struct Event {
        enum Act {
            /// A command as it came from a client.
            case command([UInt8])
            case tick
            /// Mutations of which the rest was lost.
            case mutations(ClosedRange<LSN>)
        }
        var act: Act
        var time: Milliseconds
        /// The tip behind it.
        var tip: Position
    }

    /// A reply, made when its command was carried out.
    struct Reply {
        var position: Position
        var madeAt: Milliseconds
        var leftAt: Milliseconds?
    }

    /// A job that the log's thread has.
    struct Flight {
        var job: LogJob
        var runsAt: Milliseconds
        var endsAt: Milliseconds
        var outcome: LogOutcome?

        var nextAt: Milliseconds { self.outcome == nil ? self.runsAt : self.endsAt }
    }

    static let tickInterval: Milliseconds = 100

    let scenario: Scenario
    let logOptions: LogOptions
    let storage: FaultyStorage
    var generator: SeededGenerator
    var report: Report
    var now: Milliseconds = 1_000_000

    var log: ReplicationLog
    var engine: Engine
    var record: HistoryRecord
    var flight: Flight?
    var disk = Disk()

    /// What lies before the tip, and what was numbered since the last recovery.
    var events: [Event] = []
    /// Every mutation that the log's thread was ever given, by its LSN.
    var mutations: [[UInt8]] = []
    /// Replies that have left, and those that wait, since the last recovery.
    var left: [Reply] = []
    var waiting: [Reply] = []
    /// Everything up to here had been given to the log's thread when the log failed last.
    var suspect: Position = 0

    private init(_ scenario: Scenario) throws {
        self.scenario = scenario
        self.report = Report(scenario: scenario)
        self.generator = SeededGenerator(seed: scenario.seed)
        self.storage = FaultyStorage(seed: self.generator.next())
        var options = LogOptions()
        options.segmentBytes = .random(in: 200...2_000, using: &self.generator)
        options.indexInterval = .random(in: 1...8, using: &self.generator)
        self.logOptions = options
        self.log = try ReplicationLog.open(self.storage, options: options).log
        let history = History(using: &self.generator)
        self.record = HistoryRecord(history: history, sync: scenario.sync)
        self.engine = Self.engine(scenario, options, history: history, tip: 0)
    }

    static func engine(_ scenario: Scenario, _ log: LogOptions?, history: History, tip: Position) -> Engine {
        var options = StreamOptions()
        options.backlogBytes = 1 << 20
        options.chunkBytes = 4096
        return Engine(
            seed: scenario.seed,
            history: history,
            tip: tip,
            log: log.map { ShardLog(sync: scenario.sync, indexInterval: $0.indexInterval, tip: tip) },
            options: options
        )
    }

    /// Runs a scenario to its end, or to the first broken promise.
    package static func run(_ scenario: Scenario) -> Report {
        do {
            let simulation = try CrashSimulation(scenario)
            do {
                try simulation.run()
            } catch let violation as Violation {
                simulation.report.violation = violation.reason
            } catch {
                simulation.report.violation = "\(error)"
            }
            return simulation.report
        } catch {
            var report = Report(scenario: scenario)
            report.violation = "\(error)"
            return report
        }
    }

    private func run() throws {
        for _ in 0..<Int.random(in: 1...2, using: &self.generator) {
            self.disk = Disk(using: &self.generator, from: self.now)
            try self.live()
            self.crash()
            try self.recover()
        }
    }

    // MARK: Time

    /// Goes from event to event until the power is to go.
    private func live() throws {
        var commandsAt = self.now
        var ticksAt = self.now + Self.tickInterval
        // A slow disk shows what it costs in a longer time only.
        let end = self.now + .random(in: 50...(self.disk.isSlow ? 12_000 : 3_500), using: &self.generator)
        let pause: Milliseconds = self.disk.isSlow ? 800 : [2, 20, 400].randomElement(using: &self.generator) ?? 20
        let most = self.report.commands + .random(in: 5...25, using: &self.generator)
        while true {
            let next = min(commandsAt, ticksAt, self.flight?.nextAt ?? .max, self.disk.changesAt)
            guard next < end else { break }
            self.now = next
            if next == self.disk.changesAt {
                self.disk.change(self.storage, using: &self.generator)
            } else if let flight = self.flight, flight.nextAt == next {
                try self.advance(flight)
            } else if next == ticksAt {
                self.tick()
                ticksAt += Self.tickInterval
            } else {
                try self.command()
                commandsAt =
                    self.report.commands < most ? self.now + .random(in: 0...pause, using: &self.generator) : .max
            }
            try self.dispatch()
            try self.release()
        }
        self.now = end
        if Int.random(in: 0..<4, using: &self.generator) == 0 { try self.settle() }
        if Bool.random(using: &self.generator) {
            // Power is best lost while something is being written.
            try self.command()
            try self.dispatch()
        }
    }

    /// Once the disk is well again, everything becomes durable and every reply leaves.
    private func settle() throws {
        self.storage.faults = FaultyStorage.Faults()
        self.disk.heal()
        let end = self.now + 20_000
        while self.now < end {
            self.now += Self.tickInterval
            self.tick()
            while let flight = self.flight, flight.nextAt <= self.now { try self.advance(flight) }
            try self.dispatch()
            try self.release()
        }
        guard let log = self.engine.log else { return }
        let isDurable = self.scenario.sync == .no || log.durable == log.last
        guard log.failure == nil, isDurable, self.waiting.isEmpty else {
            let reason = log.failure?.reason ?? "\(self.waiting.count) replies wait"
            throw Violation(reason: "the disk is well, and \(log.durable) of \(log.last) is durable: \(reason)")
        }
    }

    private func tick() {
        let isFailing = self.engine.log?.failure != nil
        while self.engine.tick(now: self.now).isMoreDue {}
        // While the log fails, a tick leaves keys alone whose time has come.
        guard !isFailing else { return }
        self.events.append(Event(act: .tick, time: self.now, tip: self.engine.tip))
    }

    // MARK: The log's thread

    private func dispatch() throws {
        guard let job = self.engine.takeLogJob(now: self.now) else { return }
        self.report.jobs += 1
        try self.note(job)
        let runsAt = self.now + self.disk.delay(using: &self.generator)
        let endsAt = runsAt + self.disk.delay(using: &self.generator)
        self.flight = Flight(job: job, runsAt: runsAt, endsAt: endsAt)
    }

    /// Keeps the mutations of a job; one that is tried again has the same.
    private func note(_ job: LogJob) throws {
        var isSame = true
        job.batch?.forEachRecord { lsn, mutation in
            if lsn == LSN(self.mutations.count) + 1 {
                self.mutations.append(Array(mutation))
            } else {
                isSame = isSame && lsn <= LSN(self.mutations.count)
                isSame = isSame && mutation.elementsEqual(self.mutations[Int(lsn) - 1])
            }
        }
        guard isSame else { throw Violation(reason: "a job has records that do not follow") }
    }

    private func advance(_ flight: Flight) throws {
        var flight = flight
        guard let outcome = flight.outcome else {
            flight.outcome = flight.job.run(on: self.log)
            self.flight = flight
            return
        }
        self.flight = nil
        if outcome.failure != nil {
            self.report.failedJobs += 1
            self.suspect = LSN(self.mutations.count)
        }
        self.engine.logCompleted(outcome, now: self.now)
        let (shown, durable) = (self.engine.stream.tip, self.log.durable)
        guard self.scenario.sync != .always || shown <= durable else {
            throw Violation(reason: "links see \(shown), and \(durable) is durable")
        }
    }
}
