import Measurement
import Testing

@testable import Reports

@Suite struct FaultsTests {
    private var record: RunRecord {
        var record = RunRecord(name: "r", suite: "faults", command: "c", startedAt: "2026-01-01T00:00:00Z", seed: 1)
        record.targets = [TargetRecord(id: "redis", product: "Redis 7.0.15", configuration: [])]
        var trial = TrialRecord(trial: 1, order: 1)
        trial.samples = [
            Sample("recovery", stat: "pause", 0.25, unit: "s", better: .lower),
            Sample("response_during", stat: "p99", 900_000, unit: "us", better: .lower),
        ]
        for metric in ["lag", "response"] {
            let points = (0..<20).map { SeriesRecord.Point(seconds: Double($0) / 10, value: Double($0)) }
            trial.series.append(SeriesRecord(metric: metric, stat: "max", unit: "us", points: points))
        }
        let id = "faults/redis/faults=pause@1+0.5"
        record.cases = [
            CaseRecord(
                id: id,
                scenario: "faults",
                target: "redis",
                parameters: [Parameter("faults", "pause@1+0.5")],
                expectedMetrics: ["recovery"],
                trials: [trial]
            )
        ]
        record.timeline = [
            TimelineEvent(caseID: id, trial: 1, seconds: 1, endSeconds: 1.5, kind: "pause", text: "it stood still")
        ]
        return record
    }

    @Test("a timeline of faults has its own part, with a column for what happened and none for what did not")
    func page() throws {
        let parts = FaultsSection.parts(self.record, names: TargetNames(self.record))
        let text = try #require(parts.first).texts.compactMap(\.self).joined()
        #expect(text.contains("Current again after pause") && text.contains("250 ms"))
        #expect(!text.contains("after kill"))
    }

    @Test("response and lag are drawn over time, with what was done meanwhile")
    func charts() {
        let charts = Chart.courses(self.record, names: TargetNames(self.record))
        #expect(charts.map(\.name) == ["faults-response-1", "faults-lag-1"])
        #expect(charts.allSatisfy { $0.reading.contains("Shaded") })
    }
}
