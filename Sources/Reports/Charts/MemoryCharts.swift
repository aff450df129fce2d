// Memory against the number of replicas: idle ones, and ones that stopped reading.

internal import Measurement

extension Chart {
    static func idleMemory(_ record: RunRecord, names: TargetNames) -> Chart? {
        let costs = ReplicaCost.comparable(in: record)
        let series = costs.map(\.series)
        let labels = SeriesLabels(series, names: names)
        let styles = Style.all(for: series, names: names)
        var curves: [Curve] = []
        for (cost, style) in zip(costs, styles) {
            // Totals start with the server's own memory; only what replicas add compares.
            let counted = cost.series.points.first { $0.measured.figure(ReplicaCost.metric).value != nil }
            guard let base = counted?.measured.figure(ReplicaCost.metric).value?.median else { continue }
            let slope = cost.text.map { ": \($0) per replica" } ?? ""
            let label = labels.label(cost.series) + slope
            guard
                var curve = Curve(cost.series, metric: ReplicaCost.metric, less: base, label: label, style: style)
            else { continue }
            curve.fit = cost.fit?.lowered(by: base)
            curves.append(curve)
        }
        guard !curves.isEmpty else { return nil }
        let fewest = curves.compactMap { $0.rows.first?.x }.max() ?? 0
        let above = fewest == 0 ? "without replicas" : "with its fewest replicas"
        let panel = Panel(
            curves: curves,
            axis: .linear(of: curves),
            xTitle: "Idle replicas",
            yTitle: "Added memory",
            unit: "B"
        )
        return Chart(
            name: "memory-idle",
            title: "Memory that idle replicas add",
            subtitle: "Allocated bytes above the primary \(above), \(labels.common)",
            reading: "Flatter is cheaper: the slope of each fitted line is what one more replica costs.",
            content: .panels([panel])
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
                style: Style(ink: .reference, shape: 0, variant: 0)
            )
        {
            curves.append(
                Curve(label: pending.label, style: pending.style, rows: pending.rows, isReference: true)
            )
        }
        let panel = Panel(
            curves: curves,
            axis: .linear(of: curves),
            xTitle: "Stalled replicas",
            yTitle: "Allocated memory",
            unit: "B"
        )
        return Chart(
            name: "memory-stalled",
            title: "Memory held while replicas are stalled",
            subtitle: "Allocated bytes of the primary, \(labels.common)",
            reading: "A flat line means that the bytes which replicas wait for are held once, however many wait.",
            content: .panels([panel])
        )
    }
}
