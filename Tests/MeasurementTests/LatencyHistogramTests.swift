import Measurement
import Testing

@Suite("Latency histogram")
struct LatencyHistogramTests {
    private func value(_ stat: String, in samples: [Sample]) throws -> Double {
        try #require(samples.first { $0.stat == stat }).value
    }

    @Test("percentiles of 1…1000 ms land within a bucket of the truth")
    func percentiles() throws {
        var histogram = LatencyHistogram()
        for millisecond in 1...1000 as ClosedRange<UInt64> { histogram.record(nanoseconds: millisecond * 1_000_000) }
        let samples = histogram.samples(metric: "write_latency")
        for (stat, expected) in [("p50", 500_000.0), ("p90", 900_000), ("p99", 990_000), ("p99.9", 999_000)] {
            #expect(abs(try self.value(stat, in: samples) - expected) / expected < 0.002)
        }
        #expect(try self.value("max", in: samples) == 1_000_000)
        #expect(try self.value("mean", in: samples) == 500_500)
        #expect(try self.value("overflow", in: samples) == 0)
        #expect(samples.allSatisfy { $0.metric == "write_latency" })
    }

    @Test("no percentile exceeds the longest duration or undercuts the shortest")
    func bounds() throws {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: 123_456_789)
        #expect(histogram.microseconds(atPercentile: 99.9) == 123_456.789)
        #expect(histogram.microseconds(atPercentile: 0) == 123_456.789)
    }

    @Test("an hour is recorded and what is longer is counted, not dropped")
    func overflow() throws {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: LatencyHistogram.longestNanoseconds)
        histogram.record(nanoseconds: LatencyHistogram.longestNanoseconds + 1)
        histogram.record(nanoseconds: .max)
        #expect(histogram.count == 1)
        let samples = histogram.samples(metric: "x")
        #expect(try self.value("overflow", in: samples) == 2)
        #expect(try self.value("max", in: samples) == 3_600_000_000)
    }

    @Test("a stall of ten seconds is not cut off")
    func stall() throws {
        var histogram = LatencyHistogram()
        histogram.record(nanoseconds: 10_000_000_000)
        #expect(try self.value("max", in: histogram.samples(metric: "x")) == 10_000_000)
    }

    @Test("merging equals recording everything in one place")
    func merge() {
        var first = LatencyHistogram()
        var second = LatencyHistogram()
        var both = LatencyHistogram()
        for step in 0..<500 as Range<UInt64> {
            let (a, b) = (1000 + step * 7919, 5_000_000 + step * 104_729)
            first.record(nanoseconds: a)
            second.record(nanoseconds: b)
            both.record(nanoseconds: a)
            both.record(nanoseconds: b)
        }
        second.record(nanoseconds: .max)
        both.record(nanoseconds: .max)
        first.merge(second)
        for (merged, direct) in zip(first.samples(metric: "x"), both.samples(metric: "x")) {
            #expect(merged.stat == direct.stat)
            #expect(abs(merged.value - direct.value) <= 1e-9 * direct.value)
        }
    }

    @Test("nothing recorded gives no samples, so that the metric is missing and not zero")
    func empty() {
        #expect(LatencyHistogram().samples(metric: "x").isEmpty)
        #expect(LatencyHistogram().microseconds(atPercentile: 50) == nil)
    }
}
