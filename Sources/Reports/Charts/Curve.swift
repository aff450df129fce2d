// Curves, and the panel that draws several of them with one pair of axes.

internal import Measurement

struct Curve: Equatable {
    struct Row: Equatable {
        let x: Double
        let middle: Double
        let range: ClosedRange<Double>

        init(x: Double, middle: Double, range: ClosedRange<Double>) {
            self.x = x
            self.middle = middle
            self.range = range
        }

        /// A value without a range.
        init(x: Double, _ value: Double) {
            self.init(x: x, middle: value, range: value...value)
        }
    }

    let label: String
    let style: Style
    let rows: [Row]
    /// A straight line, in base units, that is drawn thin instead of joining the points.
    var fit: LineFit?
    /// Reference values are drawn dashed, without points.
    var isReference = false
    /// So many points that markers would hide the line.
    var isDense = false

    init(label: String, style: Style, rows: [Row], isReference: Bool = false, isDense: Bool = false) {
        self.label = label
        self.style = style
        self.rows = rows
        self.isReference = isReference
        self.isDense = isDense
    }

    /// The median and range over trials at each point that has valid ones, less `base`; `nil` when none has.
    init?(_ series: Series, metric: String, stat: String = "value", less base: Double = 0, label: String, style: Style)
    {
        let rows = series.points.compactMap { point in
            point.measured.figure(metric, stat).value.map { measured in
                let summary = measured.summary
                return Row(
                    x: Double(point.x),
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
enum HorizontalAxis: Equatable {
    /// True to scale, for memory, where a straight line is the message.
    case linear(upTo: Double)
    /// One step per measured count: 0 1 2 4 8 … stay apart although they double.
    case steps([Double])
    /// Powers of ten of 1/(1 − p): 0 is the fastest, 1 is p90, 2 is p99 …, where tails stay visible. What has no percentile of
    /// its own, the slowest of an unknown number, stands one step beyond p99.9.
    case percentiles(upTo: Double, hasSlowest: Bool)
    case seconds(ClosedRange<Double>)

    /// From 0 at the left to 1 at the right.
    func place(_ x: Double) -> Double {
        switch self {
        case .linear(let largest): return x / max(largest, 1) / 1.02
        case .steps(let counts):
            let index = Double(counts.firstIndex(of: x) ?? 0)
            return (index + 0.3) / (Double(max(counts.count - 1, 0)) + 0.6)
        case .percentiles(let largest, _): return x / max(largest, 1) / 1.01
        case .seconds(let range):
            let span = range.upperBound - range.lowerBound
            return span > 0 ? (x - range.lowerBound) / span : 0
        }
    }

    var ticks: [Scale.Tick] {
        switch self {
        case .linear(let largest):
            let scale = Scale.linear([largest], quantity: Quantity(unit: "count"), fewest: 6).scale
            return scale.ticks.filter { $0.value <= largest * 1.02 }
        case .steps(let counts):
            return counts.map { Scale.Tick(value: $0, label: Quantity.count($0)) }
        case .percentiles(let largest, let hasSlowest):
            let names = ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"]
            let half = [Scale.Tick(value: 0.301, label: "50 %")]
            let decades = names.enumerated().filter { Double($0.offset) <= largest + 0.01 }.map {
                Scale.Tick(value: Double($0.offset), label: hasSlowest && $0.offset == 4 ? "slowest" : $0.element)
            }
            return half + decades.filter { $0.value > 0 }
        case .seconds(let range):
            let scale = Scale.linear([range.upperBound], quantity: Quantity(unit: "count"), fewest: 6).scale
            return scale.ticks.filter { range.contains($0.value) }
        }
    }

    static func linear(of curves: [Curve]) -> HorizontalAxis {
        .linear(upTo: curves.flatMap { $0.rows.map(\.x) }.max() ?? 1)
    }

    static func steps(of curves: [Curve]) -> HorizontalAxis {
        .steps(Set(curves.flatMap { $0.rows.map(\.x) }).sorted())
    }
}

/// A fault, or anything else that happened on a time axis.
struct PlotEvent: Equatable {
    var begin: Double
    var end: Double?
    var text: String
}

struct Panel: Equatable {
    let curves: [Curve]
    let axis: HorizontalAxis
    let xTitle: String
    let yTitle: String
    /// The unit of the values, as in the run record.
    let unit: String
    var isLogarithmic = false
    var events: [PlotEvent] = []

    var data: String {
        let blocks = self.curves.map { curve in
            TabbedValues.block(
                curve.label,
                columns: ["x", "median", "minimum", "maximum"],
                curve.rows.map { ["\($0.x)", "\($0.middle)", "\($0.range.lowerBound)", "\($0.range.upperBound)"] }
            )
        }
        let events = self.events.map { ["\($0.begin)", $0.end.map { "\($0)" } ?? "", $0.text] }
        let marks =
            events.isEmpty ? [] : [TabbedValues.block("events", columns: ["begin", "end", "what"], events)]
        return (blocks + marks).joined(separator: "\n\n")
    }
}

extension Quantity {
    /// A count on an axis: 64, 10 k, 1 M.
    static func count(_ value: Double) -> String {
        for (divisor, name) in [(1e6, " M"), (1e3, " k")]
        where value >= 10 * divisor || value == divisor && divisor > 1e3 {
            let shown = value / divisor
            return DecimalText.fixed(shown, places: shown == shown.rounded() ? 0 : 1) + name
        }
        return DecimalText.fixed(value, places: value == value.rounded() ? 0 : 1)
    }
}
