package import Measurement
import Workload

/// A node that was away comes back to one that clients write to.
package struct CatchUpCase: Hashable, Sendable {
    /// What catching up may take from others.
    package enum Class: String, Sendable, CaseIterable {
        /// Its share of the leader's budget.
        case foreground
        /// What others leave of it.
        case background
        /// There is no budget.
        case unlimited
    }

    package var topology: Topology
    /// Of a group; a stream has no budget.
    package var trafficClass = Class.foreground
    /// How much was written while the node was away, in bytes of commands.
    package var bytes = 256 << 20
    /// Bytes per value.
    package var valueSize = 1024
    /// Of the open loop beside it, in writes per second; 0 for none.
    package var writeRate = 2000

    package init(_ topology: Topology) { self.topology = topology }

    package var parameters: [Parameter] {
        let traffic = self.topology == .channel ? [Parameter("class", self.trafficClass.rawValue)] : []
        return [Parameter("topology", self.topology.rawValue)] + traffic + [
            Parameter("bytes", self.bytes), Parameter("value_size", self.valueSize),
            Parameter("write_rate", self.writeRate),
        ]
    }

    package var expectedMetrics: [String] {
        let ofClients = [
            "response_before", "response_during", "response_growth", "achieved_rate", "generator_lateness",
        ]
        return ["time_to_current", "catch_up_rate", "primary_cpu_share"] + (self.writeRate > 0 ? ofClients : [])
    }

    /// Whether the target keeps what somebody lacks who was restarted.
    func suits(_ target: TargetSpecification) -> Bool {
        target.isChild && target.supports(.log) && (self.topology == .stream || target.supports(.groups))
    }

    /// Mutations that the node lacks.
    var records: UInt64 { UInt64(max(1, self.bytes / SetBatch.commandSize(valueSize: self.valueSize))) }
}
