package import Measurement
package import Workload

/// One cell of the snapshot grid.
package struct SnapshotCase: Hashable, Sendable {
    /// What the server holds; cases that agree in it share one.
    package struct DataSet: Hashable, Sendable {
        package var keys: UInt64
        /// Bytes per value.
        package var valueSize: Int
        /// Bytes of one chunk of the bundled engine's copies; nil: its default.
        package var chunkBytes: Int?

        package init(keys: UInt64, valueSize: Int) {
            self.keys = keys
            self.valueSize = valueSize
        }

        /// Bytes of keys and values.
        var bytes: Int { Int(self.keys) * (LoadKey.size + self.valueSize) }

        /// Recent mutations in memory: enough for what clients write during a copy, and less than the data, so that a newcomer
        /// is sent a copy instead of all that was ever written.
        var backlogBytes: Int { min(64 << 20, max(1 << 20, self.bytes / 2)) }
    }

    package enum Receiver: String, Sendable, CaseIterable {
        /// Reads the copy and throws it away.
        case discarding
        /// A server of the same kind that loads it and serves.
        case live
    }

    package enum Transfer: String, Sendable, CaseIterable {
        /// No file on either side.
        case streamed
        /// Discarding: the primary writes a file first. Live: the replica does, as Redis's does unless told otherwise.
        case file
    }

    package var data: DataSet
    package var receiver = Receiver.discarding
    package var transfer = Transfer.streamed
    package var replicas = 1
    /// What clients write during the copy, in commands per second; 0: nothing.
    package var writeRate = 0
    package var arrival = Arrival.fixed
    /// Of those that discard their copy.
    package var behaviour = BehaviourKind.fast
    package var bystanders = Bystanders()

    package init(_ data: DataSet) { self.data = data }

    package var parameters: [Parameter] {
        let chunk = self.data.chunkBytes.map { [Parameter("snapshot_chunk_size", $0)] } ?? []
        let behaviour = self.behaviour == .fast ? [] : [Parameter("behaviour", self.behaviour.rawValue)]
        let arrival = self.arrival == .fixed ? [] : [Parameter("arrival", self.arrival.rawValue)]
        return [
            Parameter("receiver", self.receiver.rawValue),
            Parameter("keys", self.data.keys),
            Parameter("value_size", self.data.valueSize),
            Parameter("transfer", self.transfer.rawValue),
            Parameter("write_rate", self.writeRate),
            Parameter("replicas", self.replicas),
        ] + chunk + behaviour + arrival + self.bystanders.parameters
    }

    /// What a target does not tell, with the reason.
    package func unsupported(tellsLoading: Bool) -> [String: String] {
        guard !tellsLoading, self.receiver == .live else { return [:] }
        return ["live_loading": "it loads while it receives, and serves its old data meanwhile"]
    }

    package var expectedMetrics: [String] {
        let load =
            self.writeRate == 0
            ? [] : ["response_before", "response_during", "response_growth", "generator_lateness", "achieved_rate"]
        let common = ["trigger_pause", "memory_extra", "memory_extra_ratio", "snapshot_passes"]
        switch self.receiver {
        case .discarding:
            let times = [
                "copy_wait", "copy_produce", "copy_transfer", "copy_total", "copy_catch_up", "copy_primary_cpu",
            ]
            return times + ["copy_bytes", "copy_bytes_rate", "copy_keys_rate"] + common + load
        case .live:
            // live_loading is not promised: a replica that loads may not answer, and so not say it.
            return ["live_total", "live_keys_rate", "live_primary_cpu", "live_replica_cpu"] + common + load
        }
    }
}
