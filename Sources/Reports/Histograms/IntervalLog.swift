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

/// Moments as RFC 3339 writes them, in UTC.
enum InternetTime {
    /// Seconds since 1970 of `2026-01-02T03:04:05Z`; `nil` for anything else.
    static func seconds(_ text: String) -> Int? {
        guard let parts = text.wholeMatch(of: /(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z/) else { return nil }
        let fields = [parts.1, parts.2, parts.3, parts.4, parts.5, parts.6].compactMap { Int($0) }
        guard fields.count == 6, (1...12).contains(fields[1]), (1...31).contains(fields[2]) else { return nil }
        // Years begin in March here, so that the leap day is the last one.
        let year = fields[1] > 2 ? fields[0] : fields[0] - 1
        let month = (fields[1] + 9) % 12
        let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + fields[2] - 1
        // 719468 days lie between 0000-03-01 and 1970-01-01.
        return ((days - 719_468) * 24 + fields[3]) * 3600 + fields[4] * 60 + fields[5]
    }
}
