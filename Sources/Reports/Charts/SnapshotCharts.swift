// Full copies: how fast they go out, and what clients notice of them.

internal import Measurement

extension Chart {
    /// Copies that are thrown away, while nobody writes.
    static func copyRate(_ record: RunRecord, names: TargetNames) -> Chart? {
        let cases = SnapshotSection.copies(record).filter { $0.number("write_rate") == 0 }
        let bars = BarPanel(cases, metric: "copy_bytes_rate", names: names) { one in
            let told = ["keys", "value_size", "transfer", "replicas", "snapshot_chunk_size"]
            return told.compactMap { name in one.parameter(name).map { ParameterText.words(Parameter(name, $0)) } }
                .joined(separator: ", ")
        }
        guard let bars else { return nil }
        return Chart(
            name: "copy-rate",
            title: "Full copies to replicas that throw them away",
            subtitle: "Nobody writes meanwhile; bytes to all replicas together; the thin line is the range over trials",
            reading: "Longer is better: bytes of the copy ÷ time from connecting to its last byte.",
            content: .bars(bars)
        )
    }

    /// What clients see before a copy and while it is made, for the largest data set with the highest load.
    static func copyResponse(_ record: RunRecord, names: TargetNames) -> Chart? {
        let cases = SnapshotSection.copies(record).filter { $0.figure("response_during", "p50").value != nil }
        func weight(_ one: CaseRecord) -> (Int, Int) { (one.number("keys") ?? 0, one.number("write_rate") ?? 0) }
        guard let largest = cases.max(by: { weight($0) < weight($1) }) else { return nil }
        let shown = cases.filter { $0.parameters == largest.parameters }
        let lines = shown.flatMap { one in
            [
                PercentileLine(
                    label: "\(names.short(one.target)), during a copy",
                    style: Style.of(one.target, names: names),
                    measured: one,
                    metric: "response_during"
                ),
                PercentileLine(
                    label: "\(names.short(one.target)), before it",
                    style: Style.of(one.target, names: names, variant: 1),
                    measured: one,
                    metric: "response_before"
                ),
            ]
        }
        let told = largest.parameters.filter { !ParameterText.isObvious($0) }.map(ParameterText.words)
        return self.percentiles(
            lines,
            name: "copy-response",
            title: "Response to clients, before and during a full copy",
            subtitle: told.joined(separator: ", "),
            reading:
                "Counted from when a write was meant to be sent; where both lines of a server meet, clients notice nothing.",
            yTitle: "Response"
        )
    }
}
