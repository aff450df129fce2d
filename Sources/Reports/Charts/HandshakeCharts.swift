// How fast replicas arrive: the latency of one resume by percentile, and handshakes per second of every kind.

internal import Measurement

extension Chart {
    static func handshakeLatency(_ record: RunRecord, names: TargetNames) -> Chart? {
        let cases = record.cases.filter {
            $0.scenario == "handshake" && $0.figure("handshake_latency", "p50").value != nil
        }
        // One kind per chart keeps it readable: the resume at the tip is the one that every reconnect makes.
        let kind = cases.contains { $0.parameter("kind") == "tip" } ? "tip" : cases.first?.parameter("kind")
        let shown = cases.filter { $0.parameter("kind") == kind }
        let series = shown.map { one in
            Series(target: one.target, fixed: one.parameters, points: [Series.Point(x: 0, measured: one)])
        }
        let labels = SeriesLabels(series, names: names)
        let lines = zip(shown, Style.all(for: series, names: names)).enumerated().map { index, pair in
            PercentileLine(
                label: labels.label(series[index]),
                style: pair.1,
                measured: pair.0,
                metric: "handshake_latency"
            )
        }
        let common = labels.common
        return self.percentiles(
            lines,
            name: "handshake-latency",
            title: "Handshake latency: \(kind.map(ParameterText.kind) ?? "all kinds")",
            subtitle: (["Each handshake on a fresh connection"] + (common.isEmpty ? [] : [common]))
                .joined(separator: ", "),
            reading:
                "Each line runs from the median to the slowest handshake; lower is better and flatter is steadier.",
            yTitle: "Latency"
        )
    }

    static func handshakeRate(_ record: RunRecord, names: TargetNames) -> Chart? {
        let cases = record.cases.filter { $0.scenario == "handshake" }
        let bars = BarPanel(cases, metric: "handshake_rate", names: names) { one in
            one.parameters.map(ParameterText.words).joined(separator: ", ")
        }
        guard let bars else { return nil }
        return Chart(
            name: "handshake-rate",
            title: "Handshakes per second",
            subtitle: "By kind of handshake and number at a time; the thin line is the range over trials",
            reading: "Longer is better; every handshake is on a fresh connection.",
            content: .bars(bars)
        )
    }
}
