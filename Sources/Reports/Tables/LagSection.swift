// How stale replicas are under load.

internal import Measurement

enum LagSection {
    static let scenario = "lag"

    static func cases(_ record: RunRecord, _ receiver: String) -> [CaseRecord] {
        record.cases.filter { $0.scenario == self.scenario && $0.parameter("receiver") == receiver }
    }

    static func parts(_ record: RunRecord, names: TargetNames) -> [ReportPart] {
        let live = self.cases(record, "live")
        return [
            ReportPart(
                "Lag of live replicas",
                charts: ["lag"] + Chart.courseNames(self.scenario),
                texts: [
                    CaseTable(live, columns: self.lag, names: names)?.text,
                    CaseTable(live, columns: self.costs, names: names)?.text,
                ]
            ),
            ReportPart(
                "Lag of synthetic replicas",
                charts: [],
                texts: [CaseTable(self.cases(record, "discarding"), columns: self.lag, names: names)?.text]
            ),
        ]
    }

    private static let resolution = "lag_resolution"

    private static let lag = [
        Column("Offered", "offered_rate"), Column("Achieved", "achieved_rate"),
        Column("Lag p50", "lag", stat: "p50", knownTo: resolution),
        Column("p99", "lag", stat: "p99", knownTo: resolution),
        Column("p99.9", "lag", stat: "p99.9", knownTo: resolution),
        Column("max", "lag", stat: "max", knownTo: resolution),
        Column("Worst replica p99", "lag_worst", stat: "p99", knownTo: resolution),
        Column("Mutations p50", "lag_mutations", stat: "p50"), Column("p99", "lag_mutations", stat: "p99"),
        Column("max", "lag_mutations", stat: "max"), Column("Known to", "lag_resolution"),
    ]

    private static let costs = [
        Column("Drains", "drain_rate"), Column("Replica CPU per drained mutation", "drain_cpu_per_mutation"),
        Column("Replica busy", "replica_cpu_share"), Column("Primary busy", "primary_cpu_share"),
        Column("Response p99", "response_during", stat: "p99"),
        Column("Generator late p99", "generator_lateness", stat: "p99"),
    ]
}
