// Metrics and changes of a sweep, in words.

internal import Measurement

enum SweepWords {
    /// What a metric counts, to stand behind "more" or "less".
    static func noun(_ metric: SweepMetric) -> String {
        switch metric.metric {
        case "write_rate": "writes"
        case "delivered_rate": "deliveries"
        case "handshake_rate": "handshakes"
        case "copy_bytes_rate": "bytes copied a second"
        case "caught_up": "time to catch up"
        case "first_frame": "time to the first frame"
        case "allocator_allocated": "memory"
        case "memory_extra": "extra memory"
        default: self.title(metric).lowercased()
        }
    }

    /// A heading.
    static func title(_ metric: SweepMetric) -> String {
        let name =
            switch metric.metric {
            case "write_rate": "Writes"
            case "delivered_rate": "Deliveries"
            case "primary_cpu_per_delivery": "CPU per delivery"
            case "primary_cpu_per_handshake": "CPU per handshake"
            case "copy_bytes_rate": "Copy rate"
            case "copy_primary_cpu": "CPU of a copy"
            case "allocator_allocated": "Memory"
            case "memory_extra": "Extra memory"
            default: ParameterText.title(metric.metric)
            }
        return metric.stat == "value" ? name : "\(name) \(metric.stat)"
    }

    static func quantity(_ metric: SweepMetric) -> Quantity {
        Quantity(unit: metric.unit == "ratio" && metric.metric.hasSuffix("_share") ? "share" : metric.unit)
    }

    /// "12", "3.4": a share in per cent, without its sign.
    static func percent(_ share: Double) -> String {
        let percent = abs(share) * 100
        let isWhole = abs(percent - percent.rounded()) < 0.05
        return DecimalText.fixed(percent, places: percent >= 9.95 || isWhole ? 0 : 1)
    }

    private static func signed(_ share: Double) -> String {
        (share < 0 ? "−" : "+") + self.percent(share)
    }

    /// "+12 % (+8…+15)"; a change without an interval says that it has none.
    static func change(_ change: RelativeChange) -> String {
        guard let interval = change.interval else { return "\(self.signed(change.estimate)) % (?)" }
        return "\(self.signed(change.estimate)) % "
            + "(\(self.signed(interval.lowerBound))…\(self.signed(interval.upperBound)))"
    }

    /// "12 % (8…15) more writes", from a change that is for the better.
    static func gain(_ change: RelativeChange, _ metric: SweepMetric) -> String {
        let direction = change.estimate < 0 ? "less" : "more"
        var range = ""
        if let interval = change.interval {
            let ends = [interval.lowerBound, interval.upperBound].sorted { abs($0) < abs($1) }
            range = " (\(self.percent(ends[0]))…\(self.percent(ends[1])))"
        }
        return "\(self.percent(change.estimate)) %\(range) \(direction) \(self.noun(metric))"
    }

    static func standing(_ standing: SweepSetting.Standing) -> String {
        switch standing {
        case .best: "best"
        case .asGood: "as good"
        case .undecided: "not told apart"
        case .worse: "worse"
        case .failed: "failed"
        }
    }
}
