import Measurement
import Testing

@testable import Reports

@Suite("Comparing two finished runs")
struct CompareTests {
    /// A run of one resume case with such figures.
    private func run(
        _ name: String = "run",
        bytes: Double?,
        share: Double? = 0,
        firstFrame: Double = 100,
        target: String = "bundled"
    ) -> RunRecord {
        var record = RunRecord(name: name, suite: "resume", command: "", startedAt: "", seed: 1)
        var samples = [Sample("first_frame", stat: "p50", firstFrame, unit: "us", better: .lower)]
        if let bytes { samples.append(Sample("disk_bytes_per_resume", bytes, unit: "B", better: .lower)) }
        if let share { samples.append(Sample("full_resync_share", share, unit: "ratio", better: .lower)) }
        record.cases = [SampleRun.measured("resume", target, [Parameter("distance", 10)], trials: [samples])]
        return record
    }

    private func verdict(_ comparison: ComparisonRecord, _ metric: String) -> FigureVerdict? {
        comparison.figures.first { $0.metric == metric }?.verdict
    }

    @Test(
        "a count within its bound is ok, beyond it a regression or an improvement",
        arguments: [
            (1000.0, 1000.0, FigureVerdict.ok), (1000, 1040, .ok), (1000, 1100, .regression),
            (1000, 900, .improvement), (0, 0, .ok), (0, 1, .regression), (1, 0, .improvement),
        ]
    )
    func counts(before: Double, after: Double, expected: FigureVerdict) {
        let comparison = RunComparison.judge(baseline: self.run(bytes: before), current: self.run(bytes: after))
        #expect(self.verdict(comparison, "disk_bytes_per_resume") == expected)
    }

    @Test("a count that is nearly zero may move by what a timer does, and no more")
    func slack() {
        func verdict(_ before: Double, _ after: Double) -> FigureVerdict? {
            let runs = [before, after].map { value in
                var record = RunRecord(name: "run", suite: "counts", command: "", startedAt: "", seed: 1)
                let sample = Sample("allocations_per_mutation", value, unit: "count", better: .lower)
                record.cases = [SampleRun.measured("counts", "bundled", [], trials: [[sample]])]
                return record
            }
            return self.verdict(RunComparison.judge(baseline: runs[0], current: runs[1]), "allocations_per_mutation")
        }
        #expect(verdict(0.029, 0.031) == .ok)
        #expect(verdict(0, 0.01) == .ok)
        #expect(verdict(0.03, 1.03) == .regression)
        #expect(verdict(1.03, 0.03) == .improvement)
    }

    @Test("a least effect is about timings; a count keeps its own bound")
    func minimumEffect() {
        let (before, after) = (self.run(bytes: 1000), self.run(bytes: 1100, firstFrame: 130))
        let comparison = RunComparison.judge(baseline: before, current: after, minimumEffect: 0.5)
        #expect(self.verdict(comparison, "disk_bytes_per_resume") == .regression)
        #expect(self.verdict(comparison, "first_frame") == .ok)
    }

    @Test("a count that leaves zero is a regression although the change has no share")
    func fromZero() {
        let comparison = RunComparison.judge(
            baseline: self.run(bytes: 1, share: 0),
            current: self.run(bytes: 1, share: 0.01)
        )
        #expect(self.verdict(comparison, "full_resync_share") == .regression)
        #expect(comparison.status(isStrict: false) == .regression)
        #expect(ComparisonPage(comparison).verdictLine == "1 worse, 2 ok")
    }

    @Test("a timing is shown and never judged, however much it moved")
    func timings() throws {
        let comparison = RunComparison.judge(baseline: self.run(bytes: 1), current: self.run(bytes: 1, firstFrame: 900))
        #expect(self.verdict(comparison, "first_frame") == .indicative)
        #expect(comparison.status(isStrict: true) == .good)
        let change = try #require(comparison.figures.first { $0.metric == "first_frame" }?.change)
        #expect(abs(change - 8) < 1e-9)
    }

    @Test("a figure that one run lacks is unavailable, with the run that lacks it")
    func unavailable() {
        let comparison = RunComparison.judge(baseline: self.run(bytes: nil), current: self.run(bytes: 5))
        let figure = comparison.figures.first { $0.metric == "disk_bytes_per_resume" }
        #expect(figure?.verdict == .unavailable)
        #expect(figure?.reason == "the baseline did not measure it")
    }

    @Test("runs of one server each are compared whatever it is called; of several, each with its own kind")
    func targets() {
        let comparison = RunComparison.judge(
            baseline: self.run(bytes: 1, target: "redis"),
            current: self.run(bytes: 1, target: "bundled")
        )
        #expect(comparison.figures.count == 3 && comparison.onlyInA.isEmpty)
        var both = self.run(bytes: 1)
        both.cases += self.run(bytes: 1, target: "redis").cases
        let mixed = RunComparison.judge(baseline: both, current: self.run(bytes: 1))
        #expect(mixed.figures.count == 3)
        #expect(mixed.onlyInA == ["resume/redis/distance=10"])
    }

    @Test("cases of one run alone, and differing environments, are named")
    func differing() {
        var before = self.run("old", bytes: 1)
        before.cases.append(SampleRun.measured("resume", "bundled", [Parameter("distance", 99)], trials: [[]]))
        before.environment = [EnvironmentSection(title: "Machine", facts: [Parameter("cores", 2)])]
        var after = self.run("new", bytes: 1)
        after.environment = [EnvironmentSection(title: "Machine", facts: [Parameter("cores", 8)])]
        let page = ComparisonPage(RunComparison.judge(baseline: before, current: after)).markdown
        #expect(page.contains("Only in old:\n\n- resume/distance=99"))
        #expect(page.contains("Machine: cores: 2 → 8"))
    }

    @Test("the page puts what got worse first, and says in its third line how it went")
    func page() throws {
        let comparison = RunComparison.judge(
            baseline: self.run("old", bytes: 1000, share: 0),
            current: self.run("new", bytes: 2000, share: 0, firstFrame: 200)
        )
        let lines = ComparisonPage(comparison).markdown.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[0] == "# new against old")
        #expect(lines[2] == "**1 worse, 1 indicative, 1 ok**")
        #expect(lines[6] == "| resume | `disk_bytes_per_resume` | 1000 B | 2000 B | +100.0 % | – | **worse** |")
    }

    @Test("runs without a common case say so")
    func nothing() {
        let empty = RunRecord(name: "x", suite: "x", command: "", startedAt: "", seed: 1)
        let comparison = RunComparison.judge(baseline: empty, current: self.run(bytes: 1))
        #expect(comparison.figures.isEmpty)
        #expect(ComparisonPage(comparison).verdictLine.hasPrefix("nothing to compare"))
    }
}

@Suite("Comparison of builds measured side by side")
struct PairedComparisonTests {
    private static let cost = GatedMetric("primary_cpu_per_write", .timing(margin: 0.03))

    /// A figure whose B costs so much more in every pair, give or take a spread.
    private func figure(
        _ slower: Double,
        spread: Double = 0.01,
        caseID: String = "fan-out/replicas=4"
    ) -> ComparedFigure {
        let pairs = (0..<24).map { (a: 1.0, b: (1 + slower) * (1 + spread * Double($0 % 7 - 3))) }
        let differences = PairedShift.logRatios(pairs, isLowerBetter: true)
        let judgement = PairedFamily.judge([PairedSample(differences, margin: 0.03)], level: 0.0033)[0]
        return ComparedFigure(
            caseID: caseID,
            gate: Self.cost,
            unit: "us",
            pairs: pairs,
            isLowerBetter: true,
            judgement: judgement
        )
    }

    private func comparison(_ figures: [ComparedFigure]) -> ComparisonRecord {
        var comparison = ComparisonRecord(
            kind: .paired,
            a: ComparedSide(label: "a", detail: "Sluice"),
            b: ComparedSide(label: "b", detail: "Sluice")
        )
        comparison.figures = figures
        return comparison
    }

    @Test("the line says how many are slower, noisy and ok; the table gives change, interval and pairs")
    func page() throws {
        let comparison = self.comparison([
            self.figure(0, caseID: "fan-out/replicas=0"), self.figure(0.2),
            self.figure(0, spread: 0.2, caseID: "x/y=1"),
        ])
        let page = ComparisonPage(comparison)
        #expect(page.verdictLine == "1 slower, 1 noisy, 1 ok")
        let row = try #require(
            page.markdown.split(separator: "\n").first { $0.contains("slower**") && $0.hasPrefix("|") }
        )
        #expect(row.contains("| fan-out, 4 replicas | `primary_cpu_per_write` | 1.00 µs | 1.19 µs | +19."))
        #expect(row.hasSuffix("| 24 | **slower** |"))
        #expect(page.markdown.contains("noisy, sees changes from "))
    }

    @Test("a regression fails, improvements and noise only where they were asked for")
    func status() {
        func expect(_ lenient: CommandStatus, _ strict: CommandStatus, of figures: [ComparedFigure]) {
            #expect(self.comparison(figures).status(isStrict: false) == lenient)
            #expect(self.comparison(figures).status(isStrict: true) == strict)
        }
        let (slower, faster, same) = (self.figure(0.2), self.figure(-0.2), self.figure(0))
        let noisy = self.figure(0, spread: 0.2)
        expect(.regression, .regression, of: [slower, faster, noisy])
        expect(.good, .improvement, of: [faster, same])
        expect(.good, .onlyNoise, of: [noisy, noisy])
        expect(.good, .good, of: [noisy, same])
        expect(.good, .good, of: [])
    }

    @Test("a build against itself tells its false alarms, and how small a change would be seen")
    func selfTest() {
        var comparison = self.comparison([self.figure(0)])
        comparison.selfTests = [
            .init(figures: [self.figure(0)]), .init(figures: [self.figure(0.2)]),
            .init(figures: [self.figure(0, spread: 0.2)]),
        ]
        #expect(comparison.falseAlarms == 1)
        #expect(comparison.status(isStrict: true) == .good)
        let page = ComparisonPage(comparison)
        #expect(page.verdictLine == "1 false alarm in 3 comparisons of a build with itself")
        #expect(page.markdown.contains("| fan-out | `primary_cpu_per_write` | 1 | 1 | 1 |"))
    }

    @Test("a paired run can be judged again with a larger margin, and nothing else can")
    func again() throws {
        var run = RunRecord(name: "x", suite: "gate", command: "", startedAt: "", seed: 1)
        #expect(RunComparison.judge(paired: run, minimumEffect: nil) == nil)
        run.comparison = self.comparison([self.figure(0.2)])
        #expect(RunComparison.judge(paired: run, minimumEffect: nil)?.figures.first?.verdict == .regression)
        #expect(RunComparison.judge(paired: run, minimumEffect: 0.01)?.figures.first?.verdict == .regression)
        let lenient = try #require(RunComparison.judge(paired: run, minimumEffect: 0.5)?.figures.first)
        #expect(lenient.verdict == .ok && lenient.tolerance == 0.5)
    }

    @Test("many figures that did not move are folded away")
    func folding() {
        let figures = (0..<20).map { self.figure(0, caseID: "fan-out/replicas=\($0)") }
        #expect(ComparisonPage(self.comparison(figures)).markdown.contains("<details><summary>20 ok</summary>"))
    }

    @Test("a comparison survives the way to the disk and back, inside its run")
    func json() throws {
        var run = RunRecord(name: "x", suite: "gate", command: "", startedAt: "", seed: 1)
        run.comparison = self.comparison([self.figure(0.2)])
        run.comparison?.selfTests = [.init(figures: [self.figure(0)])]
        #expect(try RunRecord(json: run.json()) == run)
    }
}

@Suite("Exit statuses")
struct CommandStatusTests {
    @Test("each status has its number, and help tells them all")
    func numbers() {
        #expect(CommandStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 64])
        #expect(CommandStatus.help([.good, .usage]) == "Exit status: 0 good, 64 wrong usage.")
    }
}
