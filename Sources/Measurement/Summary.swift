// What a handful of repeated measurements say, by order statistics: machines under test are shared and noisy, and one
// disturbed trial must not move the result. Median and median absolute deviation keep half of the values' worth of
// outliers at bay, where mean and standard deviation give way to the first.

/// Robust statistics of a non-empty set of finite values, in the unit of those values.
package struct Summary: Sendable, Equatable {
    package let count: Int
    package let minimum: Double
    package let median: Double
    package let maximum: Double
    /// 1.4826 × the median absolute deviation: an estimate of the standard deviation that outliers do not move.
    package let robustDeviation: Double

    /// `nil` when there are no values; a value that is not finite is a programming error, because a `Sample` cannot
    /// hold one.
    package init?(_ values: some Sequence<Double>) {
        let sorted = values.sorted()
        guard let minimum = sorted.first, let maximum = sorted.last else { return nil }
        precondition(minimum.isFinite && maximum.isFinite, "statistics need finite values")
        let median = Self.quantile(0.5, ofSorted: sorted)
        let deviations = sorted.map { abs($0 - median) }.sorted()
        self.count = sorted.count
        self.minimum = minimum
        self.median = median
        self.maximum = maximum
        self.robustDeviation = Self.normalConsistency * Self.quantile(0.5, ofSorted: deviations)
    }

    /// Makes the median absolute deviation of normally distributed values estimate their standard deviation.
    package static let normalConsistency = 1.4826

    /// The robust deviation as a share of the median; `nil` where the median is zero and no share exists.
    package var robustVariation: Double? {
        self.median == 0 ? nil : self.robustDeviation / abs(self.median)
    }

    /// The quantile with linear interpolation between neighbours (type 7 of Hyndman and Fan, 1996).
    ///
    /// - Parameters:
    ///   - fraction: 0 is the smallest value, 1 the largest; anything outside is brought to the nearer end.
    ///   - values: in any order.
    /// - Returns: `nil` when there are no values.
    package static func quantile(_ fraction: Double, of values: some Sequence<Double>) -> Double? {
        let sorted = values.sorted()
        return sorted.isEmpty ? nil : self.quantile(fraction, ofSorted: sorted)
    }

    private static func quantile(_ fraction: Double, ofSorted sorted: [Double]) -> Double {
        let place = Swift.min(Swift.max(fraction, 0), 1) * Double(sorted.count - 1)
        let below = Int(place)
        guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
        return sorted[below] + (place - Double(below)) * (sorted[below + 1] - sorted[below])
    }
}
