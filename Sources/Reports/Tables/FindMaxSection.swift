// The highest rates that keep a limit, and the trials that they rest on.

internal import Measurement

enum FindMaxSection {
    static let scenario = "find-max"

    static func parts(_ record: RunRecord, names: TargetNames) -> [ReportPart] {
        let cases = record.cases.filter { $0.scenario == self.scenario }
        return [
            ReportPart(
                "Highest rate that keeps a limit",
                charts: [],
                texts: [
                    CaseTable(cases.filter { $0.parameter("write_rate") == nil }, columns: self.answers, names: names)?
                        .text
                ]
            ),
            ReportPart(
                "Trials of the search",
                charts: [],
                texts: [
                    CaseTable(cases.filter { $0.parameter("write_rate") != nil }, columns: self.trials, names: names)?
                        .text
                ]
            ),
        ]
    }

    /// One for each answer.
    static func sentences(_ record: RunRecord, names: TargetNames) -> [String] {
        let cases = record.cases.filter { $0.scenario == self.scenario && $0.parameter("write_rate") == nil }
        return cases.compactMap { one in
            guard let held = one.figure("highest_rate").value else { return nil }
            let settings = one.parameters.filter { $0.name != "limit" && !ParameterText.isObvious($0) }
            let bound = one.figure("highest_rate", "bound").value.map { ", and no longer at \($0.sentenceText)" } ?? ""
            return
                "\(Markdown.escaped(names.short(one.target))) keeps \(Markdown.escaped(one.parameter("limit") ?? "")) "
                + "up to **\(held.sentenceText)** writes\(bound) "
                + "(\(Markdown.escaped(settings.map(ParameterText.words).joined(separator: ", "))))."
        }
    }

    private static let curve = ["p50", "p75", "p90", "p95", "p99", "p99.9", "p99.99", "max", "mean"].map {
        Column($0, "response", stat: $0)
    }

    private static let answers =
        [Column("Holds up to", "highest_rate"), Column("no longer at", "highest_rate", stat: "bound")] + Self.curve

    private static let trials = [
        Column("Limit held (1) or not (0)", "limit_held"),
        Column("Response p50", "response", stat: "p50"), Column("p99", "response", stat: "p99"),
        Column("p99.9", "response", stat: "p99.9"), Column("max", "response", stat: "max"),
        Column("mean", "response", stat: "mean"), Column("Generator late p99", "generator_lateness", stat: "p99"),
        Column("Not sent", "dropped_writes"), Column("Load thread busy", "load_cpu_share"),
        Column("Primary busy", "primary_cpu_share"),
    ]
}
