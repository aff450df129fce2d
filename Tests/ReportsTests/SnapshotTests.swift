import Measurement
import Testing

@testable import Reports

@Suite("Full copies in reports")
struct SnapshotReportTests {
    static func parameters(_ receiver: String, rate: Int = 0, replicas: Int = 1) -> [Parameter] {
        [
            Parameter("receiver", receiver), Parameter("keys", 1_000_000), Parameter("value_size", 100),
            Parameter("transfer", "streamed"), Parameter("write_rate", rate), Parameter("replicas", replicas),
        ]
    }

    private static func copy(_ target: String, slower: Double, replicas: Int = 1) -> CaseRecord {
        SampleRun.measured(
            "snapshot",
            target,
            self.parameters("discarding", replicas: replicas),
            expecting: ["copy_total", "copy_bytes_rate", "copy_keys_rate"],
            trials: [
                [
                    Sample("copy_total", 0.5 * slower, unit: "s", better: .lower),
                    Sample("copy_bytes_rate", 256 * SampleRun.mebibyte / slower, unit: "B/s", better: .higher),
                    Sample("copy_keys_rate", 2_000_000 / slower, unit: "1/s", better: .higher),
                ]
            ]
        )
    }

    private static func loaded(_ target: String, slower: Double) -> CaseRecord {
        let stats = [("p50", 100.0), ("p90", 200), ("p99", 500), ("p99.9", 1000), ("max", 2000)]
        var samples = stats.flatMap { stat, value in
            [
                Sample("response_before", stat: stat, value, unit: "us", better: .lower),
                Sample("response_during", stat: stat, value * 1.5 * slower, unit: "us", better: .lower),
            ]
        }
        samples += [
            Sample("response_growth", 1.5 * slower, unit: "ratio", better: .lower),
            Sample("trigger_pause", slower > 1 ? 12_000 : 20, unit: "us", better: .lower),
            Sample("memory_extra_ratio", 0.05 * slower, unit: "ratio", better: .lower),
        ]
        return SampleRun.measured(
            "snapshot",
            target,
            self.parameters("discarding", rate: 50_000),
            expecting: ["response_growth"],
            trials: [samples]
        )
    }

    private static func live(_ target: String, slower: Double) -> CaseRecord {
        SampleRun.measured(
            "snapshot",
            target,
            self.parameters("live"),
            expecting: ["live_total", "live_primary_cpu", "live_replica_cpu"],
            trials: [
                [
                    Sample("live_total", 2 * slower, unit: "s", better: .lower),
                    Sample("live_primary_cpu", 0.5 * slower, unit: "s", better: .lower),
                    Sample("live_replica_cpu", 1.5 * slower, unit: "s", better: .lower),
                ]
            ]
        )
    }

    private var record: RunRecord {
        var record = SampleRun.record()
        record.cases = []
        for (server, slower) in [("bundled", 1.0), ("redis", 2.0)] {
            record.cases += [
                Self.copy(server, slower: slower), Self.copy(server, slower: slower, replicas: 10),
                Self.loaded(server, slower: slower), Self.live(server, slower: slower),
            ]
        }
        return record
    }

    private func verdict(_ record: RunRecord) -> String {
        Verdict(record, names: TargetNames(record), validity: Validity(of: record)).text
    }

    @Test("the sentences tell time and rate of a copy, what clients notice, and when a replica serves")
    func sentences() {
        #expect(
            self.verdict(self.record) == """
                - A full copy of 1 000 000 keys (100 B values) is out after **500 ms**, 0.50× Redis's 1.00 s, at \
                2.00 M/s keys and 256 MiB/s.
                - While it is made and clients write 50 000/s, their p99.9 is **1.50×** that before it; Redis 3.00×. \
                It begins with a pause of 20.0 µs (Redis 12.0 ms) and takes 5.0 % (Redis 10 %) the memory of the \
                data beside it at most.
                - An empty replica serves 1 000 000 keys (100 B values) after **2.00 s**, 0.50× Redis's 4.00 s; \
                processor time: the primary 500 ms (Redis 1.00 s), the replica 1.50 s (Redis 3.00 s).
                """
        )
    }

    @Test("a run without copies says nothing of them, and one without Redis compares with nobody")
    func alone() {
        var record = self.record
        record.cases.removeAll { $0.target == "redis" }
        record.targets.removeAll { $0.id == "redis" }
        #expect(!self.verdict(record).contains("Redis"))
        #expect(self.verdict(record).contains("their p99.9 is **1.50×** that before it. It begins"))
        record.cases = []
        #expect(!self.verdict(record).contains("copy"))
    }

    @Test("copies stand in three tables, with a chart of rates and one of responses")
    func page() throws {
        let page = ReportFiles(self.record).markdown
        #expect(
            page.contains("## Full copies\n\n![Full copies to replicas that throw them away](charts/copy-rate.svg)")
        )
        #expect(page.contains("## What a full copy costs clients and memory"))
        #expect(page.contains("## Full copies to live replicas, until they serve"))
        #expect(page.contains("1 000 000 keys, streamed, 100 B values") || page.contains("1 000 000 keys"))
        let rates = try #require(ReportFiles(self.record).charts.first { $0.name == "copy-rate" })
        #expect(rates.data.split(separator: "\n").count { $0.hasPrefix("# case") } == 2)
        #expect(rates.svg.contains(">1 000 000 keys, 100 B values, streamed, 10 replicas</text>"))
        let responses = try #require(ReportFiles(self.record).charts.first { $0.name == "copy-response" })
        for label in ["Sluice, before it", "Sluice, during a copy", "Redis, before it", "Redis, during a copy"] {
            #expect(responses.svg.contains(">\(label)</text>"))
        }
    }
}
