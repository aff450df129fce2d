// Full copies of the data.

internal import Measurement

enum SnapshotSection {
    static let scenario = "snapshot"

    /// Cases whose replicas throw their copies away.
    static func copies(_ record: RunRecord) -> [CaseRecord] { self.cases(record, "discarding") }

    /// Cases whose replica loads its copy and serves.
    static func live(_ record: RunRecord) -> [CaseRecord] { self.cases(record, "live") }

    private static func cases(_ record: RunRecord, _ receiver: String) -> [CaseRecord] {
        record.cases.filter { $0.scenario == self.scenario && $0.parameter("receiver") == receiver }
    }

    static func parts(_ record: RunRecord, names: TargetNames) -> [ReportPart] {
        let copies = self.copies(record)
        let live = self.live(record)
        return [
            ReportPart(
                "Full copies",
                charts: ["copy-rate"],
                texts: [CaseTable(copies, columns: self.times, names: names)?.text]
            ),
            ReportPart(
                "What a full copy costs clients and memory",
                charts: ["copy-response"],
                texts: [CaseTable(copies, columns: self.costs, names: names)?.text]
            ),
            ReportPart(
                "Full copies to live replicas, until they serve",
                charts: [],
                texts: [CaseTable(live, columns: self.ends + self.costs, names: names)?.text]
            ),
        ]
    }

    private static let times = [
        Column("Total", "copy_total"), Column("Wait", "copy_wait"), Column("Produce", "copy_produce"),
        Column("at", "copy_produce_rate"), Column("Transfer", "copy_transfer"), Column("at", "copy_transfer_rate"),
        Column("Catch-up", "copy_catch_up"), Column("Bytes", "copy_bytes_rate"), Column("Keys", "copy_keys_rate"),
        Column("Size of one", "copy_bytes"), Column("Passes", "snapshot_passes"),
        Column("Primary CPU", "copy_primary_cpu"),
    ]

    private static let costs = [
        Column("Pause at the trigger", "trigger_pause"),
        Column("Response p99.9 before", "response_before", stat: "p99.9"),
        Column("during", "response_during", stat: "p99.9"), Column("Growth", "response_growth"),
        Column("max during", "response_during", stat: "max"),
        Column("Generator late p99.9", "generator_lateness", stat: "p99.9"),
        Column("Extra memory", "memory_extra"), Column("of the data", "memory_extra_ratio"),
    ]

    private static let ends = [
        Column("Serves after", "live_total"), Column("Keys", "live_keys_rate"), Column("Bytes", "live_bytes_rate"),
        Column("Wait", "live_wait"), Column("Transfer", "live_transfer"), Column("Loading", "live_loading"),
        Column("at", "live_loading_rate"), Column("Catch-up", "live_catch_up"),
        Column("Primary CPU", "live_primary_cpu"), Column("Replica CPU", "live_replica_cpu"),
    ]
}
