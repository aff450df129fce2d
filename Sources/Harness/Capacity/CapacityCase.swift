package import Measurement

/// One configuration of a server whose memory and backlog a plan is calibrated with.
package struct CapacityCase: Hashable, Sendable {
    /// Replicas that read.
    package var replicas: Int
    /// Replicas that stopped reading, beside them.
    package var stalled: Int
    package var valueSize: Int
    package var keys: UInt64
    package var backlogBytes: Int
    /// Bytes of stream that are written once the replicas are there: the backlog is full then, and what stalled replicas lack
    /// is beyond it even after their sockets took some.
    package var pendingBytes: Int

    package init(replicas: Int, stalled: Int, valueSize: Int, keys: UInt64, backlogBytes: Int) {
        self.replicas = replicas
        self.stalled = stalled
        self.valueSize = valueSize
        self.keys = keys
        self.backlogBytes = backlogBytes
        self.pendingBytes = backlogBytes + Self.beyondBacklog
    }

    private static let beyondBacklog = 48 << 20

    package var parameters: [Parameter] {
        [
            Parameter("replicas", self.replicas), Parameter("stalled", self.stalled),
            Parameter("value_size", self.valueSize), Parameter("keys", self.keys),
            Parameter("backlog_size", self.backlogBytes), Parameter("pending_size", self.pendingBytes),
        ]
    }

    package var expectedMetrics: [String] {
        [
            "empty_allocated", "empty_rss", "data_allocated", "allocator_allocated", "rss",
            "mem_total_replication_buffers", "backlog_reach",
        ] + (self.replicas > 0 ? ["replica_allocated"] : [])
    }
}
