// What replicas do to a primary under load: processor time per delivery, and throughput.

internal import Measurement

extension Chart {
    static func processorPerDelivery(_ record: RunRecord, names: TargetNames) -> Chart? {
        let series = self.readingReplicas(record)
        let labels = SeriesLabels(series, names: names)
        var curves = self.curves(series, "primary_cpu_per_delivery", labels: labels, names: names)
        guard !curves.isEmpty else { return nil }
        let counts = Set(curves.flatMap { $0.rows.map(\.x) }).sorted()
        curves += self.ceilings(record, over: counts, sizes: Set(series.map { $0.parameter("value_size") }))
        let panel = Panel(
            curves: curves,
            axis: .steps(of: curves),
            xTitle: "Replicas",
            yTitle: "Processor time per delivery",
            unit: "us"
        )
        return Chart(
            name: "cpu-per-delivery",
            title: "Primary processor time per delivered mutation",
            subtitle: labels.common,
            reading:
                "Lower is cheaper; no server can go below the machine's ceiling, a bare writer of one buffer to as "
                + "many sockets.",
            content: .panels([panel])
        )
    }

    /// The ceiling as a line over the same counts; one measured at a single number of sockets is drawn across all.
    private static func ceilings(_ record: RunRecord, over counts: [Double], sizes: Set<String?>) -> [Curve] {
        let series = Ceiling(record).series.filter { sizes.contains($0.parameter("value_size")) }
        return series.enumerated().compactMap { index, one in
            let told =
                series.count > 1
                ? one.parameter("value_size").map { ParameterText.words(Parameter("value_size", $0)) } : nil
            let label = (["the machine's ceiling"] + (told.map { [$0] } ?? [])).joined(separator: ", ")
            let style = Style(ink: .reference, shape: 0, variant: index)
            guard let curve = Curve(one, metric: "cpu_per_delivery", label: label, style: style) else { return nil }
            var rows = curve.rows
            if rows.count == 1, let only = rows.first {
                rows = counts.filter { $0 > 0 }.map { Curve.Row(x: $0, middle: only.middle, range: only.range) }
            }
            return Curve(label: label, style: style, rows: rows, isReference: true)
        }
    }

    /// Two panels one above the other, because writes and deliveries differ by the number of replicas.
    static func throughput(_ record: RunRecord, names: TargetNames) -> Chart? {
        let series = self.readingReplicas(record)
        let labels = SeriesLabels(series, names: names)
        let writes = self.curves(series, "write_rate", labels: labels, names: names)
        let deliveries = self.curves(series, "delivered_rate", labels: labels, names: names)
        let axis = HorizontalAxis.steps(of: writes + deliveries)
        let panels = [
            Panel(curves: writes, axis: axis, xTitle: "", yTitle: "Client writes", unit: "1/s"),
            Panel(curves: deliveries, axis: axis, xTitle: "Replicas", yTitle: "Deliveries", unit: "1/s"),
        ].filter { !$0.curves.isEmpty }
        guard !panels.isEmpty else { return nil }
        return Chart(
            name: "throughput",
            title: "Throughput with replicas that read along",
            subtitle: labels.common,
            reading: "Above, what clients get through; below, what all replicas together receive.",
            content: .panels(panels)
        )
    }

    /// One value size per chart keeps it readable: the one with the most trials, else the largest; tables have them all.
    private static func readingReplicas(_ record: RunRecord) -> [Series] {
        let cases = record.cases.filter {
            $0.scenario == "fan-out" && $0.parameter("behaviour") == "fast" && $0.hasPlainLoad
        }
        var trials: [Int: Int] = [:]
        for one in cases { trials[one.number("value_size") ?? 0, default: 0] += one.trials.count }
        let size = trials.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key
        return Series.grouped(cases.filter { ($0.number("value_size") ?? 0) == size }, along: "replicas")
    }

    private static func curves(
        _ series: [Series],
        _ metric: String,
        labels: SeriesLabels,
        names: TargetNames
    ) -> [Curve] {
        zip(series, Style.all(for: series, names: names)).compactMap { one, style in
            Curve(one, metric: metric, label: labels.label(one), style: style)
        }
    }
}
