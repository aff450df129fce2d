// Curves over a counted parameter, and the panel that draws several of them with one pair of axes.

internal import Measurement

struct Curve {
    struct Row {
        let x: Int
        let middle: Double
        let range: ClosedRange<Double>
    }

    let label: String
    let style: Style
    let rows: [Row]
    /// A formula of gnuplot in x, already in the axis's unit, drawn as a thin line instead of joining the points.
    var line: String?
    /// Reference values are drawn thin and dashed, without points.
    var isReference = false

    init(label: String, style: Style, rows: [Row], line: String? = nil, isReference: Bool = false) {
        self.label = label
        self.style = style
        self.rows = rows
        self.line = line
        self.isReference = isReference
    }

    /// The median and range over trials at each point that has valid ones, less `base`; `nil` when none has.
    init?(_ series: Series, metric: String, stat: String = "value", less base: Double = 0, label: String, style: Style)
    {
        let rows = series.points.compactMap { point in
            point.measured.figure(metric, stat).value.map { measured in
                let summary = measured.summary
                return Row(
                    x: point.x,
                    middle: summary.median - base,
                    range: (summary.minimum - base)...(summary.maximum - base)
                )
            }
        }
        guard !rows.isEmpty else { return nil }
        self.init(label: label, style: style, rows: rows)
    }
}

/// The horizontal axis of a panel.
enum HorizontalAxis {
    /// True to scale, for memory, where a straight line is the message.
    case linear(upTo: Int)
    /// One step per measured count: 0 1 2 4 8 … stay apart although they double.
    case steps([Int])

    func place(_ x: Int) -> Double {
        switch self {
        case .linear: Double(x)
        case .steps(let counts): Double(counts.firstIndex(of: x) ?? 0)
        }
    }

    var settings: [String] {
        switch self {
        case .linear(let largest):
            return ["set xrange [0:\(DecimalText.fixed(Double(max(largest, 1)) * 1.03, places: 2))]"]
        case .steps(let counts):
            let tics = counts.enumerated().map { "'\($0.element)' \($0.offset)" }.joined(separator: ", ")
            return ["set xtics (\(tics))", "set xrange [-0.3:\(Double(max(counts.count - 1, 0)) + 0.3)]"]
        }
    }

    static func linear(of curves: [Curve]) -> HorizontalAxis {
        .linear(upTo: curves.flatMap { $0.rows.map(\.x) }.max() ?? 1)
    }

    static func steps(of curves: [Curve]) -> HorizontalAxis {
        .steps(Set(curves.flatMap { $0.rows.map(\.x) }).sorted())
    }
}

struct Panel {
    let curves: [Curve]
    let axis: HorizontalAxis
    let xTitle: String
    let yTitle: String
    /// The unit of the values, as in the run record.
    let unit: String

    var scale: Quantity.Scale {
        Quantity(unit: self.unit).scale(for: self.curves.flatMap { $0.rows.map(\.middle) }.max() ?? 0)
    }

    /// "Memory, KiB"
    private var yLabel: String {
        let unit = self.scale.label.drop { $0 == " " }
        return unit.isEmpty ? self.yTitle : "\(self.yTitle), \(unit == "/s" ? "1/s" : String(unit))"
    }

    /// - Parameters:
    ///   - file: the data file.
    ///   - first: the index of this panel's first block in it.
    func script(file: String, first: Int = 0) -> [String] {
        let divisor = Gnuplot.number(self.scale.divisor)
        let drawn = self.curves.enumerated().reversed().map { offset, curve in
            self.terms(curve, source: "'\(file)' index \(first + offset)", divisor: divisor)
        }
        // Legend entries apart from the plots: curves are drawn from the last to the first, the legend reads forward.
        let legend = self.curves.map { curve in
            let style =
                curve.isReference
                ? "lines \(Self.reference(curve.style))" : "linespoints \(curve.style.line) \(curve.style.point)"
            return "keyentry with \(style) title \(Gnuplot.quoted(curve.label))"
        }
        return [
            // The blank second line keeps the legend at a distance.
            "set xlabel \(Gnuplot.lines([self.xTitle, " "])) offset 0,0.4 noenhanced",
            "set ylabel \(Gnuplot.quoted(self.yLabel)) noenhanced",
        ] + self.axis.settings + ["plot \((drawn.flatMap { $0 } + legend).joined(separator: ", \\\n     "))"]
    }

    /// The line, the range over trials behind its points, and the points.
    private func terms(_ curve: Curve, source: String, divisor: String) -> [String] {
        let median = "\(source) using 1:($3/\(divisor))"
        guard !curve.isReference else { return ["\(median) with lines \(Self.reference(curve.style)) notitle"] }
        let line = curve.line.map { "\($0) with lines \(curve.style.colouring) linewidth 1.4 notitle" }
        return [
            line ?? "\(median) with lines \(curve.style.line) notitle",
            "\(source) using 1:($4/\(divisor)):(0):(($5-$4)/\(divisor)) with vectors nohead "
                + "\(curve.style.colouring) linewidth 1.4 notitle",
            "\(median) with points \(curve.style.colouring) linewidth 1.6 \(curve.style.point) notitle",
        ]
    }

    private static func reference(_ style: Style) -> String {
        "\(style.colouring) linewidth 1.6 dashtype (\(style.variant % 2 == 0 ? "8,6" : "2,4"))"
    }

    var data: String {
        self.curves.map { curve in
            let rows = curve.rows.map { row in
                let values = [row.middle, row.range.lowerBound, row.range.upperBound].map(Gnuplot.number)
                return (["\(self.axis.place(row.x))", "\(row.x)"] + values).joined(separator: "\t")
            }
            let head = "# \(Markdown.oneLine(curve.label))\n# place\tx\tmedian\tminimum\tmaximum"
            return ([head] + rows).joined(separator: "\n") + "\n"
        }
        .joined(separator: "\n\n")
    }
}
