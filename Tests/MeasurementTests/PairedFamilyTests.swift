import Measurement
import Testing

@Suite("Several metrics judged together")
struct PairedFamilyTests {
    /// Differences around a shift, alternating above and below it.
    private func sample(_ shift: Double, pairs: Int = 24, spread: Double = 0.01) -> PairedSample {
        let differences = (0..<pairs).map { shift + spread * (Double($0 % 7) - 3) / 3 }
        return PairedSample(differences, margin: 0.03)
    }

    @Test("one metric alone is judged at the level as it is")
    func alone() {
        let judgement = PairedFamily.judge([self.sample(0.2)], level: 0.0033)[0]
        #expect(judgement?.verdict == .regression)
        #expect(judgement?.shift.level == 0.0033)
    }

    @Test("the surest regression passes the strictest level, the next one a milder level")
    func holm() {
        let worse = [self.sample(0.3), self.sample(0.2)]
        let judgements = PairedFamily.judge(worse + (0..<10).map { _ in self.sample(0) }, level: 0.0033)
        let verdicts = judgements.compactMap { $0?.verdict }
        #expect(verdicts == [.regression, .regression] + [PairedVerdict](repeating: .ok, count: 10))
        let levels = judgements.compactMap { $0?.shift.level }
        let strict: Set<Double> = [0.0033 / 12, 0.0033 / 11]
        #expect(Set(levels[..<2]) == strict)
        let mild: Set<Double> = [0.0033 / 10]
        #expect(Set(levels[2...]) == mild)
    }

    @Test("a change that passes alone does not pass among many")
    func shared() {
        // Eleven of twelve pairs beyond the margin and one far below it: p = 2 / 4096 … 0.0033 is above, 0.0033 / 12 below.
        let differences = (0..<11).map { 0.1 + Double($0) * 0.001 } + [0.029]
        let close = PairedSample(differences, margin: 0.03)
        #expect(PairedFamily.judge([close], level: 0.0033).first??.verdict == .regression)
        let among = PairedFamily.judge([close] + (0..<11).map { _ in self.sample(0, pairs: 12) }, level: 0.0033)
        #expect(among.first??.verdict == .noisy)
    }

    @Test("a probability is at most a level exactly when the interval of that level is above the bound")
    func duality() throws {
        var state: UInt64 = 7
        for count in [8, 12, 24] {
            for _ in 0..<50 {
                let differences = (0..<count).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return Double(state >> 40) / Double(1 << 24) - 0.3
                }
                for level in [0.1, 0.01] {
                    let shift = try #require(PairedShift(differences, level: level))
                    let isAbove = shift.interval.map { $0.lowerBound > 0.03 } ?? false
                    #expect((PairedShift.probability(of: differences, above: 0.03) <= level) == isAbove)
                }
            }
        }
    }

    @Test("a metric without a difference is not judged and takes no share of the level")
    func empty() {
        let judgements = PairedFamily.judge([self.sample(0.2), PairedSample([], margin: 0.03)], level: 0.0033)
        #expect(judgements[1] == nil)
        #expect(judgements[0]?.shift.level == 0.0033)
    }
}
