import Measurement
import Planning
import Testing

/// A run whose server follows simple laws, so that a plan can be checked against them.
enum LawfulRun {
    /// Replicas, value size, stalled, backlog in MiB, thousands of keys: four corners, then four between them.
    static let configurations: [(Double, Double, Double, Double, Double)] = [
        (1, 128, 0, 8, 200), (1, 2048, 0, 32, 20), (16, 128, 2, 32, 100), (16, 2048, 2, 8, 40),
        (2, 512, 1, 16, 60), (4, 256, 0, 24, 100), (8, 1024, 2, 16, 30), (12, 1536, 1, 12, 25),
    ]
    static let pending = 64.0 * 1_048_576

    static func frame(_ valueSize: Double) -> Double { 60 + valueSize }
    static func processor(_ n: Double, _ v: Double) -> Double { 0.5 + 0.0003 * v + n * (0.02 + 0.0001 * v) }
    static func data(_ keys: Double, _ v: Double) -> Double { keys * (80 + 1.05 * v) }
    static func buffers(_ backlog: Double, _ stalled: Double) -> Double {
        1.02 * max(backlog, stalled > 0 ? self.pending - 4e6 : 0)
    }
    static func allocated(_ keys: Double, _ v: Double, _ links: Double, _ buffers: Double) -> Double {
        2e6 + self.data(keys, v) + links * 20_000 + buffers
    }

    static var record: RunRecord {
        var run = RunRecord(name: "lawful", suite: "calibrate", command: "", startedAt: "", seed: 1)
        for (n, v, stalled, mebibytes, thousands) in self.configurations {
            let (backlog, keys) = (mebibytes * 1_048_576, thousands * 1000)
            let held = self.buffers(backlog, stalled)
            let allocated = self.allocated(keys, v, n + stalled, held)
            run.cases.append(
                self.one(
                    "capacity",
                    [
                        ("replicas", n), ("value_size", v), ("stalled", stalled), ("backlog_size", backlog),
                        ("keys", keys), ("pending_size", self.pending),
                    ],
                    [
                        "empty_allocated": 2e6, "empty_rss": 8e6, "data_allocated": self.data(keys, v),
                        "replica_allocated": 20_000, "allocator_allocated": allocated,
                        "rss": 8e6 + 1.1 * (allocated - 2e6), "mem_total_replication_buffers": held,
                        "backlog_reach": 0.96 * backlog / self.frame(v),
                    ]
                )
            )
            run.cases.append(
                self.one(
                    "fan-out",
                    [("replicas", n), ("value_size", v), ("pipeline", 64)],
                    [
                        "primary_cpu_per_write": self.processor(n, v), "delivered_rate": 1000 * n,
                        "delivered_bytes_rate": 1000 * n * self.frame(v),
                    ],
                    behaviour: "fast"
                )
            )
            run.cases.append(
                self.one(
                    "snapshot",
                    [("keys", keys), ("value_size", v), ("write_rate", 0), ("replicas", 1)],
                    [
                        "copy_bytes": keys * (24 + v), "copy_primary_cpu": keys * (2e-7 + v * 1e-9),
                        "copy_total": 0.05 + keys * (3e-7 + v * 2e-9), "memory_extra": 3e6,
                    ]
                )
            )
        }
        let record = ["log_record_bytes": self.frame(100) + 22]
        run.cases.append(self.one("resume", [("value_size", 100), ("log_records", 100_000)], record))
        return run
    }

    private static func one(
        _ scenario: String,
        _ parameters: [(String, Double)],
        _ values: [String: Double],
        behaviour: String? = nil
    ) -> CaseRecord {
        var all = parameters.map { Parameter($0.0, Int($0.1)) }
        if let behaviour { all.append(Parameter("behaviour", behaviour)) }
        if scenario == "snapshot" {
            all += [Parameter("receiver", "discarding"), Parameter("transfer", "streamed")]
        }
        let samples = values.map { Sample($0.key, $0.value, unit: "", better: .neither) }
        let id = "\(scenario)/redis/\(all.map { "\($0.name)=\($0.value)" }.joined(separator: ","))"
        return CaseRecord(
            id: id,
            scenario: scenario,
            target: "redis",
            parameters: all,
            trials: [TrialRecord(trial: 1, order: 1, samples: samples)]
        )
    }
}

@Suite("Planner")
struct PlannerTests {
    private static var question: PlanQuestion {
        var question = PlanQuestion()
        question.writeRate = 50_000
        question.valueSize = 1000
        question.replicas = 8
        question.stalled = 2
        question.outage = 2
        question.keys = 50_000
        return question
    }

    private static func plan(
        _ question: PlanQuestion = Self.question,
        _ run: RunRecord = LawfulRun.record
    ) -> PlanRecord {
        Planner(run, target: "redis", question).plan()
    }

    private static func answer(_ plan: PlanRecord, _ words: String) throws -> PlanAnswer {
        try #require(plan.answers.first { $0.question.contains(words) }, "no answer about \(words)")
    }

    @Test("a server that follows the formulas is predicted exactly, from four configurations, on four others")
    func exact() throws {
        let plan = Self.plan()
        let checks = Dictionary(grouping: plan.checks, by: \.quantity)
        #expect(checks.count == 9)
        for (quantity, checks) in checks {
            #expect(checks.count >= 4, "\(quantity)")
            for check in checks { #expect(abs(check.error) < 0.01, "\(quantity) \(check.error)") }
        }
        let judged = try #require(plan.judged)
        #expect(judged.isValidated)
        #expect(plan.checks.filter(\.isTime).map(\.quantity) == [String](repeating: "time of a full resync", count: 4))
    }

    @Test("answers follow their formulas")
    func answers() throws {
        let plan = Self.plan()
        let frame = LawfulRun.frame(1000)
        let stream = try Self.answer(plan, "into its stream")
        #expect(abs(stream.value - 50_000 * frame) < 1)
        let egress = try Self.answer(plan, "leaves the primary")
        #expect(abs(egress.value - 8 * 50_000 * frame) < 1)
        let backlog = try Self.answer(plan, "What backlog").value
        #expect(abs(backlog - 2 * 50_000 * frame / 0.96) < 1)
        let busy = try Self.answer(plan, "How busy")
        #expect(abs(busy.value - 50_000 * LawfulRun.processor(8, 1000) / 1e6) < 1e-6)
        let memory = try Self.answer(plan, "primary allocate")
        let missed = 2 * 50_000 * frame
        let held = 1.02 * max(backlog, missed - 4e6)
        #expect(abs(memory.value - LawfulRun.allocated(50_000, 1000, 10, held)) < 1e3)
        #expect(memory.remarks.contains { $0.contains("hold the stream back") })
        let copied = try Self.answer(plan, "copy of its own")
        #expect(abs(copied.value - (memory.value - held + 1.02 * backlog + 2 * (missed - 4e6))) < 1e3)
        let copy = try Self.answer(plan, "How many bytes is a full")
        #expect(abs(copy.value - 50_000 * 1024) < 1)
    }

    @Test("a log on disk takes what its records take, and a server without one is not asked")
    func log() throws {
        let log = try Self.answer(Self.plan(), "log on disk")
        #expect(abs(log.value - 2 * 50_000 * (LawfulRun.frame(1000) + 22)) < 1)
        var run = LawfulRun.record
        run.cases.removeAll { $0.scenario == "resume" }
        #expect(!Self.plan(Self.question, run).answers.contains { $0.question.contains("log on disk") })
    }

    @Test("every answer shows its formula, its inputs and, where something was held out, its error")
    func evidence() throws {
        for answer in Self.plan().answers {
            #expect(!answer.formula.isEmpty && !answer.inputs.isEmpty)
            #expect(answer.value.isFinite && answer.value >= 0)
        }
        let busy = try Self.answer(Self.plan(), "How busy")
        let error = try #require(busy.error)
        #expect(error.count == 4)
    }

    @Test("a question outside what was measured is answered with a warning")
    func warnings() throws {
        var question = Self.question
        question.valueSize = 100_000
        question.replicas = 100
        let plan = Self.plan(question)
        let busy = try Self.answer(plan, "How busy")
        #expect(busy.warnings.contains { $0.contains("value size 100000 is outside 128…2048") })
        #expect(busy.warnings.contains { $0.contains("replicas 100 is outside 1…16") })
        let copy = try Self.answer(plan, "How many bytes is a full")
        #expect(!copy.warnings.isEmpty)
        let within = try Self.answer(Self.plan(), "How busy")
        #expect(within.warnings.isEmpty)
    }

    @Test("what a run did not measure is said, with what to do about it")
    func missing() {
        var run = LawfulRun.record
        run.cases.removeAll { $0.scenario != "fan-out" }
        let plan = Self.plan(Self.question, run)
        #expect(plan.missing.contains { $0.contains("sluice plan --calibrate") })
        #expect(!plan.answers.contains { $0.question.contains("primary allocate") })
        #expect(plan.answers.contains { $0.question.contains("What backlog") })
        run.cases.removeAll()
        #expect(Self.plan(Self.question, run).answers.isEmpty)
    }

    @Test("a replica that takes no more than clients write never becomes current, and the plan says so")
    func neverCurrent() {
        var question = Self.question
        question.writeRate = 1e6
        #expect(Self.plan(question).missing.contains { $0.contains("never becomes current") })
    }

    @Test("an invalid trial enters no plan")
    func invalid() {
        var run = LawfulRun.record
        for place in run.cases.indices { run.cases[place].trials[0].invalid = ["it went wrong"] }
        #expect(Self.plan(Self.question, run).answers.isEmpty)
    }
}
