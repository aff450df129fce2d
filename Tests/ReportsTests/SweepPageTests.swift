import Measurement
import Reports
import Testing

@Suite("Sweep page")
struct SweepPageTests {
    private static let rate = SweepMetric("write_rate", unit: "1/s", better: .higher)
    private static let memory = SweepMetric("allocator_allocated", unit: "B", better: .lower)

    private static func setting(
        _ chunk: String?,
        _ backlog: String?,
        change: RelativeChange?,
        megabytes: Double,
        _ standing: SweepSetting.Standing
    ) -> SweepSetting {
        var knobs: [Parameter] = []
        if let chunk, let backlog { knobs = [Parameter("chunk-size", chunk), Parameter("backlog-size", backlog)] }
        let writes = 100_000 * (1 + (change?.estimate ?? 0))
        guard let rates = Summary([writes * 0.98, writes, writes * 1.02]), let bytes = Summary([megabytes * 1_048_576])
        else { return SweepSetting(knobs: knobs, figures: [], standing: .failed) }
        return SweepSetting(
            knobs: knobs,
            figures: standing == .failed
                ? [] : [SweepFigure(Self.rate, rates, change: change), SweepFigure(Self.memory, bytes)],
            standing: standing,
            isOnFront: standing == .best,
            failure: standing == .failed ? "a replica fell out of the backlog" : nil
        )
    }

    private static func change(_ estimate: Double, _ low: Double?, _ high: Double?) -> RelativeChange {
        RelativeChange(estimate: estimate, low: low, high: high, pairs: 12)
    }

    private static func sweep(_ choice: SweepChoice, _ settings: [SweepSetting]) -> SweepRecord {
        SweepRecord(
            scenario: "fan-out",
            target: "bundled",
            knobs: [
                SweepKnob(name: "chunk-size", values: ["4kb", "64kb"], defaultValue: "1048576"),
                SweepKnob(name: "backlog-size", values: ["1mb", "16mb"], defaultValue: "268435456"),
            ],
            blocks: 12,
            metrics: [Self.rate],
            cost: Self.memory,
            margin: 0.03,
            level: 0.05,
            settings: settings,
            choice: choice
        )
    }

    private static let grid = [
        Self.setting(nil, nil, change: nil, megabytes: 280, .worse),
        Self.setting("4kb", "1mb", change: nil, megabytes: 0, .failed),
        Self.setting("4kb", "16mb", change: Self.change(-0.2, -0.25, -0.15), megabytes: 40, .worse),
        Self.setting("64kb", "1mb", change: nil, megabytes: 0, .failed),
        Self.setting("64kb", "16mb", change: Self.change(0.12, 0.08, 0.15), megabytes: 40, .best),
    ]

    private static func page(_ sweep: SweepRecord) -> String {
        var run = RunRecord(name: "sweep", suite: "sweep", command: "sluice sweep fan-out", startedAt: "", seed: 1)
        run.sweep = sweep
        return ReportFiles(run).markdown
    }

    @Test("a better setting is advised in a sentence that says what is gained and what it costs")
    func better() {
        let advice = SweepRecommendation(Self.sweep(SweepChoice(.better, setting: 4), Self.grid))
        #expect(
            advice.sentence == "chunk-size=64kb, backlog-size=16mb: 12 % (8…15) more writes for 240 MiB less memory."
        )
        #expect(advice.remarks.contains { $0.contains("A backlog of 16mb instead of 256 MiB") })
    }

    @Test("a value with which nothing worked is named once, with the reason")
    func failed() {
        let advice = SweepRecommendation(Self.sweep(SweepChoice(.better, setting: 4), Self.grid))
        #expect(
            advice.remarks.contains("Did not work: backlog-size=1mb. a replica fell out of the backlog")
        )
    }

    @Test("where nothing is better the default stays, and what could not be excluded is said")
    func keep() {
        let kept = SweepRecommendation(Self.sweep(SweepChoice(.keep, setting: 0), Self.grid))
        #expect(kept.sentence == "Keep the default: no setting gives more than 3 % more writes.")
        let doubtful = SweepRecommendation(Self.sweep(SweepChoice(.undecided, setting: 0), Self.grid))
        #expect(doubtful.sentence.contains("A gain of up to 15 % cannot be excluded after 12 blocks"))
        let few = Self.grid.map { setting in
            var setting = setting
            for place in setting.figures.indices { setting.figures[place].change?.low = nil }
            return setting
        }
        let early = SweepRecommendation(Self.sweep(SweepChoice(.undecided, setting: 0), few))
        #expect(early.sentence.contains("12 blocks are too few to tell: it takes 7 (--trials 7)"))
    }

    @Test("a setting that is as good for less memory is advised as such")
    func cheaper() {
        let settings =
            Self.grid.dropLast() + [
                Self.setting("64kb", "16mb", change: Self.change(0.001, -0.01, 0.012), megabytes: 40, .best)
            ]
        let advice = SweepRecommendation(Self.sweep(SweepChoice(.cheaper, setting: 4), Array(settings)))
        #expect(
            advice.sentence
                == "chunk-size=64kb, backlog-size=16mb: as many writes (+0.1 % (−1…+1.2)) for 240 MiB less memory."
        )
    }

    @Test("the page has the advice first, a map of two knobs, every setting, the zone and the front")
    func page() {
        let page = Self.page(Self.sweep(SweepChoice(.better, setting: 4), Self.grid))
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.contains("| chunk-size ↓ backlog-size → | 1mb | 16mb |"))
        #expect(lines.contains("| 4kb | failed | −20 % (−25…−15) |"))
        #expect(lines.contains("| 64kb | failed | +12 % (+8…+15) |"))
        #expect(page.contains("default (chunk-size=1048576, backlog-size=268435456)"))
        #expect(page.contains("**Indifference zone** (1 of 5)"))
        #expect(page.contains("**Front** (●)"))
        #expect(!page.contains("## Memory"))
    }

    @Test("what a target says of itself cannot break the page")
    func hostile() {
        var grid = Self.grid
        grid[1].failure = "| <script> |"
        let page = Self.page(Self.sweep(SweepChoice(.keep, setting: 0), grid))
        #expect(!page.contains("<script>"))
    }
}
