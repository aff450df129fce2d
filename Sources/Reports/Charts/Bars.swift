// Bars in groups, one bar for each server: for figures whose cases have no common axis.

internal import Measurement

/// Groups of cases that are drawn side by side.
struct BarGroups {
    struct Group {
        /// What stands below its bars, line by line.
        let lines: [String]
        let parameters: [Parameter]
    }

    let groups: [Group]
    let metric: String
    private let cases: [CaseRecord]
    private let names: TargetNames

    /// One group for each setting that any server has a figure for, in the order of the cases; `nil` when there is none.
    init?(_ cases: [CaseRecord], metric: String, names: TargetNames, lines: (CaseRecord) -> [String]) {
        let shown = cases.filter { $0.figure(metric).value != nil }
        var groups: [Group] = []
        for one in shown where !groups.contains(where: { $0.parameters == one.parameters }) {
            groups.append(Group(lines: lines(one), parameters: one.parameters))
        }
        guard !groups.isEmpty else { return nil }
        self.groups = groups
        self.metric = metric
        self.cases = shown
        self.names = names
    }

    func panel(yTitle: String, unit: String) -> Panel {
        let targets = self.names.servers.filter { server in self.cases.contains { $0.target == server } }
        let curves = targets.map { target in
            let style = Style.all(for: [Series(target: target, fixed: [], points: [])], names: self.names)[0]
            let rows = self.groups.enumerated().compactMap { place, group in
                self.cases.first { $0.target == target && $0.parameters == group.parameters }?
                    .figure(self.metric).value
                    .map { Curve.Row(x: place, middle: $0.median, range: $0.summary.minimum...$0.summary.maximum) }
            }
            return Curve(label: self.names.full(target), style: style, rows: rows)
        }
        return Panel(
            curves: curves,
            axis: .linear(upTo: self.groups.count),
            xTitle: "",
            yTitle: yTitle,
            unit: unit
        )
    }
}

extension Chart {
    static func bars(
        _ bars: BarGroups,
        name: String,
        title: String,
        subtitle: String,
        reading: String,
        yTitle: String,
        unit: String
    ) -> Chart {
        let panel = bars.panel(yTitle: yTitle, unit: unit)
        let scale = panel.scale
        let divisor = Gnuplot.number(scale.divisor)
        // One unit of width per group, shared by its bars with a gap of a quarter.
        let width = 0.75 / Double(max(1, panel.curves.count))
        let tics = bars.groups.enumerated().map { "\(Gnuplot.lines($0.element.lines)) \($0.offset)" }
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
        let depth = bars.groups.map(\.lines.count).max() ?? 1
        var script = Gnuplot.header(name: name, title: title, subtitle: subtitle)
        script += [
            "set style fill solid 1 noborder", "set boxwidth \(DecimalText.fixed(width * 0.92, places: 4))",
            "set xrange [-0.6:\(DecimalText.fixed(Double(bars.groups.count) - 0.4, places: 1))]",
            "set xtics (\(tics.joined(separator: ", "))) noenhanced scale 0",
            // An empty axis title of as many lines keeps the legend off the labels.
            "set xlabel \(Gnuplot.lines([String](repeating: " ", count: depth)))",
            "set ylabel '\(yTitle), \(unit == "/s" ? "1/s" : String(unit))'",
            "plot \(terms.joined(separator: ", \\\n     "))",
        ]
        return Chart(
            name: name,
            title: title,
            reading: reading,
            script: script.joined(separator: "\n") + "\n",
            data: panel.data
        )
    }
}
