// Latencies of one trial, kept in an HdrHistogram so that memory stays fixed and histograms of several threads add up
// exactly. The range is wide on purpose: a histogram that stops at seconds cuts off the very stall it should show.

internal import Histogram

/// A histogram of durations from 1 µs to 1 h at nanosecond input and three significant digits.
package struct LatencyHistogram: Sendable {
    /// An hour: beyond any stall a run of minutes can see, so an overflow means a broken clock or a hung case.
    package static let longestNanoseconds: UInt64 = 3_600_000_000_000
    /// What the histogram tells apart at the short end, 1 µs: a loopback round trip is tens of them.
    package static let shortestNanoseconds: UInt64 = 1000

    private var histogram = Histogram<UInt64>(
        lowestDiscernibleValue: Self.shortestNanoseconds,
        highestTrackableValue: Self.longestNanoseconds,
        numberOfSignificantValueDigits: .three
    )
    /// Durations beyond an hour. They are in no percentile, so a reader must be told.
    package private(set) var overflowCount: UInt64 = 0
    private var longestSeen: UInt64 = 0
    private var shortestSeen = UInt64.max
    private var sum = 0.0

    package init() {}

    package var count: UInt64 { self.histogram.totalCount }

    package mutating func record(nanoseconds: UInt64) {
        guard nanoseconds <= Self.longestNanoseconds, self.histogram.record(nanoseconds) else {
            self.overflowCount += 1
            return
        }
        self.longestSeen = Swift.max(self.longestSeen, nanoseconds)
        self.shortestSeen = Swift.min(self.shortestSeen, nanoseconds)
        self.sum += Double(nanoseconds)
    }

    /// Adds another thread's histogram; the result equals recording both streams here.
    package mutating func merge(_ other: Self) {
        self.histogram.add(other.histogram)
        self.overflowCount += other.overflowCount
        self.longestSeen = Swift.max(self.longestSeen, other.longestSeen)
        self.shortestSeen = Swift.min(self.shortestSeen, other.shortestSeen)
        self.sum += other.sum
    }

    /// The duration below or at which `percentile` percent (0…100) of the recorded ones lie, in µs; `nil` when nothing
    /// was recorded. Buckets are about 0.1 % wide; the exact longest value bounds the result.
    package func microseconds(atPercentile percentile: Double) -> Double? {
        guard self.count > 0 else { return nil }
        let bucket = self.histogram.valueAtPercentile(percentile)
        return Double(Swift.max(Swift.min(bucket, self.longestSeen), self.shortestSeen)) / 1000
    }

    package var meanMicroseconds: Double? {
        self.count > 0 ? self.sum / Double(self.count) / 1000 : nil
    }

    /// The stats of `metric` for a run record: p50, p90, p99, p99.9, max and mean in µs, and `overflow` as a count.
    ///
    /// Nothing recorded gives no percentiles, so that the run shows a missing metric and not a zero.
    package func samples(metric: String) -> [Sample] {
        var samples: [Sample] = []
        for (stat, percentile) in Self.percentiles {
            guard let value = self.microseconds(atPercentile: percentile) else { continue }
            samples.append(Sample(metric, stat: stat, value, unit: "us", better: .lower))
        }
        if let mean = self.meanMicroseconds {
            samples.append(Sample(metric, stat: "max", Double(self.longestSeen) / 1000, unit: "us", better: .lower))
            samples.append(Sample(metric, stat: "mean", mean, unit: "us", better: .lower))
        }
        if self.count > 0 || self.overflowCount > 0 {
            let overflow = Double(self.overflowCount)
            samples.append(Sample(metric, stat: "overflow", overflow, unit: "count", better: .lower))
        }
        return samples
    }

    private static let percentiles = [("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("p99.9", 99.9)]
}
