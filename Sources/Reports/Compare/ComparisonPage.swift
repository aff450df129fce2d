// A comparison as a page fit for a pull request: one line that says it all, then a table with what moved first; what did not
// move is folded away.

package import Measurement

package struct ComparisonPage {
    private let comparison: ComparisonRecord
    private let names: ComparedNames

    package init(_ comparison: ComparisonRecord) {
        self.comparison = comparison
        self.names = ComparedNames(comparison.figures.map(\.caseID))
    }

    /// "1 slower, 2 noisy, 14 ok".
    package var verdictLine: String {
        let figures = self.comparison.figures
        guard self.comparison.selfTests.isEmpty else { return self.selfTestLine }
        guard !figures.isEmpty else { return "nothing to compare: no case has a figure on both sides" }
        func count(_ verdict: FigureVerdict, isSpeed: Bool) -> Int {
            figures.count { $0.verdict == verdict && $0.isSpeed == isSpeed }
        }
        let parts = [
            (count(.regression, isSpeed: true), "slower"), (count(.regression, isSpeed: false), "worse"),
            (count(.improvement, isSpeed: true), "faster"), (count(.improvement, isSpeed: false), "better"),
            (self.comparison.count(.noisy), "noisy"), (self.comparison.count(.indicative), "indicative"),
            (self.comparison.count(.unavailable), "unavailable"), (self.comparison.count(.ok), "ok"),
        ]
        return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }

    private var selfTestLine: String {
        let count = self.comparison.selfTests.count
        let alarms = self.comparison.falseAlarms
        return
            "\(alarms) false alarm\(alarms == 1 ? "" : "s") in \(count) comparison\(count == 1 ? "" : "s") of a build"
            + " with itself"
    }

    /// The page; its first line is a heading, its third the verdict.
    package var markdown: String {
        let (a, b) = (self.comparison.a, self.comparison.b)
        return "# \(Markdown.escaped(b.label)) against \(Markdown.escaped(a.label))\n\n\(self.body(isFolded: true))\n"
    }

    /// The page without its heading, as part of another one.
    /// - Parameter isFolded: whether many figures that did not move are folded away, which takes a tag of HTML.
    func body(isFolded: Bool) -> String {
        let (a, b) = (self.comparison.a, self.comparison.b)
        var lines = ["**\(self.verdictLine)**"]
        if !self.comparison.selfTests.isEmpty { lines += ["", SelfTestTable(self.comparison, self.names).text] }
        lines += self.tables(isFolded: isFolded)
        lines += self.explanation
        lines += Self.list("Only in \(a.label)", self.comparison.onlyInA)
        lines += Self.list("Only in \(b.label)", self.comparison.onlyInB)
        lines += Self.list("What differs between the environments", self.comparison.differences)
        lines += ["", [a, b].map { Markdown.escaped("\($0.label): \($0.detail)") }.joined(separator: "  \n")]
        return lines.joined(separator: "\n")
    }

    // MARK: - Tables

    private func tables(isFolded: Bool) -> [String] {
        let ranked = self.comparison.figures.enumerated().sorted { left, right in
            let (l, r) = (Self.rank(left.element.verdict), Self.rank(right.element.verdict))
            return l == r ? left.offset < right.offset : l < r
        }
        let rows = ranked.map(\.element)
        let calm = rows.filter { $0.verdict == .ok }
        let other = rows.filter { $0.verdict != .ok }
        var lines: [String] = []
        if !other.isEmpty { lines += ["", self.table(other)] }
        // A handful is shown; dozens of figures that did not move would bury those that did.
        if calm.count <= Self.shownOutright || !isFolded {
            if !calm.isEmpty { lines += ["", self.table(calm)] }
        } else {
            lines += ["", "<details><summary>\(calm.count) ok</summary>", "", self.table(calm), "", "</details>"]
        }
        return lines
    }

    /// So many figures that did not move are shown without being asked for.
    private static let shownOutright = 12

    private func table(_ figures: [ComparedFigure]) -> String {
        let (a, b) = (Markdown.escaped(self.comparison.a.label), Markdown.escaped(self.comparison.b.label))
        var table = MarkdownTable([
            ("Case", .left), ("Metric", .left), (a, .right), (b, .right), ("Worse by", .right), ("Pairs", .right),
            ("Verdict", .left),
        ])
        for figure in figures {
            let stat = figure.stat == "value" ? "" : " \(figure.stat)"
            var verdict = Self.word(figure)
            if let reason = figure.reason { verdict += " " + table.dash(because: reason) }
            table.append([
                Markdown.escaped(self.names.words(figure.caseID)), "`\(figure.metric)`\(stat)",
                Self.text(figure.a, figure), Self.text(figure.b, figure), Self.change(figure),
                figure.pairs > 0 ? String(figure.pairs) : "–", verdict,
            ])
        }
        return table.text
    }

    static func rank(_ verdict: FigureVerdict) -> Int {
        switch verdict {
        case .regression: 0
        case .improvement: 1
        case .noisy: 2
        case .indicative: 3
        case .unavailable: 4
        case .ok: 5
        }
    }

    private static func word(_ figure: ComparedFigure) -> String {
        switch figure.verdict {
        case .regression: return figure.isSpeed ? "**slower**" : "**worse**"
        case .improvement: return figure.isSpeed ? "faster" : "better"
        case .noisy:
            let visible = figure.smallestVisible.map { ", sees changes from \(Self.percent($0, places: 0))" }
            return "noisy" + (visible ?? ", too few pairs to see anything")
        case .indicative: return "indicative"
        case .unavailable: return "unavailable"
        case .ok: return "ok"
        }
    }

    private static func text(_ value: Double?, _ figure: ComparedFigure) -> String {
        guard let value else { return "–" }
        // A count is exact, and a change in its last digit is what matters.
        if figure.isCount, figure.unit != "ratio" {
            let places = value == value.rounded() ? 0 : max(2, DecimalText.places(for: value, digits: 4))
            return DecimalText.fixed(value, places: places) + (figure.unit == "count" ? "" : " \(figure.unit)")
        }
        let isShare = figure.unit == "ratio" && figure.metric.hasSuffix("_share")
        return Quantity(unit: isShare ? "share" : figure.unit).text(value)
    }

    /// "+4.2 % (+3.1…+5.4)"; negative is better.
    static func change(_ figure: ComparedFigure) -> String {
        guard let change = figure.change else { return "–" }
        guard let low = figure.low, let high = figure.high else { return Self.signed(change) + " %" }
        return "\(Self.signed(change)) % (\(Self.signed(low))…\(Self.signed(high)))"
    }

    private static func signed(_ share: Double) -> String {
        // What rounds to nothing is neither worse nor better.
        guard abs(share) >= 0.000_05 else { return "0" }
        return (share > 0 ? "+" : "−") + DecimalText.fixed(abs(share) * 100, places: abs(share) < 0.01 ? 2 : 1)
    }

    static func percent(_ share: Double, places: Int) -> String {
        DecimalText.fixed(share * 100, places: places) + " %"
    }

    // MARK: - Words below the tables

    private var explanation: [String] {
        var lines: [String] = []
        switch self.comparison.kind {
        case .paired:
            let level = Self.percent(self.comparison.level, places: 0)
            lines.append(
                "Worse by: the shift of \(Markdown.escaped(self.comparison.b.label)) against"
                    + " \(Markdown.escaped(self.comparison.a.label)), with the interval in which it lies; trials stood side"
                    + " by side, and the chance of calling a harmless change a regression is \(level) at most. A noisy"
                    + " verdict blocks nothing."
            )
        case .separate:
            if self.comparison.count(.indicative) > 0 {
                lines.append(
                    "Timings of two runs that were not made side by side differ with the hour as much as with the build;"
                        + " they are shown and not judged. `sluice bench --against` judges them."
                )
            }
        }
        if let common = self.names.common { lines.append("All \(common).") }
        return lines.flatMap { ["", $0] }
    }

    private static func list(_ title: String, _ entries: [String]) -> [String] {
        guard !entries.isEmpty else { return [] }
        return ["", "\(Markdown.escaped(title)):", ""] + entries.map { "- \(Markdown.escaped($0))" }
    }
}
