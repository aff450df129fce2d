// Estimates with their intervals, one below the other around a common zero: a forest plot.

internal import Glibc

struct IntervalPlot: Equatable {
    struct Row: Equatable {
        let label: String
        /// Changes as shares: 0.05 is 5 % worse. The interval is absent where there were too few pairs for one.
        let estimate: Double
        let interval: ClosedRange<Double>?
        /// From here on a change is a regression.
        let margin: Double?
        let ink: Ink
        /// The change and its verdict as a table shows them.
        let text: String
    }

    let rows: [Row]
    /// What stands below the axis at its ends.
    let better: String
    let worse: String

    var data: String {
        TabbedValues.block(
            "changes",
            columns: ["what", "estimate", "low", "high", "margin", "text"],
            self.rows.map { row in
                let ends = [row.interval?.lowerBound, row.interval?.upperBound, row.margin].map { value in
                    value.map { "\($0)" } ?? ""
                }
                return [row.label, "\(row.estimate)"] + ends + [row.text]
            }
        )
    }
}

extension Canvas {
    /// A change of a factor of three fills the plot: a wilder one shows as running off its edge.
    private static let widestChange = 2.0

    mutating func draw(_ plot: IntervalPlot) {
        let ends = plot.rows.flatMap { row in
            [row.estimate, row.interval?.lowerBound, row.interval?.upperBound, row.margin].compactMap(\.self)
        }
        let reach = min(max(ends.map(abs).filter(\.isFinite).max() ?? 0.1, 0.02) * 1.1, Self.widestChange)
        let scale = Scale.linear([reach * 100], quantity: Quantity(unit: "count"), fewest: 2).scale
        let limit = reach
        let labels = self.isNarrow ? 0 : min(plot.rows.map { TextWidth.of($0.label, size: 13) }.max() ?? 0, 300) + 14
        let texts = self.isNarrow ? 0 : (plot.rows.map { TextWidth.of($0.text, size: 12) }.max() ?? 0) + 14
        let (left, right) = (labels + 6, self.width - texts - 6)
        func place(_ change: Double) -> Double {
            let share = (change + limit) / (2 * limit)
            return left + (right - left) * (share.isFinite ? min(max(share, 0), 1) : 0.5)
        }
        let top = self.height + 6
        self.height = top
        for row in plot.rows {
            if self.isNarrow {
                self.paragraph(row.label, size: 13, leading: 17, "")
                self.paragraph(row.text, size: 12, leading: 15, "u")
                self.height += 14
            } else {
                self.height += 26
                for (index, line) in TextWidth.lines(row.label, size: 13, width: 300).enumerated() {
                    if index > 0 { self.height += 15 }
                    self.text(line, at: Point(x: 0, y: self.height))
                }
                self.text(row.text, at: Point(x: self.width, y: self.height), "u", anchor: .end)
            }
            self.draw(row, at: self.height - 4, place)
            if self.isNarrow { self.height += 6 }
        }
        self.height += 14
        if !self.isNarrow { self.line(Point(x: place(0), y: top), Point(x: place(0), y: self.height), "axis") }
        self.axis(plot, ticks: scale.ticks.map(\.value).filter { $0 <= reach * 100 }, place)
    }

    private mutating func draw(_ row: IntervalPlot.Row, at y: Double, _ place: (Double) -> Double) {
        // Where labels stand between the rows, a line through all of them would cross letters out.
        if self.isNarrow { self.line(Point(x: place(0), y: y - 7), Point(x: place(0), y: y + 7), "axis") }
        if let margin = row.margin {
            for edge in [log1p(margin), -log1p(margin)].map({ expm1($0) }) {
                self.line(Point(x: place(edge), y: y - 6), Point(x: place(edge), y: y + 6), "axis")
            }
        }
        if let interval = row.interval {
            let ends = [interval.lowerBound, interval.upperBound].map { Point(x: place($0), y: y) }
            self.path(ends, "\(row.ink.name) s")
        }
        self.marker(Style(ink: row.ink, shape: 1, variant: 0), at: Point(x: place(row.estimate), y: y), radius: 4.5)
    }

    private mutating func axis(_ plot: IntervalPlot, ticks: [Double], _ place: (Double) -> Double) {
        let y = self.height
        let values = ticks.filter { $0 > 0 }.map { -$0 }.reversed() + ticks
        self.line(Point(x: place(-10), y: y), Point(x: place(10), y: y), "axis")
        for value in values {
            let x = place(value / 100)
            self.line(Point(x: x, y: y), Point(x: x, y: y + 4), "axis")
            let sign = value > 0 ? "+" : value < 0 ? "−" : ""
            let number = DecimalText.fixed(abs(value), places: abs(value) == abs(value).rounded() ? 0 : 1)
            self.text("\(sign)\(number) %", at: Point(x: x, y: y + 18), "u", anchor: .middle)
        }
        self.text("← \(plot.better)", at: Point(x: place(-10), y: y + 38), "u")
        self.text("\(plot.worse) →", at: Point(x: place(10), y: y + 38), "u", anchor: .end)
        self.height += 42
    }
}
