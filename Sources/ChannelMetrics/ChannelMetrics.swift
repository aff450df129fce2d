// What a channel tells to whoever collects metrics in its process (swift-metrics): where it stands, as gauges, and its counters.
// Nothing is kept or shown here; without a backend it goes nowhere.

package import Channels
package import CoreMetrics

package struct ChannelMetrics: Sendable {
    /// Before every label.
    private static let prefix = "sluice_channel_"

    private struct Gauges: Sendable {
        let role: Gauge
        let term: Gauge
        let tail: Gauge
        let commit: Gauge
        let lag: Gauge
        let budget: Gauge
    }

    private let gauges: Gauges
    private let counters: [Counter]
    private var told: [UInt64]

    /// - Parameters:
    ///   - name: of the channel; with the node's id a dimension of every metric.
    ///   - factory: the process's backend, if somebody has set one by now.
    package init(channel name: String, node: NodeID, factory: any MetricsFactory = MetricsSystem.factory) {
        let dimensions = [("channel", name), ("node", "\(node)")]
        func gauge(_ label: String) -> Gauge {
            Gauge(label: Self.prefix + label, dimensions: dimensions, factory: factory)
        }
        self.gauges = Gauges(
            role: gauge("role"),
            term: gauge("term"),
            tail: gauge("tail"),
            commit: gauge("commit"),
            lag: gauge("lag_records"),
            budget: gauge("budget_bytes")
        )
        let names = ChannelCounters().named.map(\.name)
        self.counters = names.map {
            Counter(label: Self.prefix + $0 + "_total", dimensions: dimensions, factory: factory)
        }
        self.told = names.map { _ in 0 }
    }

    /// Tells how things are now, and what was counted since the last time.
    package mutating func report(_ channel: Channel) {
        self.gauges.role.record(Int64(channel.role.rawValue))
        self.gauges.term.record(Int64(clamping: channel.term))
        self.gauges.tail.record(Int64(clamping: channel.log.tail))
        self.gauges.commit.record(Int64(clamping: channel.commit))
        self.gauges.budget.record(channel.budget.tokens)
        // Of nobody who was heard: not 0, but unknown.
        if let lag = channel.lag { self.gauges.lag.record(Int64(clamping: lag)) }
        for (index, counter) in channel.counters.named.enumerated() where counter.value > self.told[index] {
            self.counters[index].increment(by: Int64(clamping: counter.value - self.told[index]))
            self.told[index] = counter.value
        }
    }
}
