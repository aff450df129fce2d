/// What a latency must stay below: `p99<5ms`.
package struct LatencyLimit: Hashable, Sendable, CustomStringConvertible {
    package enum Statistic: String, Sendable, CaseIterable {
        case p50, p90, p99
        case p999 = "p99.9"
        case mean
    }

    package let statistic: Statistic
    package let nanoseconds: UInt64

    private static let units: [(name: String, nanoseconds: Double)] = [("us", 1e3), ("ms", 1e6), ("s", 1e9)]
    /// An hour: no histogram goes further.
    private static let longest = 3.6e12

    /// Reads `p99<5ms`, `p99.9<800us`, `mean<1s`; nil when it is none.
    package init?(parsing text: String) {
        let parts = text.replacing(" ", with: "").split(separator: "<", omittingEmptySubsequences: false)
        guard parts.count == 2, let statistic = Statistic(rawValue: String(parts[0])) else { return nil }
        let digits = parts[1].prefix { $0.isNumber || $0 == "." }
        let unit = Self.units.first { $0.name == parts[1].dropFirst(digits.count) }
        guard let unit, let number = Double(digits), number > 0, number * unit.nanoseconds <= Self.longest else {
            return nil
        }
        self.statistic = statistic
        self.nanoseconds = UInt64(number * unit.nanoseconds)
    }

    package var microseconds: Double { Double(self.nanoseconds) / 1000 }

    /// `p99<5ms`.
    package var description: String {
        let value = Double(self.nanoseconds)
        let unit = Self.units.last { value >= $0.nanoseconds } ?? Self.units[0]
        let number = value / unit.nanoseconds
        let text = number == number.rounded() ? "\(Int(number))" : "\(number)"
        return "\(self.statistic.rawValue)<\(text)\(unit.name)"
    }
}
