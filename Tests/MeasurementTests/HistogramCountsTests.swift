import Histogram
import Testing

@testable import Measurement

@Suite("Histogram counts")
struct HistogramCountsTests {
    private static func histogram(
        _ values: some Sequence<UInt64>,
        highest: UInt64 = 60_000_000_000
    ) -> Histogram<UInt64> {
        var histogram = Histogram<UInt64>(highestTrackableValue: highest, numberOfSignificantValueDigits: .three)
        for value in values { histogram.record(value) }
        return histogram
    }

    private static func counts(_ values: some Sequence<UInt64>) throws -> HistogramCounts {
        try #require(HistogramCounts(self.histogram(values)))
    }

    /// A spread over nine powers of ten, with repetitions.
    private static let spread = (0..<5000 as Range<UInt64>).map { ($0 * $0 * 1009) % 9_000_000_000 + $0 % 7 }

    @Test("a value is counted in a bucket that holds it, and buckets follow one another without a gap")
    func layout() throws {
        for (lowest, digits) in [(UInt64(1), 3), (1000, 3), (1, 0), (7, 1), (1, 5)] {
            let layout = try #require(BucketLayout(lowest: lowest, highest: 1 << 40, significantDigits: digits))
            var next: UInt64 = 0
            for index in 0..<min(layout.length, 5000) {
                let values = layout.values(at: index)
                #expect(values.lowerBound == next)
                next = values.upperBound + 1
            }
            #expect(layout.values(at: layout.length - 1).upperBound >= layout.highest)
        }
    }

    @Test("percentiles are those of the histogram that recorded, within a bucket at its ends")
    func percentiles() throws {
        let histogram = Self.histogram(Self.spread)
        let counts = try Self.counts(Self.spread)
        #expect(counts.total == 5000)
        for percentile in [1.0, 50, 90, 99, 99.9] {
            #expect(counts.value(atPercentile: percentile) == histogram.valueAtPercentile(percentile))
        }
        #expect(counts.value(atPercentile: 100) == histogram.max)
        #expect(counts.mean == histogram.mean)
        #expect(try abs(#require(counts.deviation) - histogram.stdDeviation) < 1)
    }

    @Test("the steps towards 100 % are those of the histogram that recorded")
    func steps() throws {
        let counts = try Self.counts(Self.spread)
        let expected = Self.histogram(Self.spread).percentiles(ticksPerHalfDistance: 5).map {
            HistogramCounts.Step(
                value: $0.value,
                percentile: $0.percentileLevelIteratedTo,
                count: $0.totalCountToThisValue
            )
        }
        #expect(counts.steps() == expected)
        #expect(try Self.counts([5]).steps().map(\.percentile) == [0, 100])
        #expect(try Self.counts([]).steps().isEmpty)
    }

    @Test("nothing recorded has no percentile, no mean and no bucket")
    func empty() throws {
        let counts = try Self.counts([])
        #expect(counts.value(atPercentile: 50) == nil && counts.mean == nil && counts.largest == nil)
    }

    @Test("merging equals recording everything in one place, whatever the ranges")
    func merge() throws {
        var left = try Self.counts(Self.spread.prefix(2000))
        let right = try #require(HistogramCounts(Self.histogram(Self.spread.dropFirst(2000), highest: 1 << 50)))
        try left.merge(right)
        let both = try Self.counts(Self.spread)
        #expect(left.buckets == both.buckets && left.total == both.total)
        #expect(left.layout.highest == 1 << 50)
    }

    @Test("histograms of different precision are not merged, and totals that overflow neither")
    func cannotMerge() throws {
        var counts = try Self.counts([1, 2, 3])
        let coarse = Histogram<UInt64>(highestTrackableValue: 1 << 30, numberOfSignificantValueDigits: .two)
        let other = try #require(HistogramCounts(coarse))
        #expect(throws: HistogramError.self) { try counts.merge(other) }
        let full = try HistogramCounts(counts.layout, buckets: [.init(index: 0, count: UInt64(Int64.max))])
        let error = try #require(throws: HistogramError.self) { try counts.merge(full) }
        #expect(error.code == .malformed)
        #expect(counts.total == 3)
    }

    @Test("a histogram survives its encoding, at every size of counts and of gaps")
    func roundTrip() throws {
        let counts = try Self.counts(Self.spread)
        #expect(counts.encoded.hasPrefix("HISTFAAA"))
        #expect(try HistogramCounts(decoding: counts.encoded) == counts)
        let layout = counts.layout
        let large = (0..<63).map { HistogramCounts.Bucket(index: $0 * $0, count: $0 < 62 ? 1 << UInt64($0) : 1) }
        let wide = try HistogramCounts(layout, buckets: large)
        #expect(try HistogramCounts(decoding: wide.encoded) == wide)
        let edges = try HistogramCounts(
            layout,
            buckets: [1, 2, 4, layout.length - 1].map { .init(index: $0, count: 1) }
        )
        #expect(try HistogramCounts(decoding: edges.encoded) == edges)
        let none = try HistogramCounts(layout, buckets: [])
        #expect(try HistogramCounts(decoding: none.encoded) == none)
    }

    @Test("an encoding from the documentation's own implementation is read")
    func foreign() throws {
        // From PyPI's hdrhistogram 0.10: 1, 1000 and 123456 ns, the last twice; 1 ns to 1 h, three digits.
        let text = "HISTFAAAACh4nJNpmSzMwMDAwQABzFCaEch0M9ixgMH+A1SA6TQ/0/48FgB6IQZj"
        let counts = try HistogramCounts(decoding: text)
        #expect(counts.total == 4)
        #expect(counts.buckets.map(\.count) == [1, 1, 2])
        for (bucket, value) in zip(counts.buckets, [1, 1000, 123_456]) {
            #expect(counts.layout.values(at: bucket.index).contains(UInt64(value)))
        }
    }

    @Test("whatever is cut off or changed is an error or a histogram, never a crash")
    func hostile() throws {
        let text = try Self.counts(Self.spread.prefix(300)).encoded
        for length in stride(from: 0, to: text.count - 4, by: 4) {
            #expect(throws: HistogramError.self) { try HistogramCounts(decoding: String(text.prefix(length))) }
        }
        let letters = Array(text)
        for place in letters.indices {
            var changed = letters
            changed[place] = changed[place] == "A" ? "B" : "A"
            _ = try? HistogramCounts(decoding: String(changed))
        }
        for text in ["", "=", "A===", "????", "HISTFAAA", "SElTVEZBQUE="] {
            #expect(throws: HistogramError.self) { try HistogramCounts(decoding: text) }
        }
    }

    @Test("counts outside of the layout, out of order or empty are refused")
    func buckets() throws {
        let layout = try #require(BucketLayout(lowest: 1, highest: 1000, significantDigits: 1))
        let wrong: [[(index: Int, count: UInt64)]] = [[(0, 0)], [(5, 1), (5, 1)], [(layout.length, 1)], [(-1, 1)]]
        for buckets in wrong {
            #expect(throws: HistogramError.self) {
                try HistogramCounts(layout, buckets: buckets.map { .init(index: $0.index, count: $0.count) })
            }
        }
        #expect(BucketLayout(lowest: 0, highest: 10, significantDigits: 3) == nil)
        #expect(BucketLayout(lowest: 10, highest: 19, significantDigits: 3) == nil)
        #expect(BucketLayout(lowest: 1, highest: .max, significantDigits: 3) == nil)
        #expect(BucketLayout(lowest: 1, highest: 10, significantDigits: 6) == nil)
        #expect(BucketLayout(lowest: 1 << 60, highest: 1 << 62, significantDigits: 5) == nil)
    }
}
