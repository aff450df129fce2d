package import Measurement

/// How three nodes are one service.
package enum Topology: String, Sendable, CaseIterable {
    /// A primary with two replicas; who leads is decided from outside.
    case stream
    /// A group that elects its leader.
    case channel
}

/// One leader that is killed under load.
package struct FailoverCase: Hashable, Sendable {
    package var topology: Topology
    /// Of a group.
    package var election = GroupPolicy.quorum
    /// Between two signs of life. Three that are missed give a leader up, in a group and from outside.
    package var heartbeatMilliseconds = 500
    /// Clients that write one key after the other and wait for each answer.
    package var writers = 8

    package init(_ topology: Topology) { self.topology = topology }

    package var parameters: [Parameter] {
        let election = self.topology == .channel ? [Parameter("election", self.election.rawValue)] : []
        return [Parameter("topology", self.topology.rawValue)] + election + [
            Parameter("heartbeat", self.heartbeatMilliseconds), Parameter("writers", self.writers),
        ]
    }

    package var expectedMetrics: [String] {
        let metrics = [
            "write_rate", "time_to_leader", "time_to_first_write", "acknowledged_lost", "outcome_unknown",
        ]
        return self.topology == .channel ? metrics + ["writes_discarded", "time_to_equal"] : metrics
    }

    /// Whether the target can be killed, and knows groups where one is wanted.
    func suits(_ target: TargetSpecification) -> Bool {
        target.isChild && (self.topology == .stream || target.supports(.groups))
    }
}
