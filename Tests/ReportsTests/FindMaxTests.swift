import Measurement
import Testing

@testable import Reports

@Suite("The highest rate under a limit in reports")
struct FindMaxTests {
    private var record: RunRecord {
        var record = RunRecord(name: "f", suite: "find-max", command: "c", startedAt: "t", seed: 1)
        let settings = [Parameter("limit", "p99<5ms"), Parameter("replicas", 4), Parameter("value_size", 100)]
        func response(_ value: Double) -> Sample { Sample("response", stat: "p99", value, unit: "us", better: .lower) }
        let answer = TrialRecord(
            trial: 1,
            order: 3,
            samples: [
                Sample("highest_rate", 80_000, unit: "1/s", better: .higher),
                Sample("highest_rate", stat: "bound", 83_000, unit: "1/s", better: .higher), response(4800),
            ]
        )
        record.cases = [80_000, 83_000].map { rate in
            CaseRecord(
                id: "find-max/bundled/\(rate)",
                scenario: "find-max",
                target: "bundled",
                parameters: settings + [Parameter("write_rate", rate)],
                trials: [TrialRecord(trial: 1, order: 1, samples: [response(rate > 80_000 ? 9000 : 4800)])]
            )
        }
        record.cases.append(
            CaseRecord(
                id: "find-max/bundled/",
                scenario: "find-max",
                target: "bundled",
                parameters: settings,
                trials: [answer]
            )
        )
        return record
    }

    @Test("a search is told by its answer and its bound, with the trials that it rests on")
    func answer() {
        let names = TargetNames(self.record)
        let sentence = FindMaxSection.sentences(self.record, names: names).first ?? ""
        #expect(
            sentence.contains("80.0 k/s") && sentence.contains("no longer at 83.0 k/s")
                && sentence.contains("4 replicas")
        )
        let parts = FindMaxSection.parts(self.record, names: names)
        #expect(parts.map(\.title).count == 2 && parts.allSatisfy { !$0.texts.isEmpty })
        #expect(PlainSection.parts(self.record, names: names).isEmpty)
    }
}
