// One table of cases: what tells the cases apart on the left, their figures on the right.

internal import Measurement

struct Column: Sendable {
    let title: String
    /// The metric that decides whether the column concerns a case.
    let metric: String
    let figure: @Sendable (CaseRecord) -> Figure

    /// - Parameter resolution: the metric that tells how exactly this one is known.
    init(_ title: String, _ metric: String, stat: String = "value", knownTo resolution: String? = nil) {
        self.init(title, metric) { $0.figure(metric, stat, knownTo: resolution) }
    }

    init(_ title: String, _ metric: String, figure: @escaping @Sendable (CaseRecord) -> Figure) {
        self.title = title
        self.metric = metric
        self.figure = figure
    }
}

struct CaseTable {
    private let cases: [CaseRecord]
    private let columns: [Column]
    private let varying: [String]
    private let names: TargetNames

    /// Keeps the columns that concern any case and the cases that any column concerns; `nil` when none is left.
    init?(_ cases: [CaseRecord], columns: [Column], names: TargetNames) {
        self.columns = columns.filter { column in cases.contains { $0.concerns(column.metric) } }
        let kept = cases.filter { one in columns.contains { one.concerns($0.metric) } }
        guard !kept.isEmpty else { return nil }
        self.names = names
        self.varying = Self.varyingParameters(kept)
        self.cases = Self.sorted(kept, by: self.varying, names: names)
    }

    var text: String {
        let told = [("Target", MarkdownTable.Alignment.left)]
        let parameters = self.varying.map { name in
            (ParameterText.title(name), Self.isNumeric(name, in: self.cases) ? MarkdownTable.Alignment.right : .left)
        }
        var table = MarkdownTable(
            (parameters + told + self.columns.map { ($0.title, .right) }).map { (title: $0.0, alignment: $0.1) }
        )
        for one in self.cases {
            var row = self.varying.map { name in
                one.parameter(name).map { Markdown.escaped(ParameterText.value(Parameter(name, $0))) } ?? ""
            }
            row.append(Markdown.escaped(self.names.short(one.target)))
            for column in self.columns {
                switch column.figure(one) {
                case .measured(let measured): row.append(measured.text)
                case .missing(let reason): row.append(table.dash(because: reason))
                }
            }
            table.append(row)
        }
        return [self.common, table.text].filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    /// The settings that all rows share, above the table instead of in a column each.
    private var common: String {
        guard let first = self.cases.first else { return "" }
        let shared = first.parameters.filter { !self.varying.contains($0.name) && !ParameterText.isObvious($0) }
        let words = shared.map { Markdown.escaped(ParameterText.words($0)) }
        return words.isEmpty ? "" : "All rows: \(words.joined(separator: ", "))."
    }

    /// What is counted changes within the settings, and the fan-out mode stands beside the target that it belongs to.
    private static let counted = ["log_records", "replicas", "concurrency", "sockets", "fan_out"]

    /// Names of parameters with several values, in the order of the columns.
    private static func varyingParameters(_ cases: [CaseRecord]) -> [String] {
        var order: [String] = []
        for name in cases.flatMap({ $0.parameters.map(\.name) }) where !order.contains(name) { order.append(name) }
        let varying = order.filter { name in Set(cases.map { $0.parameter(name) }).count > 1 }
        let counted = Self.counted.filter(varying.contains)
        return varying.filter { !counted.contains($0) } + counted
    }

    /// Rows to compare stand next to each other: by the settings first, by what is counted (replicas, concurrency) next,
    /// so that its course can be read downwards, and by target last.
    private static func sorted(_ cases: [CaseRecord], by varying: [String], names: TargetNames) -> [CaseRecord] {
        cases.sorted { left, right in
            for key in varying {
                let (l, r) = (left.parameter(key) ?? "", right.parameter(key) ?? "")
                if let answer = CaseOrder.isBefore(l, r, of: key) { return answer }
            }
            return names.rank(left.target) < names.rank(right.target)
        }
    }

    private static func isNumeric(_ name: String, in cases: [CaseRecord]) -> Bool {
        cases.allSatisfy { one in one.parameter(name).map { Int($0) != nil } ?? true }
    }
}
