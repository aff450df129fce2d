// The .hgrm form: a table of values by percentile, as HdrHistogram's own tools print and plot it, in microseconds.

internal import Measurement

enum PercentileText {
    static func text(_ histogram: CaseHistogram) -> String {
        let (divisor, unit) = histogram.scale
        let counts = histogram.merged
        func number(_ value: Double) -> String { self.padded(DecimalText.fixed(value, places: 3), 12) }
        var lines = [
            [
                self.padded("Value", 12), self.padded("Percentile", 14), self.padded("TotalCount", 10),
                self.padded("1/(1-Percentile)", 14),
            ].joined(separator: " "), "",
        ]
        for step in counts.steps() {
            var fields = [
                number(Double(step.value) / divisor), DecimalText.fixed(step.percentile / 100, places: 12),
                self.padded("\(step.count)", 10),
            ]
            if step.percentile < 100 {
                fields.append(self.padded(DecimalText.fixed(1 / (1 - step.percentile / 100), places: 2), 14))
            }
            lines.append(fields.joined(separator: " "))
        }
        let mean = number((counts.mean ?? 0) / divisor)
        let deviation = number((counts.deviation ?? 0) / divisor)
        let largest = number(Double(counts.largest ?? 0) / divisor)
        lines += [
            "#[Mean    = \(mean), StdDeviation   = \(deviation)]",
            "#[Max     = \(largest), Total count    = \(self.padded("\(counts.total)", 12))]",
            "#[Buckets = \(self.padded("\(counts.layout.bucketCount)", 12)), "
                + "SubBuckets     = \(self.padded("\(counts.layout.subBucketCount)", 12))]",
            "#[\(histogram.metric) in \(unit), \(Markdown.oneLine(histogram.caseID)), \(histogram.trials.count) trials]",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
