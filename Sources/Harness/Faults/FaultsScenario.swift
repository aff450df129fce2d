// What do faults cost? Clients write in an open loop at a fixed rate; replicas follow through a proxy that can be cut and slowed;
// at set times something breaks, and is mended. Response latency and lag are kept over time, and how long after each fault
// everybody was current again.

import Glibc
import Histogram
import Measurement
import Sockets
import Synchronization
import Workload

package enum FaultsScenario {
    package static let name = "faults"

    /// One point of a course, in nanoseconds.
    private static let window: UInt64 = 100_000_000
    /// Between two looks at the clock, in microseconds: how exactly faults are timed.
    private static let lookMicroseconds: UInt32 = 2000
    private static let warmUpSeconds = 1.0
    /// After the last fault, at the least.
    private static let tailSeconds = 1.0
    /// Who is not current so long after the last fault will not be.
    private static let recoverySeconds = 30.0
    /// Writes of so many seconds may be on their way to somebody who is current.
    private static let currentSeconds = 0.1

    static func run(
        _ one: FaultsCase,
        _ session: Session,
        _ specification: TargetSpecification,
        keys: UInt64,
        seed: UInt64
    ) throws(HarnessError) -> Trial {
        var trial = Trial()
        try session.preload(keys: keys, valueSize: one.valueSize)
        let start = session.load.state.ledger
        trial.phaseEnded("preload")
        let stage = try FaultStage(one, session, specification, seed: seed)
        var isLeft = false
        defer { if !isLeft { stage.stop() } }
        trial.phaseEnded("provision")
        var shape = LoadCase(valueSize: one.valueSize).shape
        shape.keys = .uniform(keys: keys)
        shape.rate = one.writeRate
        session.load.begin(shape)
        // A primary that was stopped must go on, whatever happens here.
        defer { session.target.child?.goOn() }
        try Wait.seconds(self.warmUpSeconds)
        session.load.cutRecording()
        trial.phaseEnded("warm-up")
        var course = FaultCourse(session, stage, allowance: UInt64(Double(one.writeRate) * self.currentSeconds))
        try self.measure(one, stage, &course, &trial)
        trial.phaseEnded(Trial.measurePhase)

        session.load.end()
        try session.rest()
        let count = session.load.state.ledger.count
        try Wait.until("the replicas of \(session.target.id) were current", withinSeconds: Session.drainSeconds) {
            () throws(HarnessError) in
            let counters = stage.fleet.counters
            try session.check(counters)
            return counters.slowest >= count
        }
        trial.phaseEnded("drain")
        course.add(to: &trial)
        trial.invalidate(try stage.differences(since: start))
        isLeft = true
        try stage.leave()
        trial.phaseEnded("verify")
        return trial
    }

    /// Plays the timeline, until everybody is current behind its end.
    private static func measure(
        _ one: FaultsCase,
        _ stage: FaultStage,
        _ course: inout FaultCourse,
        _ trial: inout Trial
    ) throws(HarnessError) {
        var progress = FaultProgress(one.schedule)
        let began = Clocks.monotonicNanoseconds
        var faultBegan = began
        var isPaused = false
        var nextLook = began + self.window
        while true {
            try Interruption.check()
            let now = Clocks.monotonicNanoseconds
            let seconds = Double(now - began) / 1e9
            switch progress.take(at: seconds) {
            case .begin(let fault)?:
                faultBegan = now
                isPaused = fault.kind == .pause
                try stage.begin(fault)
            case .end(let fault)?:
                isPaused = false
                try stage.end(fault)
                let ended = Clocks.monotonicNanoseconds
                trial.mark(fault.name, fault.text, at: faultBegan, until: ended)
                course.faultEnded(fault, at: ended)
            case nil: break
            }
            if now >= nextLook {
                try course.look(now, isPaused: isPaused)
                nextLook = max(nextLook + self.window, now)
            }
            if progress.isOver, course.isRecovered, seconds >= one.schedule.end + self.tailSeconds { return }
            guard seconds < one.schedule.end + self.recoverySeconds else {
                return trial.invalidate([
                    "not everybody was current \(Int(self.recoverySeconds)) s after the last fault"
                ])
            }
            usleep(self.lookMicroseconds)
        }
    }
}

/// What is seen while the timeline is played.
struct FaultCourse {
    private let session: Session
    private let stage: FaultStage
    private let allowance: UInt64
    private let began = Clocks.monotonicNanoseconds
    private var total = OpenLoopRecord()
    private var acknowledged: UInt64
    private var lookedAt: UInt64
    private var points: [String: [(nanoseconds: UInt64, value: Double)]] = [:]
    private var worstLag: UInt64 = 0
    /// Faults whose end is over while somebody is not current yet.
    private var open: [(fault: Fault, ended: UInt64)] = []
    private var recoveries: [(name: String, seconds: Double)] = []

    init(_ session: Session, _ stage: FaultStage, allowance: UInt64) {
        self.session = session
        self.stage = stage
        self.allowance = allowance
        self.acknowledged = session.load.progress.acknowledged.load(ordering: .relaxed)
        self.lookedAt = self.began
    }

    var isRecovered: Bool { self.open.isEmpty }

    mutating func faultEnded(_ fault: Fault, at now: UInt64) { self.open.append((fault, now)) }

    /// Takes one point of every course.
    mutating func look(_ now: UInt64, isPaused: Bool) throws(HarnessError) {
        guard let record = self.session.load.cutRecording() else {
            throw HarnessError(.targetFailed, self.session.load.state.failures.first ?? "the load ended")
        }
        self.total.add(record)
        if record.response.totalCount > 0 {
            self.note("response p99", now, Double(record.response.valueAtPercentile(99)) / 1000)
            self.note("response max", now, Double(record.response.max) / 1000)
        }
        let acknowledged = self.session.load.progress.acknowledged.load(ordering: .relaxed)
        let seconds = Double(now - self.lookedAt) / 1e9
        self.note("rate", now, Double(acknowledged - self.acknowledged) / seconds)
        (self.acknowledged, self.lookedAt) = (acknowledged, now)
        let counters = self.stage.fleet.counters
        try self.session.check(counters)
        let lag = acknowledged > counters.slowest ? acknowledged - counters.slowest : 0
        self.worstLag = max(self.worstLag, lag)
        self.note("lag", now, Double(lag))
        guard !isPaused, !self.open.isEmpty, try self.stage.isCurrent(within: self.allowance) else { return }
        let current = Clocks.monotonicNanoseconds
        for entry in self.open { self.recoveries.append((entry.fault.name, Double(current - entry.ended) / 1e9)) }
        self.open.removeAll()
    }

    private mutating func note(_ name: String, _ now: UInt64, _ value: Double) {
        self.points[name, default: []].append((now, value))
    }

    func add(to trial: inout Trial) {
        trial.add("response_during", nanoseconds: self.total.response)
        trial.add("service_during", nanoseconds: self.total.service)
        trial.add("generator_lateness", nanoseconds: self.total.lateness)
        let seconds = Double(self.lookedAt - self.began) / 1e9
        trial.add("achieved_rate", Double(self.total.sent) / seconds, unit: "1/s", better: .neither)
        trial.add("replica_lag", Double(self.worstLag), unit: "count", better: .lower, stat: "max")
        for (name, all) in Dictionary(grouping: self.recoveries, by: \.name).sorted(by: { $0.key < $1.key }) {
            trial.add("recovery", all.map(\.seconds).max(), unit: "s", better: .lower, stat: name)
        }
        let counters = self.stage.fleet.counters
        trial.add("replica_resumes", Double(counters.resumes), unit: "count", better: .neither)
        trial.add("full_resyncs", Double(counters.fullTransfers), unit: "count", better: .lower)
        trial.add("response", stat: "p99", unit: "us", course: self.points["response p99"] ?? [])
        trial.add("response", stat: "max", unit: "us", course: self.points["response max"] ?? [])
        trial.add("write_rate", unit: "1/s", course: self.points["rate"] ?? [])
        trial.add("lag", stat: "max", unit: "count", course: self.points["lag"] ?? [])
        trial.check(self.total)
    }
}
