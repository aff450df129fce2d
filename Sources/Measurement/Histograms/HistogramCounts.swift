// A finished histogram as data: only the buckets that hold anything. Recording is the business of the histogram package;
// this form travels in run records, is merged exactly, and is written for other tools.

package import Histogram

package struct HistogramCounts: Sendable, Equatable {
    package struct Bucket: Sendable, Equatable {
        package var index: Int
        /// Above 0.
        package var count: UInt64

        package init(index: Int, count: UInt64) {
            self.index = index
            self.count = count
        }
    }

    package private(set) var layout: BucketLayout
    /// In rising order of index.
    package private(set) var buckets: [Bucket]
    package private(set) var total: UInt64

    /// - Throws: when a bucket is outside of the layout, out of order or empty, or the total does not fit.
    package init(_ layout: BucketLayout, buckets: [Bucket]) throws(HistogramError) {
        var total: UInt64 = 0
        var last = -1
        for bucket in buckets {
            guard bucket.index > last, bucket.index < layout.length, bucket.count > 0 else {
                throw HistogramError(.malformed, "a count stands where its histogram has no bucket")
            }
            total = try Self.sum(total, bucket.count)
            last = bucket.index
        }
        self.layout = layout
        self.buckets = buckets
        self.total = total
    }

    /// What was recorded so far; `nil` for a histogram whose range the format cannot hold.
    package init?(_ histogram: Histogram<UInt64>) {
        let layout = BucketLayout(
            lowest: histogram.lowestDiscernibleValue,
            highest: min(histogram.highestTrackableValue, BucketLayout.largestValue),
            significantDigits: Int(histogram.numberOfSignificantValueDigits.rawValue)
        )
        guard let layout else { return nil }
        self.layout = layout
        self.buckets = histogram.recordedValues().map { Bucket(index: layout.index(of: $0.value), count: $0.count) }
        self.total = histogram.totalCount
    }

    /// Adds what another generator recorded: the result is that of one histogram which saw both.
    ///
    /// - Throws: when the precisions differ, because then counts could only be moved, not added; or when the sum
    ///   overflows.
    package mutating func merge(_ other: Self) throws(HistogramError) {
        guard self.layout.hasSameSteps(as: other.layout) else {
            throw HistogramError(.differentLayouts, "the histograms have different precisions and cannot be added")
        }
        let total = try Self.sum(self.total, other.total)
        var merged: [Bucket] = []
        merged.reserveCapacity(self.buckets.count + other.buckets.count)
        var left = self.buckets[...]
        var right = other.buckets[...]
        while let one = left.first, let two = right.first {
            if one.index == two.index {
                merged.append(Bucket(index: one.index, count: one.count + two.count))
            } else {
                merged.append(one.index < two.index ? one : two)
            }
            if one.index <= two.index { left.removeFirst() }
            if two.index <= one.index { right.removeFirst() }
        }
        self.buckets = merged + left + right
        self.total = total
        if other.layout.highest > self.layout.highest { self.layout = other.layout }
    }

    private static func sum(_ one: UInt64, _ other: UInt64) throws(HistogramError) -> UInt64 {
        let (sum, isTooLarge) = one.addingReportingOverflow(other)
        guard !isTooLarge, sum <= BucketLayout.largestValue else {
            throw HistogramError(.malformed, "a histogram holds more counts than can be counted")
        }
        return sum
    }
}

/// A histogram that cannot be read or merged.
package struct HistogramError: Error, Equatable, CustomStringConvertible {
    package struct Code: Sendable, Equatable {
        private enum Base { case malformed, differentLayouts }
        private let base: Base
        /// Not the V2 encoding of an HdrHistogram, or beyond its limits.
        package static let malformed = Self(base: .malformed)
        /// Two histograms of different precision.
        package static let differentLayouts = Self(base: .differentLayouts)
    }

    package let code: Code
    package let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
