// What a comparison found, as a forest plot.

internal import Measurement

extension Chart {
    /// A reader takes in so many rows; the table has them all.
    private static let mostRows = 24

    static func comparison(_ record: RunRecord) -> Chart? {
        guard let comparison = record.comparison else { return nil }
        let names = ComparedNames(comparison.figures.map(\.caseID))
        // What moved comes first, and of equals the larger change.
        let ranked = comparison.figures.enumerated().sorted { left, right in
            let (l, r) = (ComparisonPage.rank(left.element.verdict), ComparisonPage.rank(right.element.verdict))
            return l == r ? left.offset < right.offset : l < r
        }
        let rows = ranked.compactMap { self.row($0.element, names) }.prefix(self.mostRows)
        guard !rows.isEmpty else { return nil }
        let rest = ranked.count - rows.count
        return Chart(
            name: "comparison",
            title: "\(comparison.b.label) against \(comparison.a.label)",
            subtitle: "Change for the worse with its interval; short lines beside zero are the margins"
                + (rest > 0 ? "; \(rest) more figures in the table" : ""),
            reading:
                "An interval that is wholly beyond its margin is a change; one that crosses zero and both margins is "
                + "noise.",
            content: .intervals(IntervalPlot(rows: Array(rows), better: "better", worse: "worse"))
        )
    }

    private static func row(_ figure: ComparedFigure, _ names: ComparedNames) -> IntervalPlot.Row? {
        guard let change = figure.change else { return nil }
        let ink: Ink =
            switch figure.verdict {
            case .regression: .bad
            case .improvement: .good
            case .ok: .subject
            case .noisy, .indicative, .unavailable: .reference
            }
        let ends = figure.low.flatMap { low in figure.high.map { min(low, $0)...max(low, $0) } }
        let stat = figure.stat == "value" ? "" : " \(figure.stat)"
        return IntervalPlot.Row(
            label: "\(figure.metric)\(stat), \(names.words(figure.caseID))",
            estimate: change,
            interval: ends,
            margin: figure.tolerance,
            ink: ink,
            text: "\(ComparisonPage.change(figure)) \(figure.verdict.rawValue)"
        )
    }
}
