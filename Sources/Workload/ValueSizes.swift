// How large values are. Real ones are not all of one size, and what a backlog, a snapshot or a link costs hangs on it.

import Glibc
package import Primitives

package enum ValueSizes: Hashable, Sendable, CustomStringConvertible {
    /// All of so many bytes.
    case fixed(Int)
    /// Every size of the range is as likely.
    case uniform(ClosedRange<Int>)
    /// The logarithms of sizes are normal: many small ones, few large ones.
    case lognormal(LogNormalSizes)
    /// Certain sizes, each as often as its weight says.
    case table(SizeTable)

    /// What a value may have, in bytes: room for the header that is verified, and what a server takes in one read.
    package static let allowed = MutationHeader.minimumValueSize...(64 << 20)

    package func draw(_ generator: inout SeededGenerator) -> Int {
        switch self {
        case .fixed(let size): size
        case .uniform(let range): range.lowerBound + Int(generator.below(UInt64(range.count)))
        case .lognormal(let sizes): sizes.draw(&generator)
        case .table(let table): table.draw(&generator)
        }
    }

    /// Bytes per value on average.
    package var mean: Double {
        switch self {
        case .fixed(let size): Double(size)
        case .uniform(let range): Double(range.lowerBound + range.upperBound) / 2
        case .lognormal(let sizes): sizes.mean
        case .table(let table): table.mean
        }
    }

    package var largest: Int {
        switch self {
        case .fixed(let size): size
        case .uniform(let range): range.upperBound
        case .lognormal(let sizes): sizes.range.upperBound
        case .table(let table): table.entries.map(\.size).max() ?? 0
        }
    }

    /// The one size of all values.
    package var fixedSize: Int? {
        if case .fixed(let size) = self { size } else { nil }
    }

    /// `1024`, `uniform 64…4096`, `lognormal median 200 sigma 1.2 in 24…65536`, `64×9 4096×1`.
    package var description: String {
        switch self {
        case .fixed(let size): "\(size)"
        case .uniform(let range): "uniform \(range.lowerBound)…\(range.upperBound)"
        case .lognormal(let sizes):
            "lognormal median \(sizes.median) sigma \(sizes.sigma) in \(sizes.range.lowerBound)…\(sizes.range.upperBound)"
        case .table(let table): table.entries.map { "\($0.size)×\($0.weight)" }.joined(separator: " ")
        }
    }
}

/// Sizes whose logarithms are normal, cut to a range: what falls outside takes the nearest size inside.
package struct LogNormalSizes: Hashable, Sendable {
    /// Half of the values are no larger, in bytes.
    package let median: Int
    /// Standard deviation of the natural logarithm.
    package let sigma: Double
    package let range: ClosedRange<Int>

    package init(median: Int, sigma: Double, in range: ClosedRange<Int>) {
        precondition(range.contains(median) && sigma > 0, "a median lies in its range, and sizes differ")
        self.median = median
        self.sigma = sigma
        self.range = range
    }

    func draw(_ generator: inout SeededGenerator) -> Int {
        // Box and Muller's transform; the second number that it could give is not worth keeping.
        let radius = (-2 * log(1 - generator.unit())).squareRoot()
        let normal = radius * cos(2 * .pi * generator.unit())
        let size = Double(self.median) * exp(self.sigma * normal)
        return Int(min(max(size.rounded(), Double(self.range.lowerBound)), Double(self.range.upperBound)))
    }

    /// The expectation of the cut distribution, in closed form.
    var mean: Double {
        let (low, high) = (Double(self.range.lowerBound), Double(self.range.upperBound))
        let mu = log(Double(self.median))
        func below(_ size: Double, _ shift: Double) -> Double {
            erfc(-((log(size) - mu) / self.sigma - shift) / 2.0.squareRoot()) / 2
        }
        let inside = exp(mu + self.sigma * self.sigma / 2) * (below(high, self.sigma) - below(low, self.sigma))
        return low * below(low, 0) + inside + high * (1 - below(high, 0))
    }
}

/// Sizes with weights.
package struct SizeTable: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        /// In bytes.
        package var size: Int
        package var weight: Int

        package init(size: Int, weight: Int) {
            self.size = size
            self.weight = weight
        }
    }

    /// More sizes than anybody writes down by hand.
    package static let entryLimit = 256
    /// So that the sum of all weights fits.
    package static let weightLimit = 1_000_000

    package let entries: [Entry]
    private let sum: UInt64

    /// - Parameter entries: at least one, with weights of `1...weightLimit`.
    package init(_ entries: [Entry]) {
        precondition(!entries.isEmpty && entries.count <= Self.entryLimit, "a table has sizes")
        precondition(entries.allSatisfy { (1...Self.weightLimit).contains($0.weight) }, "a size has a weight")
        self.entries = entries
        self.sum = entries.reduce(0) { $0 + UInt64($1.weight) }
    }

    func draw(_ generator: inout SeededGenerator) -> Int {
        var place = generator.below(self.sum)
        for entry in self.entries {
            if place < UInt64(entry.weight) { return entry.size }
            place -= UInt64(entry.weight)
        }
        preconditionFailure("the weights of a table add up to their sum")
    }

    var mean: Double {
        self.entries.reduce(0) { $0 + Double($1.size) * Double($1.weight) } / Double(self.sum)
    }
}

extension SeededGenerator {
    /// A number from 0 up to, but not including, 1.
    mutating func unit() -> Double { Double(self.next() >> 11) * 0x1p-53 }

    /// A number below `limit`, by a multiplication instead of a division; its bias is below limit / 2^64.
    mutating func below(_ limit: UInt64) -> UInt64 { self.next().multipliedFullWidth(by: limit).high }
}
