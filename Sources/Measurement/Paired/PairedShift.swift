// By how much B differs from A when both were measured side by side, pair by pair. The estimate is Hodges and Lehmann's: the
// median of the means of all pairs of differences (Walsh averages), which one disturbed trial cannot move; its interval
// inverts Wilcoxon's test, so that it holds without any shape being assumed but symmetry.
// Source: J. L. Hodges, E. L. Lehmann, "Estimates of Location Based on Rank Tests", Ann. Math. Statist. 34(2), 1963.

internal import Glibc

/// A shift between paired measurements, in the unit of the differences.
package struct PairedShift: Sendable, Equatable {
    package let pairs: Int
    package let estimate: Double
    /// Where the shift lies unless a chance of `level` on either side came true; nil when so few pairs cannot say.
    package let interval: ClosedRange<Double>?
    /// The chance of error on each side.
    package let level: Double

    /// - Parameters:
    ///   - differences: one a pair, finite; nil comes back without any.
    ///   - level: the chance of error that is accepted on each side of the interval, between 0 and 0.5.
    package init?(_ differences: [Double], level: Double) {
        precondition(level > 0 && level < 0.5, "a chance of error lies between 0 and a half")
        precondition(differences.allSatisfy(\.isFinite), "statistics need finite values")
        guard !differences.isEmpty, differences.count <= SignedRankDistribution.mostPairs else { return nil }
        let averages = Self.walshAverages(differences)
        self.pairs = differences.count
        self.level = level
        self.estimate = Self.median(ofSorted: averages)
        let critical = SignedRankDistribution(count: differences.count).criticalValue(level: level)
        self.interval = critical.map { averages[$0]...averages[averages.count - 1 - $0] }
    }

    /// The shift of B against A as the logarithm of their ratio, turned so that positive is worse.
    /// - Parameters:
    ///   - pairs: positive values; a pair with one that is not cannot be compared and is left out.
    ///   - isLowerBetter: whether a larger value is worse.
    package static func logRatios(_ pairs: [(a: Double, b: Double)], isLowerBetter: Bool) -> [Double] {
        pairs.compactMap { pair in
            guard pair.a > 0, pair.b > 0, pair.a.isFinite, pair.b.isFinite else { return nil }
            let ratio = log(pair.b / pair.a)
            return isLowerBetter ? ratio : -ratio
        }
    }

    /// The chance of differences like these, or clearer ones, if the shift were no more than `bound`: one-sided, and exact.
    /// It is at most a level exactly when the interval of that level lies above the bound.
    package static func probability(of differences: [Double], above bound: Double) -> Double {
        guard !differences.isEmpty, differences.count <= SignedRankDistribution.mostPairs else { return 1 }
        let below = self.walshAverages(differences).count { $0 <= bound }
        // An average at the bound itself counts as below, so an interval that begins there is not above it.
        return SignedRankDistribution(count: differences.count).probability(atMost: below)
    }

    private static func walshAverages(_ differences: [Double]) -> [Double] {
        var averages: [Double] = []
        averages.reserveCapacity(differences.count * (differences.count + 1) / 2)
        for first in differences.indices {
            for second in first..<differences.count { averages.append((differences[first] + differences[second]) / 2) }
        }
        averages.sort()
        return averages
    }

    private static func median(ofSorted values: [Double]) -> Double {
        let middle = values.count / 2
        return values.count % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2
    }
}
