import ChannelMetrics
import Channels
import CoreMetrics
import MetricsTestKit
import Primitives
import Testing

/// A backend of the test's own: the process's is set once and shared.
@Suite struct ChannelMetricsTests {
    private static let dimensions = [("channel", "orders"), ("node", "1")]
    private let backend = TestMetrics()

    private func channel() -> Channel {
        var options = ChannelOptions(
            channel: ChannelID(name: "orders"),
            node: NodeID(1),
            members: [NodeID(1), NodeID(2), NodeID(3)]
        )
        options.heartbeat = 100_000
        return Channel(options, log: LogTip(), ballot: Ballot(), seed: 7, now: 0)
    }

    private func last(_ gauge: String) throws -> Double? {
        try self.backend.expectGauge("sluice_channel_\(gauge)", Self.dimensions).lastValue
    }

    @Test("gauges show where the channel stands, and counters what was counted since they were told last")
    func reports() throws {
        var channel = self.channel()
        var metrics = ChannelMetrics(channel: "orders", node: NodeID(1), factory: self.backend)
        _ = channel.step(.opened, at: ChannelTime(now: 0, wallClock: 0))
        metrics.report(channel)
        #expect(try self.last("role") == Double(Role.replica.rawValue))
        #expect(try self.last("tail") == 0)

        // Nobody leads: after the silence it stands for election.
        _ = channel.step(.ticked, at: ChannelTime(now: 1_000_000, wallClock: 0))
        #expect(channel.role == .candidate)
        for _ in 0..<2 { metrics.report(channel) }
        #expect(try self.last("role") == Double(Role.candidate.rawValue))
        let candidacies = try self.backend.expectCounter("sluice_channel_candidacies_total", Self.dimensions)
        #expect(candidacies.totalValue == 1)
        #expect(channel.counters.candidacies == 1)
    }

    @Test("a lag that nobody knows is not told as one of nothing")
    func unknownLag() throws {
        var metrics = ChannelMetrics(channel: "orders", node: NodeID(1), factory: self.backend)
        metrics.report(self.channel())
        let lag = try self.backend.expectGauge("sluice_channel_lag_records", Self.dimensions)
        #expect(lag.lastValue == nil)
    }

    @Test("every counter of a channel has a name of its own")
    func names() {
        let names = ChannelCounters().named.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Mirror(reflecting: ChannelCounters()).children.count == names.count)
    }
}
