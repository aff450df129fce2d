// The order of a run, fixed before it begins: blocks one after the other (memory first, while the servers have no past),
// trials shuffled within a block, and the targets taking turns at each, so that drift of the machine hits all alike.

import Measurement
import Primitives

struct Plan {
    enum Work: Hashable {
        case idle(FanOutCase)
        case fast(FanOutCase)
        case stalled(FanOutCase)
        case handshake(HandshakeCase)
        case ceiling(CeilingCase)
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
        if targets.contains(.bundled) {
            let beyond = suite.idleBeyond.map { FanOutCase(.idle, replicas: $0, valueSize: 1024) }
            self.add(beyond.map { (.idle($0), 1) }, [.bundled], seconds: 0.6, &generator)
        }
        self.add(suite.fast.map { (.fast($0.case), $0.trials) }, targets, seconds: fastSeconds, &generator)
        let seconds = suite.handshakeSeconds + 0.1
        self.add(suite.handshakes.map { (.handshake($0.case), $0.trials) }, targets, seconds: seconds, &generator)
        self.add(suite.stalled.map { (.stalled($0.case), $0.trials) }, targets, seconds: 1.5, &generator)
        self.add(suite.ceilings.map { (.ceiling($0.case), $0.trials) }, [nil], seconds: 0.4, &generator)
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
        let settings = self.work.parameters.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        return "\(self.work.scenario) \(self.target?.description ?? "machine") \(settings)"
    }
}

extension Plan.Work {
    /// Private copies are a mode of the bundled engine; stalled replicas need a fresh server of our own.
    func suits(_ target: TargetSpecification?) -> Bool {
        guard case .stalled(let fanOut) = self else { return true }
        switch target {
        case .bundled: return true
        case .redis: return fanOut.fanOut == .shared
        case .running, nil: return false
        }
    }

    var scenario: String {
        switch self {
        case .idle, .fast, .stalled: FanOutScenario.name
        case .handshake: HandshakeScenario.name
        case .ceiling: CeilingScenario.name
        }
    }

    var parameters: [Parameter] {
        switch self {
        case .idle(let fanOut), .fast(let fanOut), .stalled(let fanOut): fanOut.parameters
        case .handshake(let handshake): handshake.parameters
        case .ceiling(let ceiling): ceiling.parameters
        }
    }

    func expectedMetrics(isLocal: Bool) -> [String] {
        switch self {
        case .idle(let fanOut), .fast(let fanOut), .stalled(let fanOut): fanOut.expectedMetrics(isLocal: isLocal)
        case .handshake(let handshake): handshake.expectedMetrics(isLocal: isLocal)
        case .ceiling: CeilingCase.expectedMetrics
        }
    }
}
