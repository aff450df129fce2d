// What a histogram says: values at percentiles, and the course of them towards 100 %.

internal import Glibc

extension HistogramCounts {
    /// The value at or below which `percentile` percent (0…100) of the counts lie: the upper end of its bucket, at most
    /// about 0.1 % above what was recorded with three digits. `nil` when nothing was recorded.
    package func value(atPercentile percentile: Double) -> UInt64? {
        guard self.total > 0 else { return nil }
        // One step down before rounding up: 99.9 % of 1000 is 999 and not what 99.900…01 % would be.
        let share = min(max(percentile.nextDown, 0), 100)
        let wanted = max(1, (share * Double(self.total) / 100).rounded(.up))
        var seen: UInt64 = 0
        for bucket in self.buckets {
            seen += bucket.count
            if Double(seen) >= wanted { return self.layout.values(at: bucket.index).upperBound }
        }
        return self.largest
    }

    /// The upper end of the last bucket.
    package var largest: UInt64? { self.buckets.last.map { self.layout.values(at: $0.index).upperBound } }

    /// By the middles of buckets.
    package var mean: Double? {
        self.total > 0 ? self.sum { $0 } / Double(self.total) : nil
    }

    /// The standard deviation over all counts, by the middles of buckets.
    package var deviation: Double? {
        self.mean.map { mean in (self.sum { ($0 - mean) * ($0 - mean) } / Double(self.total)).squareRoot() }
    }

    private func sum(_ term: (Double) -> Double) -> Double {
        self.buckets.reduce(0) { sum, bucket in
            let range = self.layout.values(at: bucket.index)
            let middle = range.lowerBound + (range.upperBound - range.lowerBound + 1) / 2
            return sum + term(Double(middle)) * Double(bucket.count)
        }
    }

    /// One step of the way to 100 %.
    package struct Step: Sendable, Equatable {
        package var value: UInt64
        /// The percentile that was asked for, 0…100; at least as many counts are at or below `value`.
        package var percentile: Double
        /// Counts at or below `value`.
        package var count: UInt64
    }

    /// Values at percentiles whose distance to 100 % halves every `ticks` steps, ending with 100 % itself: as close to the
    /// tail as the counts reach.
    package func steps(ticksPerHalfDistance ticks: Int = 5) -> [Step] {
        precondition(ticks > 0, "a course needs steps")
        var steps: [Step] = []
        var level = 0.0
        var seen: UInt64 = 0
        for bucket in self.buckets {
            seen += bucket.count
            let value = self.layout.values(at: bucket.index).upperBound
            let reached = 100 * Double(seen) / Double(self.total)
            while reached >= level, level < 100 {
                steps.append(Step(value: value, percentile: level, count: seen))
                // The last counts are at 100 % for every level below it: one step is enough.
                if seen == self.total { break }
                let halvings = log2(100 / (100 - level)).rounded(.down) + 1
                level += 100 / (Double(ticks) * exp2(halvings))
            }
        }
        if let last = self.buckets.last {
            let value = self.layout.values(at: last.index).upperBound
            steps.append(Step(value: value, percentile: 100, count: self.total))
        }
        return steps
    }
}
