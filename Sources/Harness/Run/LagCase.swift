package import Measurement

/// One cell of the lag grid.
package struct LagCase: Hashable, Sendable {
    package enum Load: Hashable, Sendable {
        /// Writes per second.
        case rate(Int)
        /// Percent of what a closed loop gets through, measured just before.
        case share(Int)
    }

    package var receiver: SnapshotCase.Receiver
    package var load: Load
    package var replicas = 1
    package var valueSize = 100

    package init(_ receiver: SnapshotCase.Receiver, _ load: Load) {
        self.receiver = receiver
        self.load = load
    }

    package var parameters: [Parameter] {
        let load =
            switch self.load {
            case .rate(let rate): Parameter("write_rate", rate)
            case .share(let percent): Parameter("ceiling_share", percent)
            }
        return [
            Parameter("receiver", self.receiver.rawValue), load, Parameter("value_size", self.valueSize),
            Parameter("replicas", self.replicas),
        ]
    }

    package var expectedMetrics: [String] {
        let metrics = [
            "lag", "lag_worst", "lag_mutations", "offered_rate", "achieved_rate", "response_during",
            "generator_lateness", "primary_cpu_share",
        ]
        switch self.receiver {
        case .discarding: return metrics
        case .live: return metrics + ["lag_resolution", "replica_cpu_share", "drain_cpu_per_mutation", "drain_rate"]
        }
    }
}

extension LagCase {
    /// About a minute per target.
    static func all(trials: Int) -> [(case: LagCase, trials: Int)] {
        var cases = [LagCase(.live, .rate(50_000)), LagCase(.live, .share(50)), LagCase(.discarding, .rate(50_000))]
        var several = LagCase(.discarding, .rate(50_000))
        several.replicas = 8
        cases.append(several)
        var pair = LagCase(.live, .rate(50_000))
        pair.replicas = 2
        cases.append(pair)
        return cases.map { ($0, trials) }
    }
}
