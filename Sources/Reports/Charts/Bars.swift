// Bars in groups, one bar for each server: for figures whose cases have no common axis. They lie, so that their settings
// can be read on any screen.

internal import Measurement

struct BarPanel: Equatable {
    struct Bar: Equatable {
        let label: String
        let style: Style
        let middle: Double
        let range: ClosedRange<Double>
        /// The figure as a table shows it.
        let text: String
    }

    struct Group: Equatable {
        /// What stands above its bars.
        let title: String
        let bars: [Bar]
    }

    let groups: [Group]

    /// One group for each setting that any server has a figure for, in the order of the cases; `nil` when there is none.
    init?(_ cases: [CaseRecord], metric: String, names: TargetNames, title: (CaseRecord) -> String) {
        let shown = cases.filter { $0.figure(metric).value != nil }
        var settings: [[Parameter]] = []
        for one in shown where !settings.contains(one.parameters) { settings.append(one.parameters) }
        guard !settings.isEmpty else { return nil }
        self.groups = settings.compactMap { parameters in
            let group = shown.filter { $0.parameters == parameters }
            guard let first = group.first else { return nil }
            let bars = names.servers.compactMap { server -> Bar? in
                guard let measured = group.first(where: { $0.target == server })?.figure(metric).value else {
                    return nil
                }
                return Bar(
                    label: names.full(server),
                    style: Style.of(server, names: names),
                    middle: measured.median,
                    range: measured.summary.minimum...measured.summary.maximum,
                    text: Quantity(unit: measured.unit).text(measured.median)
                )
            }
            return Group(title: title(first), bars: bars)
        }
    }

    var data: String {
        var labels: [String] = []
        for bar in self.groups.flatMap(\.bars) where !labels.contains(bar.label) { labels.append(bar.label) }
        return labels.map { label in
            let rows = self.groups.flatMap { group in
                group.bars.filter { $0.label == label }.map { bar in
                    [group.title, "\(bar.middle)", "\(bar.range.lowerBound)", "\(bar.range.upperBound)"]
                }
            }
            return TabbedValues.block(label, columns: ["case", "median", "minimum", "maximum"], rows)
        }
        .joined(separator: "\n\n")
    }
}

extension Canvas {
    mutating func draw(_ panel: BarPanel) {
        let bars = panel.groups.flatMap(\.bars)
        let texts = bars.map { TextWidth.of($0.text, size: 12) }.max() ?? 0
        let largest = bars.map(\.range.upperBound).max() ?? 0
        let room = self.width - texts - 14
        func length(_ value: Double) -> Double {
            let share = value / largest
            return share.isFinite ? min(max(share, 0), 1) * room : 0
        }
        for group in panel.groups {
            self.height += 6
            self.paragraph(group.title, size: 12, leading: 16, "u")
            self.height += 5
            for bar in group.bars {
                let y = self.height
                self.box(Point(x: 0, y: y), width: max(length(bar.middle), 1), height: 15, "\(bar.style.ink.name) f")
                let (low, high) = (length(bar.range.lowerBound), length(bar.range.upperBound))
                if high - low > 1 { self.line(Point(x: low, y: y + 7.5), Point(x: high, y: y + 7.5), "edge") }
                self.text(bar.text, at: Point(x: max(length(bar.middle), high) + 6, y: y + 12), "u")
                self.height += 19
            }
        }
        var entries: [LegendEntry] = []
        for bar in bars {
            let entry = LegendEntry(label: bar.label, style: Style(ink: bar.style.ink, shape: 1, variant: 0))
            if !entries.contains(entry) { entries.append(entry) }
        }
        self.legend(entries)
    }
}
