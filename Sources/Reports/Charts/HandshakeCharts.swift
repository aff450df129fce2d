// How fast replicas arrive: the latency of one resume by percentile, and handshakes per second of every kind.

internal import Measurement

extension Chart {
    /// Equal steps from p90 on are equal steps of log 1/(1-p), where tails stay visible.
    private static let percentiles = ["p50", "p90", "p99", "p99.9", "max"]

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
        let curves = zip(shown, Style.all(for: series, names: names)).enumerated().compactMap { index, pair in
            self.percentileCurve(pair.0, label: labels.label(series[index]), style: pair.1)
        }
        guard !curves.isEmpty else { return nil }
        let name = "handshake-latency"
        let title = "Handshake latency: \(kind.map(ParameterText.kind) ?? "all kinds")"
        let panel = Panel(
            curves: curves,
            axis: .steps(Array(self.percentiles.indices)),
            xTitle: "Percentile",
            yTitle: "Latency, logarithmic",
            unit: "us"
        )
        let tics = self.percentiles.enumerated().map { "'\($0.element)' \($0.offset)" }.joined(separator: ", ")
        var script = Gnuplot.header(name: name, title: title, subtitle: self.latencySubtitle(labels.common))
        script += ["set yrange [*:*]", "set logscale y 10"]
        var plot = panel.script(file: "\(name).tsv")
        plot.insert("set xtics (\(tics))", at: plot.count - 1)
        return Chart(
            name: name,
            title: title,
            reading:
                "Each line runs from the median to the slowest handshake; lower is better and flatter is steadier.",
            script: (script + plot).joined(separator: "\n") + "\n",
            data: panel.data
        )
    }

    private static func latencySubtitle(_ common: String) -> String {
        (["Each handshake on a fresh connection"] + (common.isEmpty ? [] : [common])).joined(separator: ", ")
    }

    private static func percentileCurve(_ one: CaseRecord, label: String, style: Style) -> Curve? {
        let rows = self.percentiles.enumerated().compactMap { place, stat in
            one.figure("handshake_latency", stat).value.map { measured in
                let summary = measured.summary
                return Curve.Row(x: place, middle: summary.median, range: summary.minimum...summary.maximum)
            }
        }
        // A logarithmic axis cannot show a zero.
        guard !rows.isEmpty, rows.allSatisfy({ $0.range.lowerBound > 0 }) else { return nil }
        return Curve(label: label, style: style, rows: rows)
    }

    static func handshakeRate(_ record: RunRecord, names: TargetNames) -> Chart? {
        let cases = record.cases.filter { $0.scenario == "handshake" && $0.figure("handshake_rate").value != nil }
        var groups: [[Parameter]] = []
        for one in cases where !groups.contains(one.parameters) { groups.append(one.parameters) }
        let targets = names.servers.filter { server in cases.contains { $0.target == server } }
        guard !groups.isEmpty else { return nil }
        let name = "handshake-rate"
        let title = "Handshakes per second"
        let labels = groups.map { group in
            Gnuplot.lines(group.map { $0.name == "concurrency" ? "\($0.value)×" : $0.value })
        }
        // One unit of width per group, shared by its bars with a gap of a quarter.
        let width = 0.75 / Double(targets.count)
        var blocks: [Curve] = []
        for target in targets {
            let series = Series(target: target, fixed: [], points: [])
            let style = Style.all(for: [series], names: names)[0]
            let rows = groups.enumerated().compactMap { place, group in
                cases.first { $0.target == target && $0.parameters == group }?.figure("handshake_rate").value
                    .map { Curve.Row(x: place, middle: $0.median, range: $0.summary.minimum...$0.summary.maximum) }
            }
            blocks.append(Curve(label: names.full(target), style: style, rows: rows))
        }
        let panel = Panel(
            curves: blocks,
            axis: .linear(upTo: groups.count),
            xTitle: "",
            yTitle: "Handshakes",
            unit: "1/s"
        )
        let script = self.bars(panel, name: name, title: title, labels: labels, width: width)
        return Chart(
            name: name,
            title: title,
            reading:
                "Higher is better. 8× means eight connections at a time; every handshake is on a fresh connection.",
            script: script,
            data: panel.data
        )
    }

    private static func bars(_ panel: Panel, name: String, title: String, labels: [String], width: Double) -> String {
        let scale = panel.scale
        let divisor = Gnuplot.number(scale.divisor)
        let tics = labels.enumerated().map { "\($0.element) \($0.offset)" }.joined(separator: ", ")
        var terms: [String] = []
        for (index, curve) in panel.curves.enumerated() {
            let shift = (Double(index) - Double(panel.curves.count - 1) / 2) * width
            let place = "($1+(\(DecimalText.fixed(shift, places: 4))))"
            let source = "'\(name).tsv' index \(index) using \(place):($3/\(divisor))"
            terms.append("\(source) with boxes linecolor '\(curve.style.colour)' title \(Gnuplot.quoted(curve.label))")
            terms.append(
                "'\(name).tsv' index \(index) using \(place):($4/\(divisor)):(0):(($5-$4)/\(divisor)) with vectors nohead "
                    + "linecolor '#222222' linewidth 1.3 notitle"
            )
        }
        let unit = scale.label.drop { $0 == " " }
        var lines = Gnuplot.header(
            name: name,
            title: title,
            subtitle: "By kind of handshake and number at a time; the thin line is the range over trials"
        )
        lines += [
            "set style fill solid 1 noborder", "set boxwidth \(DecimalText.fixed(width * 0.92, places: 4))",
            "set xrange [-0.6:\(DecimalText.fixed(Double(labels.count) - 0.4, places: 1))]",
            "set xtics (\(tics)) noenhanced scale 0",
            // An empty axis title of two lines keeps the legend off the labels, which have two lines themselves.
            "set xlabel \(Gnuplot.lines([" ", " "]))",
            "set ylabel 'Handshakes, \(unit == "/s" ? "1/s" : String(unit))'",
            "plot \(terms.joined(separator: ", \\\n     "))",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}
