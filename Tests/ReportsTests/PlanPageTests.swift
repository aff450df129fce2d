import Measurement
import Planning
import Reports
import Testing

@Suite("Plan page")
struct PlanPageTests {
    private static var plan: PlanRecord {
        var run = RunRecord(name: "monday", suite: "calibrate", command: "", startedAt: "2026-01-01", seed: 1)
        run.targets = [TargetRecord(id: "redis", product: "Redis 7.0.15", configuration: [])]
        var question = PlanQuestion()
        question.writeRate = 50_000
        question.valueSize = 1024
        question.replicas = 16
        question.stalled = 2
        var plan = PlanRecord(run, target: "redis", question: question)
        plan.answers = [
            PlanAnswer(
                "What backlog lets a replica resume after the outage?",
                formula: "write rate × stream bytes per write × outage ÷ reach",
                inputs: [
                    PlanInput("write rate", 50_000, unit: "1/s"),
                    PlanInput("reach", 0.97, unit: "ratio", isMeasured: true),
                ],
                value: 3_000_000_000,
                unit: "B",
                error: ErrorSummary([0.01, -0.04]),
                warnings: ["backlog 2861 MiB is outside 8.0 MiB…64.0 MiB, where it was measured"]
            ),
            PlanAnswer(
                "How long does it take?",
                formula: "bytes ÷ rate",
                inputs: [],
                value: 2,
                unit: "s",
                low: 1.5,
                high: 3
            ),
        ]
        var held = Configuration()
        held.replicas = 4
        held.valueSize = 512
        let check = Check(Observation(held, value: 2, lowest: 1.9, highest: 2.2), predicted: 2.1)
        plan.checks = [PlanCheck("processor time per write", unit: "us", check)]
        plan.missing = ["How fast a replica drains was not measured."]
        return plan
    }

    @Test("each answer stands with its formula, inputs, error and warnings")
    func answers() {
        let page = PlanPage(Self.plan).markdown
        #expect(page.hasPrefix("# Plan: 50.0 k/s writes of 1.00 KiB to 16 replicas and 2 stalled\n"))
        #expect(page.contains("**2.79 GiB** = write rate × stream bytes per write × outage ÷ reach"))
        #expect(page.contains("write rate 50.0 k/s · reach 0.970× (measured)"))
        #expect(page.contains("Off by 2.5 %, worst −4 % on 2 configurations held out of the fit."))
        #expect(page.contains("Warning: backlog 2861 MiB is outside"))
        #expect(page.contains("2.00 s (1.50 s…3.00 s)"))
    }

    @Test("held-out configurations stand with what was predicted, measured, and the signed error")
    func checks() {
        let page = PlanPage(Self.plan).markdown
        #expect(
            page.contains(
                "| processor time per write | 4 replicas, 512 B values | 2.10 µs | 2.00 µs (1.90…2.20) | +5 % |"
            )
        )
        #expect(page.contains("**Validated**"))
        #expect(page.contains("## Not answered"))
    }

    @Test("a plan that nothing was held out for says that it is not checked")
    func unchecked() {
        var plan = Self.plan
        plan.checks = []
        #expect(PlanPage(plan).markdown.contains("**Not checked**"))
    }
}
