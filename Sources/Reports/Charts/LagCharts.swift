// How much later than its acknowledgement a write is applied.

internal import Measurement

extension Chart {
    /// One replica at the set rate that most cases have, live and synthetic ones.
    static func lag(_ record: RunRecord, names: TargetNames) -> Chart? {
        let cases = ["live", "discarding"].flatMap { LagSection.cases(record, $0) }.filter {
            $0.number("replicas") == 1 && $0.number("write_rate") != nil && $0.figure("lag", "p50").value != nil
        }
        guard let rate = cases.compactMap({ $0.number("write_rate") }).max() else { return nil }
        let shown = cases.filter { $0.number("write_rate") == rate }
        let lines = shown.map { one in
            let isLive = one.parameter("receiver") == "live"
            return PercentileLine(
                label: "\(names.short(one.target)), \(isLive ? "applied by a live replica" : "received")",
                style: Style.of(one.target, names: names, variant: isLive ? 0 : 1),
                measured: one,
                metric: "lag"
            )
        }
        return self.percentiles(
            lines,
            name: "lag",
            title: "Lag: from acknowledged to applied",
            subtitle: "One replica, \(ResumeSentence.grouped(rate)) writes/s",
            reading:
                "Lower is fresher; each line runs from the median marker to the slowest. What a probe cannot tell from zero is left out.",
            yTitle: "Lag"
        )
    }
}
