// What the trials of one case say about one metric. Everything that reports print passes through here, so that a
// missing value is a reason everywhere and a zero nowhere.

internal import Measurement

/// A metric of a case over its valid trials.
struct Measured: Equatable {
    let summary: Summary
    let unit: String
    /// The least that the probe tells from zero, in the same unit.
    let resolution: Double

    /// - Parameter resolution: where it is not known, durations are told apart by the microsecond, the unit in which
    ///   servers tell them; a computed figure may well be smaller.
    init(summary: Summary, unit: String, resolution: Double? = nil) {
        self.summary = summary
        self.unit = unit
        self.resolution = resolution ?? 0
    }

    /// Above this robust variation over trials a timing is marked noisy. Unchanged programs on a shared two-core machine
    /// vary by 7–22 % from trial to trial; below 10 % a difference of a quarter is beyond doubt.
    static let noisyVariation = 0.10
    private static let timingUnits: Set<String> = ["us", "s", "1/s", "B/s"]

    var median: Double { self.summary.median }

    var isNoisy: Bool {
        guard Self.timingUnits.contains(self.unit), let variation = self.summary.robustVariation else { return false }
        return variation > Self.noisyVariation
    }

    /// "0.25 µs (0.24…0.27) ~": the median, the range over trials, and the mark of a noisy timing.
    var text: String {
        let quantity = Quantity(unit: self.unit)
        if let bound = self.bound {
            let largest = self.summary.maximum
            return largest < self.resolution || largest == 0 ? bound : "\(bound) (…\(quantity.text(largest)))"
        }
        let range = max(self.summary.minimum, self.resolution)...max(self.summary.maximum, self.resolution)
        return quantity.text(self.median, range: range) + (self.isNoisy ? " ~" : "")
    }

    /// The median alone, for a sentence.
    var sentenceText: String {
        self.bound ?? (Quantity(unit: self.unit).text(self.median) + (self.isNoisy ? " (noisy)" : ""))
    }

    /// "< 250 µs" for a duration that the probe cannot tell from zero: a zero would claim more than was measured.
    private var bound: String? {
        guard self.unit == "us" || self.unit == "s", self.median < self.resolution || self.median == 0 else {
            return nil
        }
        let finest = self.resolution > 0 ? self.resolution : self.unit == "us" ? 1 : 1e-6
        return "< \(Quantity(unit: self.unit).text(finest))"
    }
}

enum Figure: Equatable {
    case measured(Measured)
    /// The reason that stands below the table.
    case missing(String)

    var value: Measured? {
        switch self {
        case .measured(let measured): measured
        case .missing: nil
        }
    }
}

extension CaseRecord {
    /// - Parameter resolution: the metric that tells how exactly this one is known.
    func figure(_ metric: String, _ stat: String = "value", knownTo resolution: String? = nil) -> Figure {
        let samples = self.validTrials.compactMap { trial in
            trial.samples.first { $0.metric == metric && $0.stat == stat }
        }
        if let summary = Summary(samples.map(\.value)) {
            let finest = resolution.flatMap { self.figure($0).value?.median }
            return .measured(Measured(summary: summary, unit: Self.shownUnit(samples[0]), resolution: finest))
        }
        if let reason = self.unsupported[metric] { return .missing("not supported by target: \(reason)") }
        if self.trials.isEmpty { return .missing("no trial was finished") }
        if self.validTrials.isEmpty { return .missing("every trial is invalid") }
        // Measured, but nothing of this kind happened: no fault of this name, say.
        if self.validTrials.contains(where: { $0.samples.contains { $0.metric == metric } }) {
            return .missing("no \(stat) in this case")
        }
        if self.expectedMetrics.contains(metric) { return .missing("\(metric) is missing from every trial") }
        return .missing("\(metric) is not measured in this case")
    }

    /// Whether the scenario meant to measure `metric` here, whatever came of it.
    func concerns(_ metric: String) -> Bool {
        self.expectedMetrics.contains(metric) || self.unsupported[metric] != nil
            || self.trials.contains { $0.samples.contains { $0.metric == metric } }
    }

    /// Whether clients wrote at set times, instead of as fast as answers came.
    var isOpenLoop: Bool { self.parameter("loop") == "open" }

    /// Whether its load is the plain one that series are drawn of: SETs of one size as fast as answers come, on keys that are
    /// all alike, with nobody beside the replicas that are measured.
    var hasPlainLoad: Bool {
        !self.isOpenLoop
            && ["mix", "value_sizes", "key_choice", "compressibility", "bystanders"].allSatisfy {
                self.parameter($0) == nil
            }
    }

    var validTrials: [TrialRecord] { self.trials.filter(\.invalid.isEmpty) }

    /// More than any machine can hold of anything; a larger number in a file is damage, and would overflow sums.
    private static let largestNumber = 1_000_000_000_000

    /// A count that a parameter holds, such as the replicas; `nil` for anything else.
    func number(_ parameter: String) -> Int? {
        self.parameter(parameter).flatMap { Int($0) }.flatMap { (0...Self.largestNumber).contains($0) ? $0 : nil }
    }

    /// A share reads as a percentage, other ratios as a factor.
    private static func shownUnit(_ sample: Sample) -> String {
        let isShare = sample.metric.hasSuffix("_share") || sample.metric == "memory_extra_ratio"
        return sample.unit == "ratio" && isShare ? "share" : sample.unit
    }
}
