// The histograms of a run as files that any HdrHistogram tool reads: percentile text over all valid trials of a case, and
// an interval log with one interval for each trial.

internal import Measurement

struct HistogramFiles {
    static let directory = "histograms"

    /// By path below the run's directory.
    let contents: [String: String]
    /// What could not be read, for the notes; nothing in a run that this program wrote.
    let complaints: [String]

    /// - Parameter record: with its cases in the order of reading, which their file names follow.
    init(_ record: RunRecord) {
        var contents: [String: String] = [:]
        var complaints: [String] = []
        for (place, one) in record.cases.enumerated() {
            for metric in CaseHistogram.metrics(of: one) {
                do throws(HistogramError) {
                    guard let histogram = try CaseHistogram(one, metric: metric) else { continue }
                    let name = "\(Self.directory)/\(Self.name(one, place: place + 1, metric: metric))"
                    contents["\(name).hgrm"] = PercentileText.text(histogram)
                    contents["\(name).hlog"] = IntervalLog.text(histogram, run: record)
                } catch {
                    complaints.append("The histograms of \(metric) in \(one.id) are left out: \(error).")
                }
            }
        }
        self.contents = contents
        self.complaints = complaints
    }

    /// `fan-out-003-bundled-write_latency`: short enough for any file system; the settings stand in the file.
    private static func name(_ one: CaseRecord, place: Int, metric: String) -> String {
        let number = String(repeating: "0", count: max(0, 3 - "\(place)".count)) + "\(place)"
        return [one.scenario, number, one.target, metric].map(self.safe).joined(separator: "-")
    }

    private static let longestPart = 48

    /// Ids come from files and addresses; only letters, digits, `_`, `.` and `-` enter a path, and no dot begins it.
    private static func safe(_ text: String) -> String {
        let letters = text.unicodeScalars.prefix(self.longestPart).map { scalar -> Character in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
            return isPlain || scalar == "_" || scalar == "-" || scalar == "." ? Character(scalar) : "_"
        }
        return letters.isEmpty ? "_" : String(letters).replacing(/^\.+/, with: "_")
    }
}

/// One metric of one case over its valid trials.
struct CaseHistogram {
    struct Trial {
        let number: Int
        /// Seconds from the start of the run until the trial measured, and how long it did.
        let began: Double
        let seconds: Double
        let record: HistogramRecord
        let counts: HistogramCounts
    }

    let caseID: String
    let metric: String
    let unit: String
    let trials: [Trial]
    /// Of all trials together.
    let merged: HistogramCounts
    /// Numbers of trials that are invalid and left out.
    let leftOut: [Int]

    static func metrics(of one: CaseRecord) -> [String] {
        var metrics: [String] = []
        for histogram in one.trials.flatMap(\.histograms) where !metrics.contains(histogram.metric) {
            metrics.append(histogram.metric)
        }
        return metrics
    }

    /// `nil` when no valid trial has any.
    init?(_ one: CaseRecord, metric: String) throws(HistogramError) {
        var trials: [Trial] = []
        var merged: HistogramCounts?
        for trial in one.validTrials {
            guard let record = trial.histograms.first(where: { $0.metric == metric }) else { continue }
            let counts = try record.counts()
            if merged == nil { merged = counts } else { try merged?.merge(counts) }
            let before = trial.phases.prefix { $0.name != "measure" }
            let measured = trial.phases.dropFirst(before.count).first ?? trial.phases.last
            trials.append(
                Trial(
                    number: trial.trial,
                    began: (trial.beganSeconds ?? 0) + before.reduce(0) { $0 + $1.seconds },
                    seconds: measured?.seconds ?? 0,
                    record: record,
                    counts: counts
                )
            )
        }
        guard let merged, let first = trials.first else { return nil }
        self.caseID = one.id
        self.metric = metric
        self.unit = first.record.unit
        self.trials = trials
        self.merged = merged
        self.leftOut = one.trials.filter { !$0.invalid.isEmpty }.map(\.trial)
    }

    /// What values are divided by in text, and what they are then.
    var scale: (divisor: Double, unit: String) { self.unit == "ns" ? (1000, "us") : (1, self.unit) }
}
