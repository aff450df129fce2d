// How throughput grows, and where it stops growing, by the universal scalability law:
//
//     X(n) = λ·n ÷ (1 + σ·(n − 1) + κ·n·(n − 1))
//
// λ is the throughput of one, σ what they wait for each other, κ what they have to agree on. Fitted as a line: n ÷ X is
// linear in 1, n − 1 and n·(n − 1); the weights (X² ÷ n)² undo what the division does to the errors of X.
// Source: N. J. Gunther, "Guerrilla Capacity Planning", Springer 2007.

/// A fitted law.
package struct Saturation: Sendable, Equatable {
    /// Throughput of one, in the unit of the throughput that was given.
    package let rateOfOne: Double
    package let contention: Double
    package let coherency: Double
    /// The numbers that were measured.
    package let range: ClosedRange<Double>
    package let pointCount: Int

    /// Three coefficients pass through any three points; below this many the law is not more than that.
    package static let fewestPoints = 4

    /// `nil` when there are too few points with a throughput, at different numbers, or they give no growing law.
    package init?(_ points: [(n: Double, throughput: Double)]) {
        let points = points.filter { $0.n >= 1 && $0.throughput > 0 && $0.throughput.isFinite }
        guard Set(points.map(\.n)).count >= Self.fewestPoints else { return nil }
        let rows = points.map { point in
            let (n, x) = (point.n, point.throughput)
            let root = x * x / n
            return LeastSquares.Row([1, n - 1, n * (n - 1)], n / x, weight: root * root)
        }
        let numbers = points.map(\.n)
        guard let fit = LeastSquares(rows), fit.coefficients[0] > 0, let lowest = numbers.min(),
            let highest = numbers.max()
        else { return nil }
        self.rateOfOne = 1 / fit.coefficients[0]
        self.contention = fit.coefficients[1] / fit.coefficients[0]
        self.coherency = fit.coefficients[2] / fit.coefficients[0]
        self.range = lowest...highest
        self.pointCount = points.count
    }

    package func throughput(_ n: Double) -> Double {
        self.rateOfOne * n / (1 + self.contention * (n - 1) + self.coherency * n * (n - 1))
    }

    /// A peak beyond that is no peak.
    private static let mostReplicas = 1e6

    /// Where throughput is highest; `nil` when the law never stops growing.
    package var peak: Peak? {
        guard self.coherency > 0, self.contention < 1 else { return nil }
        let number = ((1 - self.contention) / self.coherency).squareRoot()
        guard number >= 1, number <= Self.mostReplicas else { return nil }
        return Peak(number: number.rounded(.down), isExtrapolated: number >= self.range.upperBound)
    }

    package struct Peak: Sendable, Equatable {
        package let number: Double
        /// The measurements did not pass it, so that it is a guess: it may be off by half.
        package let isExtrapolated: Bool

        /// "12", or "26 (extrapolated: measured up to 16)".
        package func text(measuredUpTo highest: Double) -> String {
            let number = "\(Int(self.number))"
            return self.isExtrapolated ? "\(number) (extrapolated: measured up to \(Int(highest)))" : number
        }
    }
}
