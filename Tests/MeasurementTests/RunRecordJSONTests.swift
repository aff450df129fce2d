import Measurement
import Testing

@Suite("Run record as JSON")
struct RunRecordJSONTests {
    private var record: RunRecord {
        var record = RunRecord(
            name: "night",
            suite: "quick",
            command: "sluice bench --suite quick",
            startedAt: "2026-01-02T03:04:05Z",
            seed: .max
        )
        record.seconds = 12.5
        record.targets = [TargetRecord(id: "bundled", product: "Sluice 0.1.0", configuration: [Parameter("shards", 1)])]
        record.environment = [EnvironmentSection(title: "machine", facts: [Parameter("cores", 2)])]
        record.cases = [
            CaseRecord(
                id: "fan-out/bundled/replicas=1",
                scenario: "fan-out",
                target: "bundled",
                parameters: [Parameter("replicas", 1)],
                expectedMetrics: ["rss"],
                unsupported: ["pss": "no /proc"],
                trials: [
                    TrialRecord(
                        trial: 1,
                        order: 3,
                        beganSeconds: 1.5,
                        phases: [PhaseTime(name: "measure", seconds: 2)],
                        samples: [Sample("rss", 0.1, unit: "B", better: .lower)],
                        histograms: self.histograms,
                        series: [
                            SeriesRecord(
                                metric: "lag",
                                stat: "max",
                                unit: "us",
                                points: [SeriesRecord.Point(seconds: 0.5, value: 900)]
                            )
                        ],
                        invalid: ["a connection was lost"]
                    )
                ]
            )
        ]
        record.timeline = [
            TimelineEvent(
                caseID: "fan-out/bundled/replicas=1",
                trial: 1,
                seconds: 0.5,
                endSeconds: 1.5,
                kind: "pause",
                text: "the primary was stopped"
            )
        ]
        return record
    }

    private var histograms: [HistogramRecord] {
        let layout = BucketLayout(lowest: 1, highest: 3_600_000_000_000, significantDigits: 3)
        let counts = layout.flatMap { try? HistogramCounts($0, buckets: [.init(index: 7, count: 3)]) }
        return counts.map { [HistogramRecord(metric: "lag", unit: "ns", counts: $0)] } ?? []
    }

    private func json(_ text: String) throws -> RunRecord {
        try RunRecord(json: Array(text.utf8))
    }

    @Test("a record survives the way to the disk and back")
    func roundTrip() throws {
        #expect(try RunRecord(json: self.record.json()) == self.record)
    }

    @Test("a run of schema 1 loads, without what was not recorded then")
    func old() throws {
        let text = """
            {"schemaVersion": 1, "name": "old", "suite": "quick", "command": "c", "startedAt": "t", "seconds": 1,
             "seed": 1, "environment": [], "targets": [], "notes": [], "invalid": [], "interrupted": false,
             "cases": [{"id": "a", "scenario": "lag", "target": "bundled", "parameters": [], "expectedMetrics": [],
                        "unsupported": {}, "trials": [{"trial": 1, "order": 1, "phases": [], "invalid": [],
                        "samples": [{"metric": "lag", "stat": "p50", "value": 1, "unit": "us", "better": "lower"}]}]}]}
            """
        let record = try self.json(text)
        #expect(record.schemaVersion == 1)
        #expect(record.timeline.isEmpty && record.comparison == nil && record.sweep == nil)
        let trial = try #require(record.cases.first?.trials.first)
        #expect(trial.samples.count == 1 && trial.histograms.isEmpty && trial.series.isEmpty)
        #expect(trial.beganSeconds == nil)
    }

    @Test("keys are sorted and lines are broken, for people and for diff")
    func readable() throws {
        let text = String(decoding: try self.record.json(), as: UTF8.self)
        #expect(text.hasPrefix("{\n  \"cases\" : ["))
        #expect(text.contains("fan-out/bundled/replicas=1"))
    }

    @Test("a newer schema is refused with advice, even when its shape has changed")
    func newer() throws {
        let error = try #require(throws: RunRecordError.self) {
            try self.json(#"{"schemaVersion": 3, "shape": "new"}"#)
        }
        #expect(error.code == .schemaTooNew)
        #expect(error.description.contains("schema version 3"))
        #expect(error.description.contains("newer"))
    }

    @Test("a schema version that never existed is refused")
    func unknown() throws {
        let error = try #require(throws: RunRecordError.self) { try self.json(#"{"schemaVersion": 0}"#) }
        #expect(error.code == .schemaUnknown)
    }

    @Test(
        "what is not a run record is an error that says where, never a crash",
        arguments: [
            "", "{", "[]", "{}", #"{"schemaVersion": "one"}"#, #"{"schemaVersion": 1, "name": 4}"#, "\u{0}\u{FF}",
        ]
    )
    func malformed(text: String) throws {
        let error = try #require(throws: RunRecordError.self) { try self.json(text) }
        #expect(error.code == .malformed)
        #expect(error.description.contains("run record"))
    }

    @Test("a number that a Double cannot hold is refused")
    func infinite() throws {
        let text = String(decoding: try self.record.json(), as: UTF8.self)
        let broken = text.replacing("\"value\" : 0.1\n", with: "\"value\" : 1e999\n")
        #expect(broken != text)
        #expect(throws: RunRecordError.self) { try self.json(broken) }
    }

    @Test("the environment file names the run and leaves the measurements out")
    func environment() throws {
        let text = String(decoding: try self.record.environmentJSON(), as: UTF8.self)
        #expect(text.contains("\"cores\""))
        #expect(text.contains("sluice bench --suite quick"))
        #expect(!text.contains("samples"))
    }
}
