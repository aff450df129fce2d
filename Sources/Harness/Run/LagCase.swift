package import Measurement

/// One cell of the lag grid.
package struct LagCase: Hashable, Sendable {
    package enum Pace: Hashable, Sendable {
        /// Writes per second.
        case rate(Int)
        /// Percent of what a closed loop gets through, measured just before.
        case share(Int)
    }

    package var receiver: SnapshotCase.Receiver
    package var pace: Pace
    package var replicas = 1
    /// Of discarding replicas; live ones are as they are.
    package var behaviour = BehaviourKind.fast
    package var bystanders = Bystanders()
    /// An open loop, whose rate is the pace.
    package var load = LoadCase(valueSize: 100)
    /// How long is measured.
    package var seconds = 2.0

    /// Bytes per value, on average where they differ.
    package var valueSize: Int {
        get { self.load.valueSize }
        set { self.load.valueSize = newValue }
    }

    package init(_ receiver: SnapshotCase.Receiver, _ pace: Pace) {
        self.receiver = receiver
        self.pace = pace
    }

    package var parameters: [Parameter] {
        let pace =
            switch self.pace {
            case .rate(let rate): Parameter("write_rate", rate)
            case .share(let percent): Parameter("ceiling_share", percent)
            }
        let behaviour = self.behaviour == .fast ? [] : [Parameter("behaviour", self.behaviour.rawValue)]
        return [
            Parameter("receiver", self.receiver.rawValue), pace, Parameter("value_size", self.load.valueSize),
            Parameter("replicas", self.replicas),
        ] + behaviour + self.load.peculiarities + self.bystanders.parameters
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
