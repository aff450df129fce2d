// What a paired comparison comes to. A shared machine makes identical builds differ by tens of per cent from run to run, so a
// verdict needs the whole interval on one side of the margin; what cannot be told is said to be noisy, and blocks nothing.

internal import Glibc

/// How one metric of B stands against A.
package enum PairedVerdict: String, Codable, CaseIterable, Sendable {
    /// Worse by more than the margin, for certain.
    case regression
    /// Better by more than the margin, for certain.
    case improvement
    /// Not worse by more than the margin, for certain.
    case ok
    /// The interval reaches across the margin: nothing can be said of a change as small as that.
    case noisy
}

/// One metric judged from its pairs.
package struct PairedJudgement: Sendable, Equatable {
    package let verdict: PairedVerdict
    package let shift: PairedShift
    /// As a share: 0.03 is three per cent.
    package let margin: Double

    /// - Parameters:
    ///   - shift: of log ratios, positive is worse (`PairedShift.logRatios`).
    ///   - margin: a share greater than 0.
    package init(_ shift: PairedShift, margin: Double) {
        precondition(margin > 0 && margin.isFinite, "a margin is a share greater than 0")
        self.shift = shift
        self.margin = margin
        let bound = log1p(margin)
        guard let interval = shift.interval else {
            self.verdict = .noisy
            return
        }
        if interval.lowerBound > bound {
            self.verdict = .regression
        } else if interval.upperBound < -bound {
            self.verdict = .improvement
        } else if interval.upperBound < bound {
            self.verdict = .ok
        } else {
            self.verdict = .noisy
        }
    }

    /// The change for the worse in per cent as a share: 0.05 is five per cent worse, negative is better.
    package var change: Double { expm1(self.shift.estimate) }

    package var changeInterval: ClosedRange<Double>? {
        self.shift.interval.map { expm1($0.lowerBound)...expm1($0.upperBound) }
    }

    /// The smallest change for the worse that these pairs would have shown, as a share: the margin and the interval's
    /// width above the estimate. nil when no change, however large, could have been shown.
    package var smallestVisibleChange: Double? {
        self.shift.interval.map { expm1(log1p(self.margin) + ($0.upperBound - $0.lowerBound)) }
    }
}

/// When a comparison looks at its pairs, and how sure it must be each time: each look is a chance to be wrong, so they share
/// the error that is accepted (Bonferroni).
package struct Looks: Sendable, Equatable {
    /// Pairs at which verdicts are formed, ascending.
    package let pairs: [Int]
    /// The chance of error on one side, over all looks together.
    package let level: Double

    package static let standard = Looks(pairs: [12, 24, 48], level: 0.01)

    package init(pairs: [Int], level: Double) {
        precondition(!pairs.isEmpty && pairs == pairs.sorted() && pairs[0] > 0, "looks are at ascending counts")
        self.pairs = pairs
        self.level = level
    }

    /// The chance of error on one side at each look.
    package var levelPerLook: Double { self.level / Double(self.pairs.count) }
}
