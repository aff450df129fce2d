// Several metrics judged together. Each is a chance of a false alarm, so they share the error that is accepted, by Holm's
// step-down: the metric that is surest of being worse must pass the strictest level, the next one a level that is shared by
// one metric less, and so on until one fails. Ten metrics at 1 % each would raise an alarm in a tenth of all comparisons on a
// machine whose noise is far beyond the margins.
// Source: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scand. J. Statist. 6(2), 1979.

internal import Glibc

/// The differences of one metric's pairs, with the margin that they are judged by.
package struct PairedSample: Sendable, Equatable {
    /// Log ratios, positive is worse.
    package var differences: [Double]
    /// As a share: 0.03 is three per cent.
    package var margin: Double

    package init(_ differences: [Double], margin: Double) {
        self.differences = differences
        self.margin = margin
    }

    /// The chance of pairs like these if the shift were no more than the margin.
    var regressionProbability: Double {
        PairedShift.probability(of: self.differences, above: log1p(self.margin))
    }
}

package enum PairedFamily {
    /// - Parameters:
    ///   - samples: those without any difference get nil.
    ///   - level: the chance of error that is accepted on one side, for all metrics together.
    package static func judge(_ samples: [PairedSample], level: Double) -> [PairedJudgement?] {
        let measured = samples.indices.filter { !samples[$0].differences.isEmpty }
        var judgements = [PairedJudgement?](repeating: nil, count: samples.count)
        let levels = self.holm(samples, measured, level)
        for place in measured {
            let shift = PairedShift(samples[place].differences, level: levels[place] ?? level)
            judgements[place] = shift.map { PairedJudgement($0, margin: samples[place].margin) }
        }
        return judgements
    }

    /// The level at which each metric is tested. All that come after the first failure share its level, so that none of
    /// them can be called a regression.
    private static func holm(_ samples: [PairedSample], _ measured: [Int], _ level: Double) -> [Int: Double] {
        let probabilities = measured.map { (place: $0, value: samples[$0].regressionProbability) }
        let ordered = probabilities.sorted { ($0.value, $0.place) < ($1.value, $1.place) }
        var levels: [Int: Double] = [:]
        var failed: Double?
        for (rank, entry) in ordered.enumerated() {
            let step = level / Double(ordered.count - rank)
            if failed == nil, entry.value > step { failed = step }
            levels[entry.place] = failed ?? step
        }
        return levels
    }
}
