import Histogram
import Testing

@testable import Measurement

@Suite("Joining runs of several generators")
struct RunMergeTests {
    private static let caseID = "fan-out/redis/replicas=8"

    private static func histogram(_ values: some Sequence<UInt64>) -> Histogram<UInt64> {
        var histogram = Histogram<UInt64>(highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
        for value in values { histogram.record(value) }
        return histogram
    }

    private static func percentiles(_ metric: String, _ histogram: Histogram<UInt64>) -> [Sample] {
        [("p50", 50.0), ("p99", 99), ("max", 100)].map { stat, percentile in
            let value = Double(histogram.valueAtPercentile(percentile)) / 1000
            return Sample(metric, stat: stat, value, unit: "us", better: .lower)
        }
    }

    /// - Parameter began: seconds from the start of the run until the trial.
    private static func run(
        _ name: String,
        latencies: some Sequence<UInt64>,
        rate: Double,
        cpu: Double?,
        began: Double = 1
    ) throws -> RunRecord {
        let histogram = self.histogram(latencies)
        var samples = [
            Sample("write_rate", rate, unit: "1/s", better: .higher),
            Sample("generator_cpu_share", rate / 1e6, unit: "ratio", better: .neither),
            Sample("replica_lag", stat: "p50", 3, unit: "count", better: .lower),
        ]
        samples += self.percentiles("write_latency", histogram)
        if let cpu {
            samples.append(Sample("primary_cpu_per_write", cpu, unit: "us", better: .lower))
            samples.append(Sample("rss", 4096, unit: "B", better: .lower))
        }
        var record = RunRecord(
            name: name,
            suite: "standard",
            command: "c",
            startedAt: "2026-01-02T03:04:05Z",
            seed: 1
        )
        record.environment = [EnvironmentSection(title: "machine", facts: [Parameter("name", name)])]
        record.targets = [TargetRecord(id: "redis", product: "Redis 7", configuration: [])]
        record.cases = [
            CaseRecord(
                id: self.caseID,
                scenario: "fan-out",
                target: "redis",
                parameters: [Parameter("replicas", 8)],
                expectedMetrics: ["write_rate", "write_latency", "replica_lag"],
                trials: [
                    TrialRecord(
                        trial: 1,
                        order: 1,
                        beganSeconds: began,
                        phases: [PhaseTime(name: "warm-up", seconds: 1), PhaseTime(name: "measure", seconds: 2)],
                        samples: samples,
                        histograms: [
                            HistogramRecord(
                                metric: "write_latency",
                                unit: "ns",
                                counts: try #require(HistogramCounts(histogram))
                            )
                        ]
                    )
                ]
            )
        ]
        return record
    }

    private static let left = (1...1000 as ClosedRange<UInt64>).map { $0 * 1009 }
    private static let right = (1...3000 as ClosedRange<UInt64>).map { $0 * 7919 }

    private func merged(_ runs: [RunRecord]) throws -> RunRecord {
        try RunMerge.merged(runs, name: "both", command: "sluice report --merge a b --out both")
    }

    private func value(_ metric: String, _ stat: String = "value", of record: RunRecord) -> Double? {
        record.cases.first?.trials.first?.samples.first { $0.metric == metric && $0.stat == stat }?.value
    }

    private func pair() throws -> [RunRecord] {
        [
            try Self.run("a", latencies: Self.left, rate: 1000, cpu: 3),
            try Self.run("b", latencies: Self.right, rate: 3000, cpu: 1),
        ]
    }

    @Test("percentiles are those of one generator that saw everything")
    func percentiles() throws {
        let record = try self.merged(self.pair())
        let direct = Self.percentiles("write_latency", Self.histogram(Self.left + Self.right))
        for sample in direct { #expect(self.value("write_latency", sample.stat, of: record) == sample.value) }
        let counts = try #require(record.cases[0].trials[0].histograms.first).counts()
        #expect(counts == HistogramCounts(Self.histogram(Self.left + Self.right)))
    }

    @Test("rates add up, costs per operation are those over all of them, and the busiest generator counts")
    func rules() throws {
        let record = try self.merged(self.pair())
        #expect(self.value("write_rate", of: record) == 4000)
        // 3 µs for each of 1000 writes are the same 3 ms as 1 µs for each of 3000: over 4000 writes 0.75 µs.
        #expect(abs(try #require(self.value("primary_cpu_per_write", of: record)) - 0.75) < 1e-12)
        #expect(self.value("generator_cpu_share", of: record) == 0.003)
        #expect(self.value("rss", of: record) == 4096)
        #expect(record.cases[0].trials[0].invalid.isEmpty)
    }

    @Test("what only one could see is kept where it is the same for all, and left out where it is a part")
    func partly() throws {
        let runs = [
            try Self.run("a", latencies: Self.left, rate: 1000, cpu: 3),
            try Self.run("b", latencies: Self.right, rate: 3000, cpu: nil),
        ]
        let record = try self.merged(runs)
        #expect(self.value("rss", of: record) == 4096)
        #expect(self.value("primary_cpu_per_write", of: record) == nil)
        #expect(record.notes.contains { $0.contains("not every generator measured") && $0.contains("primary_cpu") })
    }

    @Test("a metric without a rule is left out, said so, and no longer promised")
    func leftOut() throws {
        let record = try self.merged(self.pair())
        #expect(self.value("replica_lag", "p50", of: record) == nil)
        #expect(record.notes.contains { $0.contains("do not make a whole") && $0.contains("replica_lag") })
        #expect(record.cases[0].expectedMetrics == ["write_rate", "write_latency"])
        #expect(record.cases[0].unsupported["replica_lag"] != nil)
    }

    @Test("generators that did not measure at the same time make the trial invalid")
    func apart() throws {
        let runs = [
            try Self.run("a", latencies: Self.left, rate: 1000, cpu: 3),
            try Self.run("b", latencies: Self.right, rate: 3000, cpu: 1, began: 60),
        ]
        let reason = try #require(self.merged(runs).cases[0].trials[0].invalid.first)
        #expect(reason == "the generators did not measure at the same time: their starts are 59.0 s apart")
        let close = [runs[0], try Self.run("b", latencies: Self.right, rate: 1, cpu: 1, began: 2.5)]
        #expect(try self.merged(close).cases[0].trials[0].invalid.isEmpty)
    }

    @Test("reasons, notes and machines of every generator stay, and say whose they are")
    func provenance() throws {
        var runs = try self.pair()
        runs[1].cases[0].trials[0].invalid = ["a connection was lost"]
        runs[0].notes = ["slow disk"]
        let record = try self.merged(runs)
        #expect(record.cases[0].trials[0].invalid == ["generator 2: a connection was lost"])
        #expect(record.notes.contains("generator 1: slow disk"))
        #expect(record.environment.map(\.title) == ["generator 1: machine", "generator 2: machine"])
        #expect(record.targets.count == 1)
    }

    @Test("cases that one generator lacks are left out and named")
    func cases() throws {
        var runs = try self.pair()
        var extra = runs[0].cases[0]
        extra.id = "fan-out/redis/replicas=16"
        runs[0].cases.append(extra)
        let record = try self.merged(runs)
        #expect(record.cases.map(\.id) == [Self.caseID])
        #expect(record.notes.contains { $0.contains("not every generator measured them: fan-out/redis/replicas=16") })
    }

    @Test("runs that have nothing to do with one another are refused, with what to do")
    func refused() throws {
        let one = try Self.run("a", latencies: Self.left, rate: 1000, cpu: 3)
        var other = one
        other.suite = "quick"
        var foreign = one
        foreign.cases[0].id = "lag/redis/x=1"
        for runs in [[], [one], [one, other], [one, foreign]] {
            let error = try #require(throws: RunMergeError.self) { try self.merged(runs) }
            #expect(!error.description.isEmpty)
        }
    }

    @Test("a damaged histogram is left out and does not end the joining")
    func damaged() throws {
        var runs = try self.pair()
        runs[1].cases[0].trials[0].histograms[0].payload = "HISTFAAA"
        let record = try self.merged(runs)
        #expect(record.cases[0].trials[0].histograms.isEmpty)
        #expect(self.value("write_latency", "p50", of: record) == nil)
        #expect(self.value("write_rate", of: record) == 4000)
    }

    @Test("moments are read as RFC 3339 writes them")
    func moments() {
        #expect(InternetTime.seconds("1970-01-01T00:00:00Z") == 0)
        #expect(InternetTime.seconds("2000-02-29T12:00:01Z") == 951_825_601)
        #expect(InternetTime.seconds("2026-01-02T03:04:05Z") == 1_767_323_045)
        #expect(InternetTime.seconds("2026-13-02T03:04:05Z") == nil && InternetTime.seconds("yesterday") == nil)
    }
}
