import Measurement
import Testing

@Suite("Paired comparison")
struct PairedTests {
    @Test("the distribution of small counts is what counting subsets by hand gives")
    func byHand() {
        // Of the 8 subsets of {1, 2, 3} the sums are 0 1 2 3 3 4 5 6.
        let distribution = SignedRankDistribution(count: 3)
        let expected = [1.0, 2, 3, 5, 6, 7, 8].map { $0 / 8 }
        for (sum, share) in expected.enumerated() { #expect(distribution.probability(atMost: sum) == share) }
        #expect(distribution.probability(atMost: -1) == 0)
        #expect(distribution.probability(atMost: 99) == 1)
    }

    /// One-sided critical values of the published tables.
    @Test(
        "critical values agree with the tables",
        arguments: [(12, 0.005, 7), (12, 0.025, 13), (20, 0.01, 43), (25, 0.05, 100)]
    )
    func tables(count: Int, level: Double, expected: Int) {
        #expect(SignedRankDistribution(count: count).criticalValue(level: level) == expected)
    }

    @Test("too few pairs can show nothing, and say so")
    func tooFew() throws {
        #expect(SignedRankDistribution(count: 4).criticalValue(level: 0.01) == nil)
        let shift = try #require(PairedShift([1, 1.1, 0.9, 1], level: 0.01))
        #expect(shift.interval == nil)
        #expect(PairedJudgement(shift, margin: 0.03).verdict == .noisy)
        #expect(PairedShift([], level: 0.01) == nil)
    }

    @Test("the estimate is the median of the Walsh averages, and one wild pair does not move it")
    func hodgesLehmann() throws {
        // 1 2 4: averages 1 1.5 2 2.5 3 4, median 2.25.
        #expect(try #require(PairedShift([1, 2, 4], level: 0.1)).estimate == 2.25)
        let calm = (0..<12).map { 0.1 + Double($0) * 0.001 }
        let wild = calm.dropLast() + [50]
        let shift = try #require(PairedShift(Array(wild), level: 0.01))
        #expect(abs(shift.estimate - 0.105) < 0.005)
    }

    @Test("a change beyond the margin is found, one within it is not, and noise says that it is noise")
    func verdicts() throws {
        func verdict(_ differences: [Double]) throws -> PairedVerdict {
            PairedJudgement(try #require(PairedShift(differences, level: 0.0033)), margin: 0.03).verdict
        }
        let jitter = (0..<24).map { Double($0 % 5 - 2) * 0.002 }
        #expect(try verdict(jitter.map { $0 + 0.2 }) == .regression)
        #expect(try verdict(jitter.map { $0 - 0.2 }) == .improvement)
        #expect(try verdict(jitter) == .ok)
        #expect(try verdict(jitter.map { $0 * 40 }) == .noisy)
    }

    @Test("ratios are turned so that positive is worse, and what has none is left out")
    func ratios() {
        let pairs = [(a: 1.0, b: 2.0), (a: 0, b: 1), (a: 2, b: 1)]
        let lower = PairedShift.logRatios(pairs, isLowerBetter: true)
        #expect(lower.count == 2 && lower[0] > 0 && lower[1] < 0)
        #expect(PairedShift.logRatios(pairs, isLowerBetter: false) == lower.map { -$0 })
    }

    @Test("a change reads as a share of what it was")
    func change() throws {
        let differences = [Double](repeating: 0.1823215567939546, count: 12)  // log 1.2
        let judgement = PairedJudgement(try #require(PairedShift(differences, level: 0.01)), margin: 0.03)
        #expect(abs(judgement.change - 0.2) < 1e-12)
        #expect(abs(try #require(judgement.smallestVisibleChange) - 0.03) < 1e-12)
    }

    @Test("looks share the error that is accepted")
    func looks() {
        #expect(Looks.standard.levelPerLook == 0.01 / 3)
    }
}
