// From the figures of a sweep's blocks to what may be chosen. Every setting is compared with the default of the same block,
// and then with the best one: whatever is not shown to be worse belongs to the indifference zone, because on a noisy machine
// the largest of a dozen medians is mostly luck.

internal import Glibc

/// What was measured, block by block.
package struct SweepMeasurements: Sendable {
    /// The knobs of each setting; the first is the default, without any.
    package let settings: [[Parameter]]
    /// For each setting, for each block in which it worked: its values.
    package private(set) var values: [[Int: [SweepMetric: Double]]]
    /// Why settings did not work.
    package private(set) var failures: [Int: String] = [:]

    package init(settings: [[Parameter]]) {
        precondition(settings.first?.isEmpty ?? false, "the first setting of a sweep is the default")
        self.settings = settings
        self.values = settings.map { _ in [:] }
    }

    package mutating func enter(setting: Int, block: Int, _ metrics: [SweepMetric: Double]) {
        self.values[setting][block] = metrics
    }

    package mutating func fail(setting: Int, because reason: String) {
        self.failures[setting] = self.failures[setting] ?? reason
    }

    package func series(_ setting: Int, _ metric: SweepMetric) -> [Double] {
        self.values[setting].sorted { $0.key < $1.key }.compactMap { $0.value[metric] }
    }

    /// The logarithms of B ÷ A over the blocks in which both have the metric.
    func logRatios(_ a: Int, _ b: Int, _ metric: SweepMetric) -> [Double] {
        let pairs = self.values[a].keys.sorted().compactMap { block in
            self.values[a][block]?[metric].flatMap { first in
                self.values[b][block]?[metric].map { (a: first, b: $0) }
            }
        }
        return PairedShift.logRatios(pairs, isLowerBetter: true)
    }
}

package struct SweepAnalysis {
    /// Below this share a difference is none that anybody acts on; the margin of throughput in comparisons.
    package static let margin = 0.03
    /// The chance of error on one side, over all settings of a sweep together.
    package static let level = 0.05
    /// A saving below this is no reason to change a setting, in bytes.
    static let leastSaving = 1_048_576.0

    private let measurements: SweepMeasurements
    private let metrics: [SweepMetric]
    private let cost: SweepMetric?
    private let levelPerSetting: Double
    private let bound = log1p(SweepAnalysis.margin)

    /// - Parameter metrics: the first is what is judged by.
    package init(_ measurements: SweepMeasurements, metrics: [SweepMetric], cost: SweepMetric?) {
        precondition(!metrics.isEmpty, "a sweep is judged by something")
        self.measurements = measurements
        self.metrics = metrics
        self.cost = cost
        self.levelPerSetting = Self.level / Double(max(1, measurements.settings.count - 1))
    }

    /// Blocks that it takes until an interval can be given, with so many settings beside the default.
    package static func fewestBlocks(settings: Int) -> Int {
        let level = self.level / Double(max(1, settings))
        return (1...SignedRankDistribution.mostPairs).first {
            SignedRankDistribution(count: $0).criticalValue(level: level) != nil
        } ?? SignedRankDistribution.mostPairs
    }

    package func record(scenario: String, target: String, knobs: [SweepKnob], blocks: Int) -> SweepRecord {
        let working = self.measurements.settings.indices.filter(self.works)
        var settings = self.measurements.settings.indices.map(self.setting)
        let best = working.max { self.gain($0) < self.gain($1) }
        for place in working {
            settings[place].standing = place == best ? .best : self.standing(place, against: best ?? 0)
        }
        for (place, isMember) in zip(working, self.front(working)) { settings[place].isOnFront = isMember }
        return SweepRecord(
            scenario: scenario,
            target: target,
            knobs: knobs,
            blocks: blocks,
            metrics: self.metrics,
            cost: self.cost,
            margin: Self.margin,
            level: Self.level,
            settings: settings,
            choice: self.choice(settings)
        )
    }

    /// A setting works when it did in every block and has what is judged.
    private func works(_ setting: Int) -> Bool {
        self.measurements.failures[setting] == nil && !self.measurements.series(setting, self.metrics[0]).isEmpty
    }

    private func setting(_ place: Int) -> SweepSetting {
        let figures = (self.metrics + (self.cost.map { [$0] } ?? [])).reduce(into: [SweepFigure]()) { figures, metric in
            guard let summary = Summary(self.measurements.series(place, metric)),
                !figures.contains(where: { $0.metric == metric.metric && $0.stat == metric.stat })
            else { return }
            figures.append(SweepFigure(metric, summary, change: place == 0 ? nil : self.change(place, metric)))
        }
        let failure = self.measurements.failures[place] ?? (self.works(place) ? nil : "it was not measured")
        return SweepSetting(
            knobs: self.measurements.settings[place],
            figures: figures,
            standing: .failed,
            failure: failure
        )
    }

    private func change(_ place: Int, _ metric: SweepMetric) -> RelativeChange? {
        guard let shift = self.shift(from: 0, to: place, metric) else { return nil }
        return RelativeChange(
            estimate: expm1(shift.estimate),
            low: shift.interval.map { expm1($0.lowerBound) },
            high: shift.interval.map { expm1($0.upperBound) },
            pairs: shift.pairs
        )
    }

    private func shift(from a: Int, to b: Int, _ metric: SweepMetric) -> PairedShift? {
        PairedShift(self.measurements.logRatios(a, b, metric), level: self.levelPerSetting)
    }

    /// By how much a setting is better than the default in what is judged, as a logarithm.
    private func gain(_ place: Int) -> Double {
        guard place != 0 else { return 0 }
        guard let shift = self.shift(from: 0, to: place, self.metrics[0]) else { return -.infinity }
        return self.metrics[0].better == .lower ? -shift.estimate : shift.estimate
    }

    private func standing(_ place: Int, against best: Int) -> SweepSetting.Standing {
        guard let loss = self.loss(place, against: best)?.interval else { return .undecided }
        if loss.upperBound < self.bound { return .asGood }
        return loss.lowerBound > 0 ? .worse : .undecided
    }

    /// By how much a setting is worse than another in what is judged, as a logarithm.
    private func loss(_ place: Int, against other: Int) -> PairedShift? {
        let differences = self.measurements.logRatios(other, place, self.metrics[0])
        let isLowerBetter = self.metrics[0].better == .lower
        return PairedShift(differences.map { isLowerBetter ? $0 : -$0 }, level: self.levelPerSetting)
    }

    private func front(_ working: [Int]) -> [Bool] {
        guard let cost else { return working.map { _ in false } }
        func median(_ place: Int, _ metric: SweepMetric) -> Double? {
            Summary(self.measurements.series(place, metric))?.median
        }
        let sign = self.metrics[0].better == .lower ? -1.0 : 1
        return ParetoFront.members(
            working.map { place in
                (gain: sign * (median(place, self.metrics[0]) ?? 0), cost: median(place, cost) ?? .infinity)
            }
        )
    }
}

// MARK: - The choice

extension SweepAnalysis {
    private func choice(_ settings: [SweepSetting]) -> SweepChoice {
        guard self.works(0) else { return SweepChoice(.noControl, setting: 0) }
        let others = settings.indices.dropFirst().filter { settings[$0].standing != .failed }
        let gains = others.map { (place: $0, gain: self.loss($0, against: 0)) }
        let better = gains.filter { entry in
            guard let gain = entry.gain, let interval = gain.interval else { return false }
            return interval.upperBound < 0 && gain.estimate < -self.bound && settings[entry.place].isInZone
        }
        if let place = self.cheapest(better.map(\.place), settings) { return SweepChoice(.better, setting: place) }
        let equal = gains.filter { $0.gain?.interval.map { $0.upperBound < self.bound } ?? false }.map(\.place)
        if let place = self.cheapest(equal.filter { self.saves($0) }, settings) {
            return SweepChoice(.cheaper, setting: place)
        }
        let canExclude = gains.allSatisfy { $0.gain?.interval.map { $0.lowerBound > -self.bound } ?? false }
        return SweepChoice(canExclude ? .keep : .undecided, setting: 0)
    }

    /// The place with the smallest cost; without a cost, the one with the largest gain.
    private func cheapest(_ places: [Int], _ settings: [SweepSetting]) -> Int? {
        guard let cost else { return places.max { self.gain($0) < self.gain($1) } }
        return places.min {
            (settings[$0].figure(cost)?.median ?? .infinity) < (settings[$1].figure(cost)?.median ?? .infinity)
        }
    }

    /// Whether a setting is shown to cost less than the default, by so much that it matters.
    private func saves(_ place: Int) -> Bool {
        guard let cost, let shift = self.shift(from: 0, to: place, cost), let interval = shift.interval,
            let before = Summary(self.measurements.series(0, cost))?.median
        else { return false }
        return interval.upperBound < 0 && shift.estimate < -self.bound
            && -expm1(shift.estimate) * before >= Self.leastSaving
    }
}
