// The order of a run, fixed before it begins: blocks one after the other (memory first, while the servers have no past),
// trials shuffled within a block, and the targets taking turns at each, so that drift of the machine hits all alike.

import Measurement
import Primitives

package struct Plan {
    /// What one trial measures.
    package enum Work: Hashable {
        case idle(FanOutCase)
        case fast(FanOutCase)
        case stalled(FanOutCase)
        case handshake(HandshakeCase)
        case ceiling(CeilingCase)
        case resume(ResumeCase)
        case snapshot(SnapshotCase)
        case lag(LagCase)
        case capacity(CapacityCase)
    }

    struct Step {
        var work: Work
        /// Nil for the machine itself.
        var target: TargetSpecification?
        /// Seconds that it takes by experience, for the remaining time shown.
        var seconds: Double
    }

    private(set) var steps: [Step] = []

    init() {}

    init(_ suite: Suite, targets: [TargetSpecification], _ generator: inout SeededGenerator) {
        let fastSeconds = suite.timing.warmUp + suite.timing.measure + 0.15
        self.add(suite.idle.map { (.idle($0.case), $0.trials) }, targets, seconds: 0.35, &generator)
        let beyond = suite.idleBeyond.map { FanOutCase(.idle, replicas: $0, valueSize: 1024) }
        let wide = targets.filter { $0.supports(.manyReplicas) }
        self.add(beyond.map { (.idle($0), 1) }, wide, seconds: 0.6, &generator)
        self.add(suite.fast.map { (.fast($0.case), $0.trials) }, targets, seconds: fastSeconds, &generator)
        self.add(suite.lags.map { (.lag($0.case), $0.trials) }, targets, seconds: Self.lagSeconds, &generator)
        let seconds = suite.handshakeSeconds + 0.1
        self.add(suite.handshakes.map { (.handshake($0.case), $0.trials) }, targets, seconds: seconds, &generator)
        self.add(suite.stalled.map { (.stalled($0.case), $0.trials) }, targets, seconds: 1.5, &generator)
        self.add(suite.resumes, targets, &generator)
        for group in suite.snapshots {
            let cases = group.cases.map { (work: Work.snapshot($0.case), trials: $0.trials) }
            let trials = cases.reduce(0) { $0 + $1.trials }
            guard trials > 0 else { continue }
            let fill = Double(group.data.keys) / Self.preloadRate / Double(trials)
            self.add(cases, targets, seconds: Self.snapshotSeconds(group.data) + fill, &generator)
        }
        self.add(suite.ceilings.map { (.ceiling($0.case), $0.trials) }, [nil], seconds: 0.4, &generator)
    }

    /// Logs only grow, so the lengths of a group come one after the other; their trials are shuffled.
    private mutating func add(
        _ groups: [ResumeGroup],
        _ targets: [TargetSpecification?],
        _ generator: inout SeededGenerator
    ) {
        for group in groups {
            var records: UInt64 = 0
            for length in group.lengths {
                let cases = group.cases(length).map { (work: Work.resume($0), trials: group.trials) }
                let trials = Double(cases.count * group.trials)
                guard trials > 0 else { continue }
                let preload = Double(length - records) / Self.preloadRate
                self.add(cases, targets, seconds: Self.resumeSeconds + preload / trials, &generator)
                records = length
            }
        }
    }

    /// Writes per second while a log is filled, and the length of a resume trial, by experience.
    private static let preloadRate = 350_000.0
    private static let resumeSeconds = 0.15
    private static let lagSeconds = 5.5

    /// Two copies, by experience, and what comes with them.
    private static func snapshotSeconds(_ data: SnapshotCase.DataSet) -> Double {
        0.5 + 2 * (Double(data.keys) / 1_000_000 + Double(data.bytes) / 500e6)
    }

    private mutating func add(
        _ cases: [(work: Work, trials: Int)],
        _ targets: [TargetSpecification?],
        seconds: Double,
        _ generator: inout SeededGenerator
    ) {
        var order = cases.flatMap { entry in (0..<entry.trials).map { _ in entry.work } }
        order.shuffle(using: &generator)
        for (place, work) in order.enumerated() {
            // A B B A: neither target always goes first.
            for target in place.isMultiple(of: 2) ? targets : targets.reversed() where work.suits(target) {
                self.steps.append(Step(work: work, target: target, seconds: seconds))
            }
        }
    }
}

extension Plan.Step {
    /// `fan-out bundled replicas=4 value_size=1024 …`.
    var title: String {
        let settings = self.work.parameters(for: self.target).map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        return "\(self.work.scenario) \(self.target?.description ?? "machine") \(settings)"
    }
}
