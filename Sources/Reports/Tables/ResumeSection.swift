// How returning replicas come back.

internal import Measurement

enum ResumeSection {
    static func parts(_ record: RunRecord, names: TargetNames) -> [ReportPart] {
        let cases = record.cases.filter { $0.scenario == "resume" }
        return [
            ReportPart(
                "Returning replicas",
                charts: ["first-frame"],
                texts: [self.growth(record, names: names), self.times(cases, names: names)]
            )
        ]
    }

    private static let columns = [
        Column("First frame p50", "first_frame", stat: "p50"), Column("p99", "first_frame", stat: "p99"),
        Column("max", "first_frame", stat: "max"), Column("Connect p50", "resume_connect", stat: "p50"),
        Column("Handshake p50", "resume_handshake", stat: "p50"),
        Column("Current p50", "caught_up", stat: "p50"), Column("p99", "caught_up", stat: "p99"),
        Column("Read from disk", "disk_bytes_per_resume"), Column("Full resyncs", "full_resync_share"),
    ]

    private static func times(_ cases: [CaseRecord], names: TargetNames) -> String? {
        CaseTable(cases, columns: self.columns, names: names)?.text
    }

    private static func growth(_ record: RunRecord, names: TargetNames) -> String? {
        let all = ResumeGrowth.all(in: record)
        guard !all.isEmpty else { return nil }
        let labels = SeriesLabels(ResumeGrowth.series(in: record), names: names)
        var table = MarkdownTable([
            ("Series", .left), ("Shortest log", .right), ("First frame", .right), ("Longest log", .right),
            ("First frame", .right), ("Growth", .right),
        ])
        for one in all {
            table.append([
                Markdown.escaped(labels.label(one.series)), "\(one.shortest.records)", one.shortest.firstFrame.text,
                "\(one.longest.records)", one.longest.firstFrame.text,
                "**\(DecimalText.fixed(one.ratio, places: 2))×**",
            ])
        }
        return "Growth of the time to the first frame (p50) with the length of the log, in records.\n\n" + table.text
    }
}
