// What a shard tells to whoever collects metrics in its process (swift-metrics), once a second. Without a backend it goes nowhere.

import CoreMetrics
import Engine
import Keyspace
import Primitives
import Replication

struct ShardMetrics {
    private static let prefix = "sluice_shard_"
    private static let interval: Milliseconds = 1000

    /// Each with where its value comes from; counters in the order of `told`.
    private static let gauges: [(label: String, value: @Sendable (Shard) -> Int?)] = [
        ("keys", { $0.engine.keyspace.count }), ("clients", { $0.clients.count }),
        ("replicas", { $0.engine.stream.links.count }), ("position", { Int(clamping: $0.engine.stream.tip) }),
        ("backlog_bytes", { $0.engine.stream.backlog.usedBytes }), ("link_bytes", { $0.engine.stream.linkBytes }),
        // Of no replica that acknowledged anything: not 0, but unknown.
        ("replica_lag_mutations", { $0.farthestBehind }),
    ]
    private static let counters: [(label: String, value: @Sendable (Shard) -> Int)] = [
        ("commands_total", { $0.statistics.commands }), ("errors_total", { $0.statistics.errors }),
        ("input_bytes_total", { $0.statistics.inputBytes }), ("output_bytes_total", { $0.statistics.outputBytes }),
        ("link_output_bytes_total", { $0.statistics.linkOutputBytes }),
    ]

    private let gauges: [Gauge]
    private let counters: [Counter]
    private var told: [Int]
    private var reportedAt: Milliseconds = 0

    init(shard: Int, factory: any MetricsFactory = MetricsSystem.factory) {
        let dimensions = [("shard", "\(shard)")]
        self.gauges = Self.gauges.map {
            Gauge(label: Self.prefix + $0.label, dimensions: dimensions, factory: factory)
        }
        self.counters = Self.counters.map {
            Counter(label: Self.prefix + $0.label, dimensions: dimensions, factory: factory)
        }
        self.told = self.counters.map { _ in 0 }
    }

    /// Tells how things are, if it is time.
    mutating func report(_ shard: Shard, now: Milliseconds) {
        guard now - self.reportedAt >= Self.interval || now < self.reportedAt else { return }
        self.reportedAt = now
        for (gauge, source) in zip(self.gauges, Self.gauges) {
            if let value = source.value(shard) { gauge.record(value) }
        }
        for (index, source) in Self.counters.enumerated() {
            let value = source.value(shard)
            // CONFIG RESETSTAT begins anew.
            self.counters[index].increment(by: value >= self.told[index] ? value - self.told[index] : value)
            self.told[index] = value
        }
    }
}

extension Shard {
    /// Mutations that the replica lacks which acknowledged the least.
    fileprivate var farthestBehind: Int? {
        let tip = self.engine.stream.tip
        return self.engine.stream.links.compactMap(\.acknowledged).map { Int(clamping: tip - min($0, tip)) }.max()
    }
}
