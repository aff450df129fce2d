// Keys of which a few are touched all the time. Drawn by rejection-inversion (W. Hörmann and G. Derflinger,
// "Rejection-inversion to generate variates from monotone discrete distributions", 1996): no table, so a billion keys cost
// no more than ten, and any exponent above zero will do. Beside the hat function H, the antiderivative of x^-s, nothing is kept.

import Glibc
package import Primitives

/// Key number k − 1 comes with a probability proportional to k^-exponent, k = 1 … keys.
package struct ZipfKeys: Hashable, Sendable {
    package let keys: UInt64
    package let exponent: Double
    /// The area of the hat that is drawn from ends here, at the side of the first key, …
    private let left: Double
    /// … and here, at the side of the last one.
    private let right: Double
    /// A point so near to its key needs no further look.
    private let squeeze: Double

    /// Beyond it the first key is nearly the only one.
    package static let exponents = 0.01...10.0

    package init(keys: UInt64, exponent: Double) {
        precondition(keys > 0 && Self.exponents.contains(exponent), "there are keys, and an exponent in its range")
        self.keys = keys
        self.exponent = exponent
        self.left = Self.area(1.5, exponent) - 1
        self.right = Self.area(Double(keys) + 0.5, exponent)
        self.squeeze = 2 - Self.point(Self.area(2.5, exponent) - pow(2, -exponent), exponent)
    }

    package func draw(_ generator: inout SeededGenerator) -> UInt64 {
        while true {
            let area = self.right + generator.unit() * (self.left - self.right)
            let point = Self.point(area, self.exponent)
            let rank = min(max(point.rounded(), 1), Double(self.keys))
            if rank - point <= self.squeeze { return UInt64(rank) - 1 }
            if area >= Self.area(rank + 0.5, self.exponent) - pow(rank, -self.exponent) { return UInt64(rank) - 1 }
        }
    }

    /// H(x): the antiderivative of x^-s that is 0 at 1; log x where s is 1, and continuous there.
    private static func area(_ x: Double, _ exponent: Double) -> Double {
        let logarithm = log(x)
        return self.growth((1 - exponent) * logarithm) * logarithm
    }

    /// The x of an area.
    private static func point(_ area: Double, _ exponent: Double) -> Double {
        // Rounding must not push it over the edge of what has a logarithm.
        let scaled = max(area * (1 - exponent), -1)
        return exp(self.shrinkage(scaled) * area)
    }

    /// Below it the series is more exact than the quotient.
    private static let small = 1e-8

    /// (e^t − 1) / t
    private static func growth(_ t: Double) -> Double {
        abs(t) > self.small ? expm1(t) / t : 1 + t / 2 * (1 + t / 3)
    }

    /// log(1 + t) / t
    private static func shrinkage(_ t: Double) -> Double {
        abs(t) > self.small ? log1p(t) / t : 1 - t * (0.5 - t / 3)
    }
}
