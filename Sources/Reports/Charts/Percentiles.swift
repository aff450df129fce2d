// Durations by percentile: one line from the fastest to the slowest for each case.

internal import Glibc
internal import Measurement

/// One line of such a chart.
struct PercentileLine {
    let label: String
    let style: Style
    let measured: CaseRecord
    let metric: String
    /// Percentiles that runs without histograms hold.
    private static let stats = [("p50", 0.301), ("p90", 1), ("p99", 2), ("p99.9", 3), ("max", 4)]

    /// Every step of the histograms of all valid trials together, where the run has them.
    private var dense: Curve? {
        // What cannot be read is told in the notes.
        guard let histogram = try? CaseHistogram(self.measured, metric: self.metric), histogram.unit == "ns" else {
            return nil
        }
        let counts = histogram.merged
        let end = log10(Double(max(counts.total, 2)))
        let rows = counts.steps(ticksPerHalfDistance: 10).map { step in
            Curve.Row(x: step.percentile < 100 ? -log10(1 - step.percentile / 100) : end, Double(step.value) / 1000)
        }
        // A logarithmic axis cannot show a zero; the last step of the way lies beyond the last count at times.
        let shown = rows.filter { $0.middle > 0 && $0.x <= end }
        guard shown.count > 1 else { return nil }
        return Curve(label: self.label, style: self.style, rows: shown, isDense: true)
    }

    private var coarse: Curve? {
        let rows = Self.stats.compactMap { stat, place in
            self.measured.figure(self.metric, stat).value.map { measured in
                let summary = measured.summary
                return Curve.Row(x: place, middle: summary.median, range: summary.minimum...summary.maximum)
            }
        }
        let shown = rows.filter { $0.range.lowerBound > 0 }
        return shown.isEmpty ? nil : Curve(label: self.label, style: self.style, rows: shown)
    }

    /// Lines of one chart are all of one kind, so that they compare.
    static func curves(_ lines: [PercentileLine]) -> [Curve] {
        let dense = lines.compactMap(\.dense)
        let coarse = lines.compactMap(\.coarse)
        return dense.count == coarse.count ? dense : coarse
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
        let curves = PercentileLine.curves(lines)
        guard !curves.isEmpty else { return nil }
        let isDense = curves.allSatisfy(\.isDense)
        let last = curves.flatMap { $0.rows.map(\.x) }.max() ?? 4
        let panel = Panel(
            curves: curves,
            axis: .percentiles(upTo: max(last, 1), hasSlowest: !isDense),
            xTitle: "Share of all that is faster, towards 100 %",
            yTitle: yTitle,
            unit: "us",
            isLogarithmic: true
        )
        return Chart(name: name, title: title, subtitle: subtitle, reading: reading, content: .panels([panel]))
    }
}
