// What replicas cost: memory, delivery, and what their presence does to clients.

internal import Measurement

struct FanOutSection {
    private let record: RunRecord
    private let cases: [CaseRecord]
    private let names: TargetNames

    init(_ record: RunRecord, names: TargetNames) {
        self.record = record
        self.cases = record.cases.filter { $0.scenario == "fan-out" }
        self.names = names
    }

    /// Tables with the names of the charts that belong above them.
    var parts: [ReportPart] {
        let idle = self.cases.filter { $0.parameter("behaviour") == "idle" }
        let waiting = self.cases.filter { $0.parameter("behaviour") == "stalled" }
        let busy = self.cases.filter { $0.parameter("behaviour") != "idle" }
        return [
            ReportPart(
                "Memory of idle replicas",
                charts: ["memory-idle"],
                texts: [self.costs, self.table(idle, Self.memory)]
            ),
            ReportPart(
                "Memory held for stalled replicas",
                charts: ["memory-stalled"],
                texts: [self.table(waiting, Self.held)]
            ),
            ReportPart(
                "Delivery to replicas",
                charts: ["cpu-per-delivery", "throughput"],
                texts: [self.table(busy.filter { $0.number("replicas") != 0 }, self.delivery)]
            ),
            ReportPart(
                "Clients while replicas read, closed loop",
                charts: [],
                texts: self.table(busy.filter { !$0.isOpenLoop }, Self.clients).map { [Self.closed, $0] } ?? []
            ),
            ReportPart(
                "Clients at a set rate, open loop",
                charts: [],
                texts: [self.table(busy.filter(\.isOpenLoop), Self.openLoop)]
            ),
        ]
    }

    /// What a latency of a closed loop is not.
    private static let closed =
        "A client of a closed loop waits for its answers before it sends more, so a stall slows down the very load that would "
        + "show it: these are times between sending and answer, not what users of a fixed load would see."

    private func table(_ cases: [CaseRecord], _ columns: [Column]) -> String? {
        CaseTable(cases, columns: columns, names: self.names)?.text
    }

    private static let memory = [
        Column("Allocated", "allocator_allocated"), Column("Active", "allocator_active"),
        Column("Allocator resident", "allocator_resident"), Column("RSS", "rss"), Column("PSS", "pss"),
    ]

    private static let held = [
        Column("Allocated", "allocator_allocated"), Column("Alive in chunks", "bytes_alive_in_chunks"),
        Column("Replication buffers", "mem_total_replication_buffers"),
        Column("Private copies would hold", "bytes_pending_total"), Column("Sharing ratio", "sharing_ratio"),
        Column("RSS", "rss"),
    ]

    private var delivery: [Column] {
        let ceiling = Ceiling(self.record)
        return [
            Column("Delivered mutations", "delivered_rate"), Column("Delivered bytes", "delivered_bytes_rate"),
            Column("Primary CPU per delivery", "primary_cpu_per_delivery"),
            Column("÷ ceiling", "primary_cpu_per_delivery", figure: { ceiling.multiple(of: $0) }),
            Column("Primary busy", "primary_cpu_share"), Column("Generator busy", "generator_cpu_share"),
            Column("of it load", "load_cpu_share"), Column("of it replicas", "replicas_cpu_share"),
            Column("Lag p50, mutations", "replica_lag", stat: "p50"),
            Column("Lag max, mutations", "replica_lag", stat: "max"),
        ]
    }

    private static let clients = [
        Column("Writes", "write_rate"), Column("Primary CPU per write", "primary_cpu_per_write"),
        Column("p50", "write_latency", stat: "p50"), Column("p90", "write_latency", stat: "p90"),
        Column("p99", "write_latency", stat: "p99"), Column("p99.9", "write_latency", stat: "p99.9"),
        Column("max", "write_latency", stat: "max"),
    ]

    private static let openLoop = [
        Column("Offered", "offered_rate"), Column("Acknowledged", "write_rate"),
        Column("Response p50", "response", stat: "p50"), Column("p99", "response", stat: "p99"),
        Column("p99.9", "response", stat: "p99.9"), Column("max", "response", stat: "max"),
        Column("Wait p99", "wait", stat: "p99"), Column("Service p99", "service", stat: "p99"),
        Column("Generator late p99", "generator_lateness", stat: "p99"), Column("Not sent", "dropped_writes"),
        Column("Load thread busy", "load_cpu_share"), Column("Primary busy", "primary_cpu_share"),
    ]

    /// Bytes per replica with what a reader needs to trust the slope.
    private var costs: String? {
        let costs = ReplicaCost.comparable(in: self.record) + ReplicaCost.extended(in: self.record)
        guard !costs.isEmpty else { return nil }
        let labels = SeriesLabels(costs.map(\.series), names: self.names)
        var table = MarkdownTable([
            ("Series", .left), ("Bytes per replica", .right), ("± standard error", .right),
            ("Residual deviation", .right), ("R²", .right), ("Replicas", .right), ("Trials", .right),
        ])
        let compared = ReplicaCost.comparable(in: self.record).count
        for (place, cost) in costs.enumerated() {
            let name = Markdown.escaped(labels.label(cost.series)) + (place < compared ? "" : ", its whole course")
            guard let fit = cost.fit else {
                let dash = table.dash(because: cost.missingReason)
                table.append([name, dash, dash, dash, dash, dash, dash])
                continue
            }
            let bytes = Quantity(unit: "B")
            table.append([
                name, "**\(bytes.text(fit.slope))**", bytes.text(fit.slopeStandardError),
                bytes.text(fit.residualDeviation),
                fit.rSquared.map { DecimalText.fixed($0, places: 4) }
                    ?? table.dash(because: "memory does not vary at all"),
                "\(Int(fit.xRange.lowerBound))…\(Int(fit.xRange.upperBound))", "\(fit.pointCount)",
            ])
        }
        return "Bytes per replica: the slope of a least-squares line through the allocated bytes of every trial.\n\n"
            + table.text
    }
}
