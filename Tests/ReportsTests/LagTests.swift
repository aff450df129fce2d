import Measurement
import Testing

@testable import Reports

@Suite("Lag in reports")
struct LagReportTests {
    private static func lag(_ target: String, _ receiver: String, slower: Double) -> CaseRecord {
        let stats = [("p50", 1000.0), ("p90", 2000), ("p99", 4000), ("p99.9", 8000), ("max", 9000)]
        var samples = stats.map { Sample("lag", stat: $0.0, $0.1 * slower, unit: "us", better: .lower) }
        samples.append(Sample("offered_rate", 50_000, unit: "1/s", better: .neither))
        if receiver == "live" {
            samples.append(Sample("drain_cpu_per_mutation", slower, unit: "us", better: .lower))
        }
        return SampleRun.measured(
            "lag",
            target,
            [
                Parameter("receiver", receiver), Parameter("write_rate", 50_000), Parameter("value_size", 100),
                Parameter("replicas", 1),
            ],
            expecting: ["lag", "offered_rate"],
            trials: [samples]
        )
    }

    private func record(_ receivers: [String]) -> RunRecord {
        var record = SampleRun.record()
        record.cases = receivers.flatMap { receiver in
            [Self.lag("bundled", receiver, slower: 1), Self.lag("redis", receiver, slower: 2)]
        }
        return record
    }

    private func verdict(_ record: RunRecord) -> String {
        Verdict(record, names: TargetNames(record), validity: Validity(of: record)).text
    }

    @Test("the sentence tells how late writes are applied and what applying costs")
    func sentence() {
        #expect(
            self.verdict(self.record(["discarding", "live"])) == """
                - At 50 000 writes/s a live replica has applied 99 % of what was acknowledged within **4.00 ms**, 0.50× \
                Redis's 8.00 ms; one that drains a backlog spends 1.00 µs of processor time per mutation, 0.50× \
                Redis's 2.00 µs.
                """
        )
        #expect(self.verdict(self.record(["discarding"])).contains("a synthetic replica has received 99 %"))
    }

    @Test("a lag below what the probe tells apart is said to be below it, and is no zero")
    func belowResolution() {
        var record = self.record(["live"])
        for index in record.cases.indices {
            record.cases[index].trials[0].samples.append(
                Sample("lag_resolution", 5000, unit: "us", better: .neither)
            )
        }
        let text = self.verdict(record)
        #expect(text.contains("within **less than 5.00 ms**, the least that the probe tells apart, Redis: 8.00 ms"))
    }

    @Test("live and synthetic replicas have a table each, and one chart")
    func page() throws {
        let files = ReportFiles(self.record(["discarding", "live"]))
        let page = files.markdown
        #expect(page.contains("## Lag of live replicas\n\n![Lag: from acknowledged to applied](charts/lag.svg)"))
        #expect(page.contains("## Lag of synthetic replicas"))
        let chart = try #require(files.charts.first { $0.name == "lag" })
        for label in ["Sluice, applied by a live replica", "Sluice, received", "Redis, received"] {
            #expect(chart.svg.contains(">\(label)</text>"))
        }
        #expect(ReportFiles(self.record([])).charts.isEmpty)
    }
}
