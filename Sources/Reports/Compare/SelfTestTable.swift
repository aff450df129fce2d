// What a build compared with itself says about the machine: how often it raises an alarm about nothing, and how small a
// change it lets one see.

import Measurement

struct SelfTestTable {
    private let comparison: ComparisonRecord
    private let names: ComparedNames

    init(_ comparison: ComparisonRecord, _ names: ComparedNames) {
        self.comparison = comparison
        self.names = names
    }

    private struct Key: Hashable {
        var caseID: String
        var metric: String
        var stat: String
    }

    var text: String {
        var order: [Key] = []
        var figures: [Key: [ComparedFigure]] = [:]
        for figure in self.comparison.selfTests.flatMap(\.figures) {
            let key = Key(caseID: figure.caseID, metric: figure.metric, stat: figure.stat)
            if figures[key] == nil { order.append(key) }
            figures[key, default: []].append(figure)
        }
        var table = MarkdownTable([
            ("Case", .left), ("Metric", .left), ("Alarms", .right), ("ok", .right), ("noisy", .right),
            ("Typical shift", .right), ("Sees changes from", .right),
        ])
        for key in order {
            let rounds = figures[key, default: []]
            let stat = key.stat == "value" ? "" : " \(key.stat)"
            let alarms = rounds.count { $0.verdict == .regression || $0.verdict == .improvement }
            let shift = Summary.quantile(0.5, of: rounds.compactMap(\.change).map(abs))
            let visible = Summary.quantile(0.5, of: rounds.compactMap(\.smallestVisible))
            table.append([
                Markdown.escaped(self.names.words(key.caseID)), "`\(key.metric)`\(stat)", String(alarms),
                String(rounds.count { $0.verdict == .ok }), String(rounds.count { $0.verdict == .noisy }),
                shift.map { ComparisonPage.percent($0, places: 1) } ?? "–",
                visible.map { ComparisonPage.percent($0, places: 0) } ?? "–",
            ])
        }
        return table.text
    }
}
