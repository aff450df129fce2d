// What it costs to lose a leader, and to come back.

internal import Measurement

enum FailoverSection {
    static let scenario = "failover"

    static func parts(_ record: RunRecord, names: TargetNames) -> [ReportPart] {
        let cases = record.cases.filter { $0.scenario == self.scenario }
        return [
            ReportPart(
                "When the leader dies",
                charts: [],
                texts: [CaseTable(cases, columns: self.columns, names: names)?.text]
            )
        ]
    }

    private static let columns = [
        Column("Leader after", "time_to_leader"), Column("First write after", "time_to_first_write"),
        Column("Acknowledged and lost", "acknowledged_lost"), Column("Discarded", "writes_discarded"),
        Column("Outcome unknown", "outcome_unknown"), Column("All equal after", "time_to_equal"),
        Column("Writes before", "write_rate"),
    ]
}

enum CatchUpSection {
    static let scenario = "catch-up"

    static func parts(_ record: RunRecord, names: TargetNames) -> [ReportPart] {
        let cases = record.cases.filter { $0.scenario == self.scenario }
        return [
            ReportPart(
                "Coming back from far behind",
                charts: [],
                texts: [CaseTable(cases, columns: self.columns, names: names)?.text]
            )
        ]
    }

    private static let columns = [
        Column("Current after", "time_to_current"), Column("Catches up at", "catch_up_rate"),
        Column("Response p99 before", "response_before", stat: "p99"),
        Column("during", "response_during", stat: "p99"), Column("Growth", "response_growth", stat: "p99"),
        Column("Leader busy", "primary_cpu_share"), Column("Achieved", "achieved_rate"),
        Column("Generator late p99", "generator_lateness", stat: "p99"),
    ]
}
