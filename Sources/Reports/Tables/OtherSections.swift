// The remaining scenarios, and a plain table for those that this version has no page for yet.

internal import Measurement

/// A heading with charts and texts below it; left out when it has no text.
struct ReportPart {
    let title: String
    let charts: [String]
    let texts: [String]

    init(_ title: String, charts: [String], texts: [String?]) {
        self.title = title
        self.charts = charts
        self.texts = texts.compactMap(\.self)
    }
}

enum HandshakeSection {
    static func parts(_ record: RunRecord, names: TargetNames) -> [ReportPart] {
        let cases = record.cases.filter { $0.scenario == "handshake" }
        let single = cases.filter { $0.parameter("kind") != "storm" }
        let storm = cases.filter { $0.parameter("kind") == "storm" }.map { one in
            // All of a storm's replicas come at a time; saying so twice helps nobody.
            var one = one
            one.parameters.removeAll { $0.name == "concurrency" }
            return one
        }
        return [
            ReportPart(
                "Handshakes",
                charts: ["handshake-rate", "handshake-latency"],
                texts: [CaseTable(single, columns: self.columns, names: names)?.text]
            ),
            ReportPart(
                "Storm: all replicas at once",
                charts: [],
                texts: [CaseTable(storm, columns: self.stormColumns + self.columns, names: names)?.text]
            ),
        ]
    }

    private static let columns = [
        Column("Handshakes", "handshake_rate"), Column("Primary CPU each", "primary_cpu_per_handshake"),
        Column("p50", "handshake_latency", stat: "p50"), Column("p90", "handshake_latency", stat: "p90"),
        Column("p99", "handshake_latency", stat: "p99"), Column("p99.9", "handshake_latency", stat: "p99.9"),
        Column("max", "handshake_latency", stat: "max"),
    ]
    private static let stormColumns = [Column("All online after", "time_to_all_online")]
}

enum CeilingSection {
    static func parts(_ record: RunRecord, names: TargetNames) -> [ReportPart] {
        let cases = record.cases.filter { $0.scenario == "ceiling" }
        let columns = [
            Column("CPU per delivery", "cpu_per_delivery"), Column("Deliveries", "delivered_rate"),
            Column("Memory copy", "memory_copy_rate"), Column("New memory", "memory_grow_rate"),
        ]
        return [
            ReportPart(
                "The machine's ceiling",
                charts: [],
                texts: [CaseTable(cases, columns: columns, names: names)?.text]
            )
        ]
    }
}

/// Scenarios without a page of their own: every metric in a row, so that nothing measured goes unseen.
enum PlainSection {
    private static let known: Set<String> = [
        "fan-out", "handshake", "resume", "snapshot", "lag", "faults", FailoverSection.scenario,
        CatchUpSection.scenario,
        "ceiling", FindMaxSection.scenario,
    ]

    static func parts(_ record: RunRecord, names: TargetNames) -> [ReportPart] {
        var scenarios: [String] = []
        for one in record.cases where !self.known.contains(one.scenario) && !scenarios.contains(one.scenario) {
            scenarios.append(one.scenario)
        }
        return scenarios.map { scenario in
            let cases = record.cases.filter { $0.scenario == scenario }
            return ReportPart(
                Markdown.escaped(Markdown.oneLine(scenario)),
                charts: [],
                texts: [self.table(cases, names: names)]
            )
        }
    }

    private static func table(_ cases: [CaseRecord], names: TargetNames) -> String {
        var table = MarkdownTable([("Case", .left), ("Target", .left), ("Metric", .left), ("Median (range)", .right)])
        for one in cases {
            let words = one.parameters.map(ParameterText.words).joined(separator: ", ")
            let lead = [Markdown.escaped(words), Markdown.escaped(names.short(one.target))]
            var rows: [(metric: String, stat: String)] = []
            for sample in one.trials.flatMap(\.samples)
            where !rows.contains(where: { $0 == (sample.metric, sample.stat) }) {
                rows.append((sample.metric, sample.stat))
            }
            let measured = Set(rows.map(\.metric))
            rows += (one.expectedMetrics + one.unsupported.keys.sorted())
                .filter { !measured.contains($0) }
                .map { ($0, "value") }
            for row in rows {
                let name = row.stat == "value" ? row.metric : "\(row.metric) \(row.stat)"
                let cell =
                    switch one.figure(row.metric, row.stat) {
                    case .measured(let measured): measured.text
                    case .missing(let reason): table.dash(because: reason)
                    }
                table.append(lead + [Markdown.escaped(name), cell])
            }
        }
        return table.text
    }
}
