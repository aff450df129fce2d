import Measurement
import Primitives

/// A case that both sides of a comparison can serve, with the timings that are judged.
struct PairedCase {
    let work: Plan.Work
    /// Without the target: `fan-out/replicas=4,value_size=1024,…`.
    let name: String
    let gates: [GatedMetric]

    /// The cases of a suite that both sides can serve and that have something to judge, each once.
    static func all(
        of suite: Suite,
        _ a: TargetSpecification,
        _ b: TargetSpecification,
        _ generator: inout SeededGenerator
    ) -> [PairedCase] {
        var seen: Set<Plan.Work> = []
        let works = Plan(suite, targets: [a], &generator).steps.compactMap { step in
            step.target != nil && seen.insert(step.work).inserted ? step.work : nil
        }
        return works.filter { $0.suits(a) && $0.suits(b) }.compactMap { work in
            let promised = Set(work.expectedMetrics(from: a)).intersection(work.expectedMetrics(from: b))
            let gates = self.gates(promised)
            return gates.isEmpty ? nil : PairedCase(work: work, name: work.name(for: a), gates: gates)
        }
    }

    /// Timings that are worth judging. With replicas every write is delivered so many times, and what a write costs says no
    /// more than what a delivery costs; who is current has seen a first frame. Judging both would count one change twice.
    static func gates(_ promised: Set<String>) -> [GatedMetric] {
        var metrics = promised
        if metrics.contains("primary_cpu_per_delivery") { metrics.remove("primary_cpu_per_write") }
        if metrics.contains("write_rate") { metrics.remove("delivered_rate") }
        if metrics.contains("caught_up") { metrics.remove("first_frame") }
        return GatedMetric.timings.filter { metrics.contains($0.metric) }
    }
}

extension Plan.Work {
    fileprivate func name(for target: TargetSpecification) -> String {
        let settings = self.parameters(for: target).map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        return "\(self.scenario)/\(settings)"
    }
}

extension Trial {
    /// What the trial says of metrics that are judged; an invalid one says nothing.
    func figures(_ gates: [GatedMetric]) -> [GatedMetric: PairedSchedule.Figure] {
        guard self.invalid.isEmpty else { return [:] }
        var figures: [GatedMetric: PairedSchedule.Figure] = [:]
        for gate in gates {
            let sample = self.samples.first { $0.metric == gate.metric && $0.stat == gate.stat }
            guard let sample else { continue }
            figures[gate] = .init(sample.value, isLowerBetter: sample.better != .higher)
        }
        return figures
    }
}
