import Measurement
import Testing

@Suite("Line fit")
struct LineFitTests {
    @Test("slope, intercept and errors match a fit worked out by hand")
    func byHand() throws {
        // x 0 1 2 3, y 1 3 4 8: means 1.5 and 4, Sxx 5, Sxy 11, Syy 26; slope 2.2, intercept 0.7;
        // residuals 0.3 0.1 -1.1 0.7, squares 1.8; residual deviation √0.9, slope error √(0.9/5), R² 1 - 1.8/26.
        let fit = try #require(LineFit([(0, 1), (1, 3), (2, 4), (3, 8)]))
        #expect(abs(fit.slope - 2.2) < 1e-12)
        #expect(abs(fit.intercept - 0.7) < 1e-12)
        #expect(abs(fit.residualDeviation - 0.9.squareRoot()) < 1e-12)
        #expect(abs(fit.slopeStandardError - 0.18.squareRoot()) < 1e-12)
        #expect(abs(try #require(fit.rSquared) - (1 - 1.8 / 26)) < 1e-12)
        #expect(fit.xRange == 0...3)
        #expect(abs(fit.value(at: 10) - 22.7) < 1e-12)
    }

    @Test("a small slope on top of a large total keeps its digits")
    func largeOffset() throws {
        let fit = try #require(LineFit((0...64).map { (Double($0), 1e12 + 1200 * Double($0)) }))
        #expect(abs(fit.slope - 1200) < 1e-6)
        #expect(fit.residualDeviation < 1e-3)
    }

    @Test("a flat line has slope zero and no share of spread to explain")
    func flat() throws {
        let fit = try #require(LineFit([(1, 5), (2, 5), (3, 5)]))
        #expect(fit.slope == 0)
        #expect(fit.rSquared == nil)
    }

    @Test("too few points, or points above one x, give no line")
    func impossible() {
        #expect(LineFit([]) == nil)
        #expect(LineFit([(0, 0), (1, 1)]) == nil)
        #expect(LineFit([(4, 0), (4, 1), (4, 2)]) == nil)
    }
}
