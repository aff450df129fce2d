// The .hlog form: one line for each trial with its place in time and its whole histogram, in version 1.3 of HdrHistogram's
// log format. Lines have no tags, because the usual tools pass tagged ones over.

internal import Measurement

enum IntervalLog {
    static func text(_ histogram: CaseHistogram, run: RunRecord) -> String {
        var lines = [
            "#[\(histogram.metric) in \(histogram.unit), \(Markdown.oneLine(histogram.caseID))]",
            "#[Histogram log format version 1.3]",
        ]
        if let start = InternetTime.seconds(run.startedAt) {
            let seconds = DecimalText.fixed(Double(start), places: 3)
            lines.append("#[StartTime: \(seconds) (seconds since epoch), \(Markdown.oneLine(run.startedAt))]")
            lines.append("#[BaseTime: \(seconds) (seconds since epoch)]")
        }
        if !histogram.leftOut.isEmpty {
            let numbers = histogram.leftOut.map { "\($0)" }.joined(separator: ", ")
            lines.append("#left out, because they are invalid: trials \(numbers)")
        }
        lines.append(#""StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram""#)
        // The largest value stands in milliseconds by custom; the histogram itself keeps its unit.
        let divisor = histogram.unit == "ns" ? 1e6 : 1
        for trial in histogram.trials.sorted(by: { $0.began < $1.began }) {
            lines.append("#trial \(trial.number)")
            let numbers = [trial.began, trial.seconds, Double(trial.counts.largest ?? 0) / divisor]
            let text = numbers.map { DecimalText.fixed(max($0, 0), places: 3) }.joined(separator: ",")
            lines.append("\(text),\(trial.record.payload)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
