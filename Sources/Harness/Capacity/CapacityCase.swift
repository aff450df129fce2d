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
    /// Bytes of stream that are written once the replicas are there: at least twice the backlog, so that it is full.
    package var pendingBytes = 64 << 20

    package init(replicas: Int, stalled: Int, valueSize: Int, keys: UInt64, backlogBytes: Int) {
        self.replicas = replicas
        self.stalled = stalled
        self.valueSize = valueSize
        self.keys = keys
        self.backlogBytes = backlogBytes
    }

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
