import Measurement
import Testing

@Suite("Summary")
struct SummaryTests {
    @Test("median and robust deviation match values worked out by hand")
    func oddCount() throws {
        // Sorted 1 2 4 8 100: median 4; deviations 0 2 3 4 96: their median 3.
        let summary = try #require(Summary([100, 1, 8, 2, 4]))
        #expect(summary.count == 5)
        #expect(summary.minimum == 1)
        #expect(summary.median == 4)
        #expect(summary.maximum == 100)
        #expect(summary.robustDeviation == 1.4826 * 3)
        #expect(summary.robustVariation == 1.4826 * 3 / 4)
    }

    @Test("an even count takes the middle of its two central values")
    func evenCount() throws {
        #expect(try #require(Summary([10, 20, 30, 50])).median == 25)
    }

    @Test("one value is its own summary, without spread")
    func single() throws {
        let summary = try #require(Summary([7]))
        #expect(summary.median == 7)
        #expect(summary.robustDeviation == 0)
    }

    @Test("no values give no summary and no quantile")
    func empty() {
        #expect(Summary([]) == nil)
        #expect(Summary.quantile(0.5, of: []) == nil)
    }

    @Test("a median of zero has no relative spread instead of a division by zero")
    func zeroMedian() throws {
        #expect(try #require(Summary([-1, 0, 1])).robustVariation == nil)
    }

    @Test(
        "quantiles interpolate between neighbours and stop at both ends",
        arguments: [(0.0, 10.0), (0.25, 17.5), (0.5, 25), (0.9, 37), (1, 40), (-1, 10), (2, 40)]
    )
    func quantiles(fraction: Double, expected: Double) throws {
        let value = try #require(Summary.quantile(fraction, of: [40, 10, 30, 20]))
        #expect(abs(value - expected) < 1e-12)
    }
}
