import Measurement
import Testing

@testable import Reports

@Suite("Groups in reports")
struct GroupReportTests {
    private static func failover(
        _ target: String,
        _ parameters: [Parameter],
        seconds: Double,
        lost: Double
    ) -> CaseRecord {
        SampleRun.measured(
            "failover",
            target,
            parameters + [Parameter("heartbeat", 500), Parameter("writers", 8)],
            expecting: ["time_to_first_write", "acknowledged_lost"],
            trials: [
                [
                    Sample("time_to_first_write", seconds, unit: "s", better: .lower),
                    Sample("time_to_leader", seconds, unit: "s", better: .lower),
                    Sample("acknowledged_lost", lost, unit: "count", better: .lower),
                ]
            ]
        )
    }

    private static func record() -> RunRecord {
        var record = SampleRun.record()
        record.cases = [
            self.failover(
                "bundled",
                [Parameter("topology", "channel"), Parameter("election", "quorum")],
                seconds: 1.5,
                lost: 0
            ),
            self.failover("redis", [Parameter("topology", "stream")], seconds: 1.25, lost: 3),
            SampleRun.measured(
                "catch-up",
                "bundled",
                [
                    Parameter("topology", "channel"), Parameter("class", "background"), Parameter("bytes", 1 << 30),
                    Parameter("value_size", 1024), Parameter("write_rate", 2000),
                ],
                expecting: ["time_to_current", "catch_up_rate"],
                trials: [
                    [
                        Sample("time_to_current", 20, unit: "s", better: .lower),
                        Sample("catch_up_rate", 52_428_800, unit: "B/s", better: .higher),
                        Sample("response_growth", stat: "p99", 1.5, unit: "ratio", better: .lower),
                    ]
                ]
            ),
        ]
        return record
    }

    @Test("the sentences tell when writes go on, what was lost, and what coming back costs clients")
    func sentences() {
        let record = Self.record()
        let names = TargetNames(record)
        #expect(
            GroupSentences(record, names: names).all == [
                "When the leader dies, the next write is acknowledged after **1.50 s** with a group (quorum) of Sluice (no "
                    + "acknowledged write lost); **1.25 s** with a primary and replicas of Redis (up to 3 acknowledged writes lost).",
                "A node that was away is current after **20.0 s** (50.0 MiB/s, clients' p99 1.50× of before) with a group "
                    + "(background) of Sluice.",
            ]
        )
        let verdict = Verdict(record, names: names, validity: Validity(of: record)).text
        #expect(verdict.contains("- When the leader dies") && verdict.contains("- A node that was away"))
    }

    @Test("the tables say group and stream in words, and nothing is left to the plain section")
    func tables() {
        let record = Self.record()
        let names = TargetNames(record)
        let failover = FailoverSection.parts(record, names: names).flatMap(\.texts).joined()
        #expect(failover.contains("| group | quorum | Sluice | 1.50 s | 1.50 s | 0 |"), "\(failover)")
        #expect(failover.contains("| primary and replicas |"), "\(failover)")
        let catchUp = CatchUpSection.parts(record, names: names).flatMap(\.texts).joined()
        #expect(catchUp.contains("1 GiB behind"), "\(catchUp)")
        #expect(PlainSection.parts(record, names: names).isEmpty)
    }
}
