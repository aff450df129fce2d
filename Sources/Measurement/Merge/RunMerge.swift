// Runs of several generators that measured one server together, as one run. Histograms are added count by count and their
// percentiles taken anew, so that the joined figures are those of a single generator that saw everything; rates add up;
// what cannot be joined is left out and said.

/// Runs that cannot be joined, with what to do about it.
package struct RunMergeError: Error, Equatable, CustomStringConvertible {
    package let description: String
}

package struct RunMerge {
    private let runs: [RunRecord]
    /// Metrics that were left out, with the reason, in the order of their finding.
    private var leftOut: [(metric: String, reason: String)] = []

    /// A joined run of more is a mistake in a file pattern.
    package static let mostRuns = 1000
    /// Starts are known to the second, and a start that was agreed upon is kept to well below that.
    package static let clockTolerance = 1.0

    /// - Parameters:
    ///   - runs: of the same suite, one of each generator, in any order.
    ///   - name: of the joined run.
    ///   - command: that repeats the joining.
    package static func merged(
        _ runs: [RunRecord],
        name: String,
        command: String
    ) throws(RunMergeError) -> RunRecord {
        guard (2...self.mostRuns).contains(runs.count) else {
            throw RunMergeError(description: "joining takes 2 to \(self.mostRuns) runs, one of each generator")
        }
        let suites = Set(runs.map(\.suite))
        guard suites.count == 1 else {
            throw RunMergeError(
                description: "the runs are of different suites (\(suites.sorted().joined(separator: ", "))): "
                    + "give every generator the same one"
            )
        }
        var merge = RunMerge(runs: runs)
        return try merge.record(name: name, command: command)
    }

    private init(runs: [RunRecord]) {
        self.runs = runs
    }

    private mutating func record(name: String, command: String) throws(RunMergeError) -> RunRecord {
        let first = self.runs[0]
        let start = self.runs.map(\.startedAt).min() ?? first.startedAt
        var record = RunRecord(name: name, suite: first.suite, command: command, startedAt: start, seed: first.seed)
        record.seconds = self.runs.map(\.seconds).max() ?? 0
        record.interrupted = self.runs.contains(where: \.interrupted)
        for (place, run) in self.runs.enumerated() {
            let label = "generator \(place + 1)"
            record.invalid += run.invalid.map { "\(label): \($0)" }
            record.notes += run.notes.map { "\(label): \($0)" }
            record.environment += run.environment.map {
                EnvironmentSection(title: "\(label): \($0.title)", facts: $0.facts)
            }
            for target in run.targets where !record.targets.contains(where: { $0.id == target.id }) {
                record.targets.append(target)
            }
            record.timeline += run.timeline
        }
        var missing: [String] = []
        for one in first.cases {
            let parts = self.runs.compactMap { run in run.cases.first { $0.id == one.id } }
            guard parts.count == self.runs.count else {
                missing.append(one.id)
                continue
            }
            record.cases.append(self.merged(parts))
        }
        let shared = Set(first.cases.map(\.id))
        for run in self.runs.dropFirst() {
            for one in run.cases where !shared.contains(one.id) && !missing.contains(one.id) { missing.append(one.id) }
        }
        guard !record.cases.isEmpty else {
            throw RunMergeError(description: "the runs have no case in common: are they of one measurement?")
        }
        record.notes += self.notes(missing: missing)
        return record
    }

    private func notes(missing: [String]) -> [String] {
        var notes = ["Joined from \(self.runs.count) generators: \(self.runs.map(\.name).joined(separator: ", "))."]
        if !missing.isEmpty {
            notes.append("Left out, because not every generator measured them: \(missing.joined(separator: "; ")).")
        }
        var reasons: [String] = []
        for entry in self.leftOut where !reasons.contains(entry.reason) { reasons.append(entry.reason) }
        for reason in reasons {
            let metrics = self.leftOut.filter { $0.reason == reason }.map(\.metric)
            notes.append("Left out, because \(reason): \(metrics.joined(separator: ", ")).")
        }
        if self.runs.contains(where: { $0.comparison != nil || $0.sweep != nil }) {
            notes.append("Comparisons and sweeps are judged on one generator and were left out.")
        }
        return notes
    }
}

// MARK: - Cases and trials

extension RunMerge {
    private mutating func merged(_ parts: [CaseRecord]) -> CaseRecord {
        var one = parts[0]
        let count = parts.map(\.trials.count).min() ?? 0
        one.trials = (0..<count).map { place in self.merged(parts.map { $0.trials[place] }) }
        for part in parts { one.unsupported.merge(part.unsupported) { reason, _ in reason } }
        // What joining leaves out is no fault of the run.
        for metric in Set(parts.flatMap(\.expectedMetrics)).sorted() {
            guard one.trials.contains(where: { trial in !trial.samples.contains { $0.metric == metric } }) else {
                continue
            }
            guard let reason = self.leftOut.first(where: { $0.metric == metric })?.reason else { continue }
            one.expectedMetrics.removeAll { $0 == metric }
            one.unsupported[metric] = reason
        }
        return one
    }

    private mutating func merged(_ parts: [TrialRecord]) -> TrialRecord {
        var trial = TrialRecord(trial: parts[0].trial, order: parts[0].order)
        trial.beganSeconds = parts.compactMap(\.beganSeconds).min()
        trial.phases = parts[0].phases.map { phase in
            let times = parts.compactMap { part in part.phases.first { $0.name == phase.name }?.seconds }
            return PhaseTime(name: phase.name, seconds: times.max() ?? phase.seconds)
        }
        for (place, part) in parts.enumerated() {
            trial.invalid += part.invalid.map { "generator \(place + 1): \($0)" }
        }
        if let reason = self.apart(parts) { trial.invalid.append(reason) }
        trial.histograms = self.histograms(parts)
        trial.samples = self.samples(parts, trial.histograms)
        if parts.contains(where: { !$0.series.isEmpty }) { self.leaveOut("courses over time", Self.noRule) }
        return trial
    }

    private static let noRule = "the parts of several generators do not make a whole"

    private mutating func leaveOut(_ metric: String, _ reason: String) {
        guard !self.leftOut.contains(where: { $0.metric == metric }) else { return }
        self.leftOut.append((metric, reason))
    }

    /// Why the parts were not measured at the same time; `nil` when they were, or nobody knows.
    private func apart(_ parts: [TrialRecord]) -> String? {
        var starts: [Double] = []
        var lengths: [Double] = []
        for (run, part) in zip(self.runs, parts) {
            guard let began = part.beganSeconds, let start = InternetTime.seconds(run.startedAt) else { return nil }
            let before = part.phases.prefix { $0.name != "measure" }
            starts.append(Double(start) + began + before.reduce(0) { $0 + $1.seconds })
            lengths.append(part.phases.first { $0.name == "measure" }?.seconds ?? 0)
        }
        guard let first = starts.min(), let last = starts.max(), let shortest = lengths.min() else { return nil }
        let apart = last - first
        guard apart > Self.clockTolerance + shortest / 2 else { return nil }
        return
            "the generators did not measure at the same time: their starts are \((apart * 10).rounded() / 10) s apart"
    }
}

// MARK: - Figures

extension RunMerge {
    private mutating func histograms(_ parts: [TrialRecord]) -> [HistogramRecord] {
        var merged: [HistogramRecord] = []
        for record in parts[0].histograms {
            let others = parts.compactMap { part in
                part.histograms.first { $0.metric == record.metric && $0.unit == record.unit }
            }
            guard others.count == parts.count else {
                self.leaveOut(record.metric, "not every generator has its histogram")
                continue
            }
            // The worst replica of each generator is not the worst of all.
            guard record.metric != "lag_worst" else {
                self.leaveOut(record.metric, Self.noRule)
                continue
            }
            do throws(HistogramError) {
                var counts = try record.counts()
                for other in others.dropFirst() { try counts.merge(try other.counts()) }
                merged.append(HistogramRecord(metric: record.metric, unit: record.unit, counts: counts))
            } catch {
                self.leaveOut(record.metric, error.description)
            }
        }
        return merged
    }

    private mutating func samples(_ parts: [TrialRecord], _ histograms: [HistogramRecord]) -> [Sample] {
        var samples: [Sample] = []
        var seen: Set<[String]> = []
        for sample in parts.flatMap(\.samples) where seen.insert([sample.metric, sample.stat]).inserted {
            let values = parts.map { part in
                part.samples.first { $0.metric == sample.metric && $0.stat == sample.stat }?.value
            }
            if let histogram = histograms.first(where: { $0.metric == sample.metric }) {
                let value = self.value(of: sample, histogram, largest: values.compactMap(\.self).max())
                if let value { samples.append(sample.with(value)) }
                continue
            }
            guard let rule = MergeRule.rule(for: sample.metric) else {
                self.leaveOut(sample.metric, Self.noRule)
                continue
            }
            if case .quotient = rule { continue }
            if let value = rule.merged(values), value.isFinite {
                samples.append(sample.with(value))
            } else {
                self.leaveOut(sample.metric, "not every generator measured them")
            }
        }
        return samples + self.quotients(parts, samples)
    }

    /// A percentile of the joined histogram; the slowest of all is known more exactly than its bucket.
    private func value(of sample: Sample, _ histogram: HistogramRecord, largest: Double?) -> Double? {
        guard let counts = try? histogram.counts() else { return nil }
        let divisor = histogram.unit == "ns" ? 1000.0 : 1
        if sample.stat == "max" { return largest }
        guard let percentile = Double(sample.stat.dropFirst()), sample.stat.hasPrefix("p") else { return nil }
        let value = counts.value(atPercentile: percentile).map { Double($0) / divisor }
        return value.map { min($0, largest ?? $0) }
    }

    private mutating func quotients(_ parts: [TrialRecord], _ samples: [Sample]) -> [Sample] {
        var quotients: [Sample] = []
        for sample in parts[0].samples {
            guard case .quotient(let upper, let lower, let stat)? = MergeRule.rule(for: sample.metric) else { continue }
            let values = [upper, lower].compactMap { metric in
                samples.first { $0.metric == metric && $0.stat == stat }?.value
            }
            if values.count == 2, values[1] > 0 {
                quotients.append(sample.with(values[0] / values[1]))
            } else {
                self.leaveOut(sample.metric, "not every generator measured them")
            }
        }
        return quotients
    }
}

extension Sample {
    fileprivate func with(_ value: Double) -> Sample {
        Sample(self.metric, stat: self.stat, value, unit: self.unit, better: self.better)
    }
}
