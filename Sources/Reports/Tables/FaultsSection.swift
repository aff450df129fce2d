// What it costs when something breaks.

internal import Measurement

enum FaultsSection {
    static let scenario = "faults"

    static func parts(_ record: RunRecord, names: TargetNames) -> [ReportPart] {
        let cases = record.cases.filter { $0.scenario == self.scenario }
        guard !cases.isEmpty else { return [] }
        return [
            ReportPart(
                "When something breaks",
                charts: Chart.courseNames(self.scenario),
                texts: [
                    CaseTable(cases, columns: self.recoveries, names: names)?.text,
                    CaseTable(cases, columns: self.costs, names: names)?.text,
                ]
            )
        ]
    }

    /// Until everybody was current again, by what had happened.
    private static let recoveries = ["pause", "cut", "slow", "delay", "kill", "fill"].map {
        Column("Current again after \($0)", "recovery", stat: $0)
    }

    private static let costs = [
        Column("Response p50", "response_during", stat: "p50"), Column("p99", "response_during", stat: "p99"),
        Column("max", "response_during", stat: "max"), Column("Most behind", "replica_lag", stat: "max"),
        Column("Came back", "replica_resumes"), Column("Full copies", "full_resyncs"),
        Column("Achieved", "achieved_rate"), Column("Generator late p99", "generator_lateness", stat: "p99"),
    ]
}
