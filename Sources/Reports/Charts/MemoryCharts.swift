// Memory against the number of replicas: idle ones, and ones that stopped reading.

internal import Measurement

extension Chart {
    static func idleMemory(_ record: RunRecord, names: TargetNames) -> Chart? {
        let costs = ReplicaCost.comparable(in: record)
        let series = costs.map(\.series)
        let labels = SeriesLabels(series, names: names)
        let styles = Style.all(for: series, names: names)
        var curves: [Curve] = []
        var fits: [LineFit?] = []
        var bases: [Double] = []
        for (cost, style) in zip(costs, styles) {
            // Totals start with the server's own memory; only what replicas add compares.
            let counted = cost.series.points.first { $0.measured.figure(ReplicaCost.metric).value != nil }
            guard let base = counted?.measured.figure(ReplicaCost.metric).value?.median else { continue }
            let slope = cost.text.map { ": \($0) per replica" } ?? ""
            let label = labels.label(cost.series) + slope
            guard let curve = Curve(cost.series, metric: ReplicaCost.metric, less: base, label: label, style: style)
            else { continue }
            curves.append(curve)
            fits.append(cost.fit)
            bases.append(base)
        }
        guard !curves.isEmpty else { return nil }
        let fewest = curves.compactMap { $0.rows.first?.x }.max() ?? 0
        let above = fewest == 0 ? "without replicas" : "with its fewest replicas"
        func panel(_ curves: [Curve]) -> Panel {
            Panel(
                curves: curves,
                axis: .linear(of: curves),
                xTitle: "Idle replicas",
                yTitle: "Added memory",
                unit: "B"
            )
        }
        let divisor = panel(curves).scale.divisor
        for (index, fit) in fits.enumerated() {
            guard let fit else { continue }
            let start = Gnuplot.number(fit.intercept - bases[index])
            curves[index].line = "(\(start) + \(Gnuplot.number(fit.slope)) * x) / \(Gnuplot.number(divisor))"
        }
        return Chart(
            name: "memory-idle",
            title: "Memory that idle replicas add",
            reading: "Flatter is cheaper: the slope of each fitted line is what one more replica costs.",
            subtitle: "Allocated bytes above the primary \(above), \(labels.common)",
            panel: panel(curves)
        )
    }

    static func stalledMemory(_ record: RunRecord, names: TargetNames) -> Chart? {
        let cases = record.cases.filter { $0.scenario == "fan-out" && $0.parameter("behaviour") == "stalled" }
        let series = Series.grouped(cases, along: "replicas")
        let labels = SeriesLabels(series, names: names)
        var curves = zip(series, Style.all(for: series, names: names)).compactMap { one, style in
            Curve(one, metric: ReplicaCost.metric, label: labels.label(one), style: style)
        }
        guard !curves.isEmpty else { return nil }
        if let shared = series.first(where: { $0.target == names.subject && $0.parameter("fan_out") != "copy" }),
            let pending = Curve(
                shared,
                metric: "bytes_pending_total",
                label: "what private copies would hold",
                style: Style(colour: Palette.ceiling, shape: 0, variant: 0)
            )
        {
            curves.append(
                Curve(label: pending.label, style: pending.style, rows: pending.rows, isReference: true)
            )
        }
        return Chart(
            name: "memory-stalled",
            title: "Memory held while replicas are stalled",
            reading: "A flat line means that the bytes which replicas wait for are held once, however many wait.",
            subtitle: "Allocated bytes of the primary, \(labels.common)",
            panel: Panel(
                curves: curves,
                axis: .linear(of: curves),
                xTitle: "Stalled replicas",
                yTitle: "Allocated memory",
                unit: "B"
            )
        )
    }

    /// A chart of one panel.
    init(name: String, title: String, reading: String, subtitle: String, panel: Panel) {
        let header = Gnuplot.header(name: name, title: title, subtitle: subtitle)
        self.init(
            name: name,
            title: title,
            reading: reading,
            script: (header + panel.script(file: "\(name).tsv")).joined(separator: "\n") + "\n",
            data: panel.data
        )
    }
}
