// Ordinary least squares for a straight line. The harness states costs as slopes ("bytes per replica"), because a
// difference of two totals hides fixed costs and says nothing about its own error.

/// `y = intercept + slope · x`, with how far to trust it.
package struct LineFit: Sendable, Equatable {
    /// In units of y per unit of x.
    package let slope: Double
    package private(set) var intercept: Double
    /// The standard deviation of the points around the line (n − 2 degrees of freedom), in units of y.
    package let residualDeviation: Double
    package let slopeStandardError: Double
    /// The share of the spread of y that the line explains; `nil` when every y is the same and there is none to explain.
    package let rSquared: Double?
    package let pointCount: Int
    package let xRange: ClosedRange<Double>

    /// A line through two points fits them perfectly and tells nothing about its error.
    package static let fewestPoints = 3

    /// `nil` when fewer than three points are given or all of them share one x.
    package init?(_ points: [(x: Double, y: Double)]) {
        guard points.count >= Self.fewestPoints else { return nil }
        let count = Double(points.count)
        let meanX = points.reduce(0) { $0 + $1.x } / count
        let meanY = points.reduce(0) { $0 + $1.y } / count
        // Sums over centred values: the textbook form without centring cancels for totals of many megabytes.
        var sumXX = 0.0
        var sumXY = 0.0
        var sumYY = 0.0
        for point in points {
            let (dx, dy) = (point.x - meanX, point.y - meanY)
            sumXX += dx * dx
            sumXY += dx * dy
            sumYY += dy * dy
        }
        guard sumXX > 0, sumXX.isFinite, sumXY.isFinite, sumYY.isFinite else { return nil }
        let slope = sumXY / sumXX
        let intercept = meanY - slope * meanX
        let squares = points.reduce(0) { sum, point in
            let residual = point.y - (intercept + slope * point.x)
            return sum + residual * residual
        }
        let xs = points.map(\.x)
        guard let lowest = xs.min(), let highest = xs.max() else { return nil }
        self.slope = slope
        self.intercept = intercept
        self.residualDeviation = (squares / (count - 2)).squareRoot()
        self.slopeStandardError = self.residualDeviation / sumXX.squareRoot()
        self.rSquared = sumYY > 0 ? Swift.max(0, 1 - squares / sumYY) : nil
        self.pointCount = points.count
        self.xRange = lowest...highest
    }

    package func value(at x: Double) -> Double {
        self.intercept + self.slope * x
    }

    /// The line through points that are all lower by `base`.
    package func lowered(by base: Double) -> Self {
        var lowered = self
        lowered.intercept -= base
        return lowered
    }
}
