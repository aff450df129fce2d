// Durations by percentile: one line from the median to the slowest, for each case.

internal import Measurement

/// One line of such a chart.
struct PercentileLine {
    let label: String
    let style: Style
    let measured: CaseRecord
    let metric: String

    /// Equal steps from p90 on are equal steps of log 1/(1-p), where tails stay visible.
    static let stats = ["p50", "p90", "p99", "p99.9", "max"]

    var curve: Curve? {
        let rows = Self.stats.enumerated().compactMap { place, stat in
            self.measured.figure(self.metric, stat).value.map { measured in
                let summary = measured.summary
                return Curve.Row(x: place, middle: summary.median, range: summary.minimum...summary.maximum)
            }
        }
        // A logarithmic axis cannot show a zero.
        let shown = rows.filter { $0.range.lowerBound > 0 }
        return shown.isEmpty ? nil : Curve(label: self.label, style: self.style, rows: shown)
    }
}

extension Chart {
    static func percentiles(
        _ lines: [PercentileLine],
        name: String,
        title: String,
        subtitle: String,
        reading: String,
        yTitle: String
    ) -> Chart? {
        let curves = lines.compactMap(\.curve)
        guard !curves.isEmpty else { return nil }
        let panel = Panel(
            curves: curves,
            axis: .steps(Array(PercentileLine.stats.indices)),
            xTitle: "Percentile",
            yTitle: "\(yTitle), logarithmic",
            unit: "us"
        )
        let tics = PercentileLine.stats.enumerated().map { "'\($0.element)' \($0.offset)" }.joined(separator: ", ")
        var script = Gnuplot.header(name: name, title: title, subtitle: subtitle)
        script += ["set yrange [*:*]", "set logscale y 10"]
        var plot = panel.script(file: "\(name).tsv")
        plot.insert("set xtics (\(tics))", at: plot.count - 1)
        return Chart(
            name: name,
            title: title,
            reading: reading,
            script: (script + plot).joined(separator: "\n") + "\n",
            data: panel.data
        )
    }
}
