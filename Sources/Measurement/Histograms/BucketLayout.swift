// Where an HdrHistogram counts a value: linear steps within a power of two, so that every value keeps the same number of
// significant digits. The arithmetic is that of the published format (github.com/HdrHistogram), which tools agree on.

/// The buckets that a range and a precision make. Equal layouts count equal values at equal indices.
package struct BucketLayout: Sendable, Equatable {
    /// The smallest difference that is told apart at the low end; its power of two counts.
    package let lowest: UInt64
    package let highest: UInt64
    package let significantDigits: Int
    private let unitMagnitude: Int
    private let halfMagnitude: Int
    /// How many buckets there are.
    package let length: Int

    package static let digits = 0...5
    /// The format's numbers are signed elsewhere.
    static let largestValue = UInt64(Int64.max)

    /// `nil` when no histogram can have such a range.
    package init?(lowest: UInt64, highest: UInt64, significantDigits: Int) {
        guard Self.digits.contains(significantDigits), lowest >= 1, highest <= Self.largestValue else { return nil }
        guard lowest <= highest / 2 else { return nil }
        // Single units up to twice the power of ten, so that 1999 is as exact as 1000.
        let exact = (0..<significantDigits).reduce(UInt64(2)) { value, _ in value * 10 }
        let magnitude = UInt64.bitWidth - (exact - 1).leadingZeroBitCount
        let unit = UInt64.bitWidth - 1 - lowest.leadingZeroBitCount
        let half = max(magnitude, 1) - 1
        guard unit + half <= 61 else { return nil }
        var powers = 1
        var end = UInt64(2) << UInt64(unit + half)
        while end <= highest {
            end <<= 1
            powers += 1
        }
        self.lowest = lowest
        self.highest = highest
        self.significantDigits = significantDigits
        self.unitMagnitude = unit
        self.halfMagnitude = half
        self.length = (powers + 1) << half
    }

    /// How many values of one power of two are told apart.
    package var subBucketCount: Int { 2 << self.halfMagnitude }
    /// How many powers of two there are.
    package var bucketCount: Int { (self.length >> self.halfMagnitude) - 1 }

    /// Whether counts of both can be added index by index: the precision is the same, the range may differ.
    package func hasSameSteps(as other: Self) -> Bool {
        self.unitMagnitude == other.unitMagnitude && self.halfMagnitude == other.halfMagnitude
    }

    func index(of value: UInt64) -> Int {
        let mask = UInt64(self.subBucketCount - 1) << UInt64(self.unitMagnitude)
        let power = UInt64.bitWidth - (value | mask).leadingZeroBitCount - self.unitMagnitude - self.halfMagnitude - 1
        let place = Int(value >> UInt64(power + self.unitMagnitude))
        return ((power + 1) << self.halfMagnitude) + place - (1 << self.halfMagnitude)
    }

    /// All values that are counted at `index`.
    package func values(at index: Int) -> ClosedRange<UInt64> {
        precondition((0..<self.length).contains(index), "the layout has no bucket \(index)")
        let half = 1 << self.halfMagnitude
        let power = (index >> self.halfMagnitude) - 1
        let place = (index & (half - 1)) + (power < 0 ? 0 : half)
        let shift = UInt64(max(power, 0) + self.unitMagnitude)
        let first = UInt64(place) << shift
        return first...(first + (1 << shift) - 1)
    }
}
