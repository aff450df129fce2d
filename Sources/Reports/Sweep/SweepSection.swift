// The page of a sweep: the decision, a map of what is judged, every setting with its figures, and how to read them.

internal import Measurement

struct SweepSection {
    private let record: SweepRecord

    init(_ record: SweepRecord) { self.record = record }

    static let chartPrefix = "sweep-"

    /// Charts of a sweep are named after the metric that they show.
    static func chartName(_ metric: SweepMetric) -> String {
        let name = metric.stat == "value" ? metric.metric : "\(metric.metric)-\(metric.stat)"
        return self.chartPrefix + name.replacing("_", with: "-").replacing(".", with: "-")
    }

    private var metrics: [SweepMetric] { self.record.metrics + (self.record.cost.map { [$0] } ?? []) }

    var parts: [ReportPart] {
        [
            ReportPart(
                "Settings against the default",
                charts: self.metrics.map(Self.chartName),
                texts: [self.map, self.reading]
            ),
            ReportPart("All settings", charts: [], texts: [self.table, self.zone, self.front]),
        ]
    }

    /// Rows are the first knob, columns the second: how much each setting changes what is judged.
    private var map: String? {
        guard let metric = self.record.metrics.first, self.record.knobs.count == 2 else { return nil }
        let (rows, columns) = (self.record.knobs[0], self.record.knobs[1])
        let head = "\(Markdown.escaped(rows.name)) ↓ \(Markdown.escaped(columns.name)) →"
        var table = MarkdownTable([(head, .left)] + columns.values.map { (Markdown.escaped($0), .right) })
        for row in rows.values {
            let cells = columns.values.map { column in
                let setting = self.record.settings.first { one in
                    one.knobs == [Parameter(rows.name, row), Parameter(columns.name, column)]
                }
                guard let setting, setting.standing != .failed else { return "failed" }
                return setting.figure(metric)?.change.map(SweepWords.change) ?? "–"
            }
            table.append([Markdown.escaped(row)] + cells)
        }
        return "\(SweepWords.title(metric)), change against the default:\n\n\(table.text)"
    }

    private var reading: String {
        let level = DecimalText.significant(self.record.level * 100, digits: 1)
        let others = self.record.settings.count - 1
        return
            "Changes are Hodges–Lehmann estimates over \(self.record.blocks) blocks, in each of which every setting was "
            + "measured once, on a fresh server and in an order of its own, and paired with the default of the same block. "
            + "Brackets hold all \(others) changes of a metric at once unless a chance of \(level) % on a side came true."
    }

    private var table: String? {
        guard !self.record.settings.isEmpty else { return nil }
        let columns = self.metrics.flatMap { [(SweepWords.title($0), MarkdownTable.Alignment.right), ("Δ", .right)] }
        var table = MarkdownTable([("Setting", .left)] + columns + [("Stands", .left), ("Front", .left)])
        for setting in self.record.settings {
            var cells = [setting.isDefault ? self.defaultLabel : Markdown.escaped(setting.label)]
            for metric in self.metrics {
                guard let figure = setting.figure(metric) else {
                    cells += [table.dash(because: setting.failure ?? "not measured in this scenario"), ""]
                    continue
                }
                let range = figure.lowest...figure.highest
                cells.append(SweepWords.quantity(metric).text(figure.median, range: range))
                cells.append(figure.change.map(SweepWords.change) ?? "")
            }
            table.append(cells + [SweepWords.standing(setting.standing), setting.isOnFront ? "●" : ""])
        }
        return table.text
    }

    /// `default (chunk-size 1048576, backlog-size 268435456)`.
    private var defaultLabel: String {
        let values = self.record.knobs.compactMap { knob in knob.defaultValue.map { "\(knob.name)=\($0)" } }
        return values.isEmpty ? "default" : Markdown.escaped("default (\(values.joined(separator: ", ")))")
    }

    private var zone: String? {
        guard let metric = self.record.metrics.first else { return nil }
        let zone = self.record.settings.filter(\.isInZone)
        guard let best = zone.first(where: { $0.standing == .best }) else { return nil }
        let names = zone.map { "`\($0.label)`" }.joined(separator: " · ")
        let equal = zone.filter { $0.standing == .asGood }.count
        return
            "**Indifference zone** (\(zone.count) of \(self.record.settings.count)): settings that are not shown to be "
            + "worse than the best in \(SweepWords.noun(metric)), `\(best.label)`. Of the others \(equal) are shown to be worse "
            + "by less than \(SweepWords.percent(self.record.margin)) %. \(names)"
    }

    private var front: String? {
        let front = self.record.settings.filter(\.isOnFront)
        guard let cost = self.record.cost, let metric = self.record.metrics.first, !front.isEmpty else { return nil }
        return "**Front** (●): no other setting is better in \(SweepWords.noun(metric)) at no more "
            + "\(SweepWords.noun(cost)), going by medians: " + front.map { "`\($0.label)`" }.joined(separator: " · ")
    }
}
