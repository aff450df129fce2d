package import Measurement
import Workload

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

    package enum Receiver: String, Sendable {
        /// Reads the copy and throws it away.
        case discarding
        /// A server of the same kind that loads it and serves.
        case live
    }

    package enum Transfer: String, Sendable {
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

    package init(_ data: DataSet) { self.data = data }

    package var parameters: [Parameter] {
        let chunk = self.data.chunkBytes.map { [Parameter("snapshot_chunk_size", $0)] } ?? []
        return [
            Parameter("receiver", self.receiver.rawValue),
            Parameter("keys", self.data.keys),
            Parameter("value_size", self.data.valueSize),
            Parameter("transfer", self.transfer.rawValue),
            Parameter("write_rate", self.writeRate),
            Parameter("replicas", self.replicas),
        ] + chunk
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

/// Snapshot cases that share a server.
package struct SnapshotGroup: Sendable {
    package var data: SnapshotCase.DataSet
    package var cases: [(case: SnapshotCase, trials: Int)]

    init(_ data: SnapshotCase.DataSet) {
        self.data = data
        self.cases = []
    }

    /// Keeps the cases with these replica counts and this value size, so many times each.
    mutating func narrow(_ replicas: [Int]?, _ valueSize: Int?, _ trials: Int?) {
        let isKept = valueSize.map { $0 == self.data.valueSize } ?? true
        self.cases = self.cases.filter { isKept && (replicas?.contains($0.case.replicas) ?? true) }
            .map { ($0.case, trials ?? $0.trials) }
    }

    /// Adds a case, changed by `change`.
    mutating func add(trials: Int, _ change: (inout SnapshotCase) -> Void = { _ in }) {
        var one = SnapshotCase(self.data)
        change(&one)
        self.cases.append((one, trials))
    }
}

extension SnapshotGroup {
    static let paceWithLoad = 50_000

    /// A glance, for the quick suite: no load, a small data set.
    static var quick: [SnapshotGroup] {
        var small = SnapshotGroup(SnapshotCase.DataSet(keys: 100_000, valueSize: 100))
        small.add(trials: 2)
        return [small]
    }

    /// A minute or two per target.
    static var own: [SnapshotGroup] {
        var small = SnapshotGroup(SnapshotCase.DataSet(keys: 1_000_000, valueSize: 100))
        small.add(trials: 5)
        small.add(trials: 1) { $0.transfer = .file }
        small.add(trials: 5) { $0.replicas = 10 }
        small.add(trials: 3) { $0.writeRate = Self.paceWithLoad }
        small.add(trials: 3) { $0.receiver = .live }
        var large = SnapshotGroup(SnapshotCase.DataSet(keys: 500_000, valueSize: 1024))
        large.add(trials: 5)
        large.add(trials: 3) { $0.replicas = 10 }
        return [small, large]
    }

    /// Copies to live replicas, often enough for a comparison.
    static var live: [SnapshotGroup] {
        var group = SnapshotGroup(SnapshotCase.DataSet(keys: 1_000_000, valueSize: 100))
        group.add(trials: 12) { $0.receiver = .live }
        group.add(trials: 3) {
            $0.receiver = .live
            $0.transfer = .file
        }
        return [group]
    }

    /// Copies to live replicas in twelve pairs, and everything else five times.
    static var standard: [SnapshotGroup] {
        let chunks = [4096, 16_384].map { chunkBytes in
            var data = SnapshotCase.DataSet(keys: 1_000_000, valueSize: 100)
            data.chunkBytes = chunkBytes
            var group = SnapshotGroup(data)
            group.add(trials: 3)
            return group
        }
        return Self.comparable + chunks
    }

    /// What every target can do.
    private static var comparable: [SnapshotGroup] {
        [(100, 100_000), (100, 1_000_000), (1024, 1_000_000)].map { (valueSize, keys: UInt64) in
            var group = SnapshotGroup(SnapshotCase.DataSet(keys: keys, valueSize: valueSize))
            group.add(trials: 5)
            group.add(trials: 3) { $0.transfer = .file }
            for replicas in [2, 10] { group.add(trials: 3) { $0.replicas = replicas } }
            group.add(trials: 5) { $0.writeRate = valueSize == 100 ? Self.paceWithLoad : 10_000 }
            guard keys == 1_000_000 else { return group }
            group.add(trials: 12) { $0.receiver = .live }
            group.add(trials: 3) {
                $0.receiver = .live
                $0.transfer = .file
            }
            if valueSize == 100 {
                group.add(trials: 3) {
                    $0.receiver = .live
                    $0.writeRate = Self.paceWithLoad
                }
            }
            return group
        }
    }
}
