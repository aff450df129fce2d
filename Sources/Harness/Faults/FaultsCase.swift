package import Measurement

/// One timeline of faults beside a load at a fixed rate.
package struct FaultsCase: Hashable, Sendable {
    package var schedule: FaultSchedule
    /// Writes per second of the open loop.
    package var writeRate = 20_000
    /// Bytes per value.
    package var valueSize = 100
    /// Synthetic replicas behind the proxy.
    package var replicas = 4

    package init(_ schedule: FaultSchedule) { self.schedule = schedule }

    package var parameters: [Parameter] {
        [
            Parameter("faults", self.schedule.description), Parameter("write_rate", self.writeRate),
            Parameter("value_size", self.valueSize), Parameter("replicas", self.replicas),
        ]
    }

    package var expectedMetrics: [String] {
        [
            "response_during", "service_during", "generator_lateness", "achieved_rate", "replica_lag", "recovery",
            "replica_resumes", "full_resyncs",
        ]
    }

    /// Whether the target can be treated so: its process is needed to stop it, a server of the same make to be killed, and a
    /// disk that it keeps something on to be filled.
    func suits(_ target: TargetSpecification) -> Bool {
        guard target.isChild else { return !self.schedule.needsProcess && !self.schedule.needsLiveReplica }
        return !self.schedule.needsDisk || (target.supports(.log) && SmallDisk.canBeMade)
    }
}
