import Measurement
import Testing

@testable import Reports

@Suite("results.csv")
struct CSVTests {
    private var small: RunRecord {
        var record = RunRecord(name: "a \"b\", c", suite: "s", command: "c", startedAt: "t", seed: 1)
        record.cases = [
            CaseRecord(
                id: "fan-out/bundled/replicas=1,value_size=64",
                scenario: "fan-out",
                target: "bundled",
                parameters: [Parameter("replicas", 1)],
                trials: [
                    TrialRecord(
                        trial: 1,
                        order: 2,
                        samples: [Sample("write_latency", stat: "p99", 12.5, unit: "us", better: .lower)]
                    ),
                    TrialRecord(
                        trial: 2,
                        order: 1,
                        samples: [Sample("rss", 4096, unit: "B", better: .lower)],
                        invalid: ["a connection was lost"]
                    ),
                ]
            )
        ]
        return record
    }

    @Test("one row per sample, quoted where a field holds a comma or a quote")
    func golden() {
        #expect(
            CSV.text(self.small) == """
                run,scenario,target,case,trial,metric,stat,value,unit,better,valid
                "a ""b"", c",fan-out,bundled,"fan-out/bundled/replicas=1,value_size=64",1,write_latency,p99,12.5,us,lower,true
                "a ""b"", c",fan-out,bundled,"fan-out/bundled/replicas=1,value_size=64",2,rss,value,4096.0,B,lower,false

                """
        )
    }

    @Test("a run that is void as a whole has no valid row")
    func invalidRun() {
        var record = self.small
        record.invalid = ["verification failed"]
        let rows = CSV.text(record).split(separator: "\n").dropFirst()
        #expect(rows.count == 2)
        #expect(rows.allSatisfy { $0.hasSuffix(",false") })
    }

    @Test("line breaks of either kind are quoted", arguments: ["a\nb", "a\rb", "a\r\nb"])
    func lineBreaks(field: String) {
        #expect(CSV.quoted(field) == "\"\(field)\"")
    }
}
