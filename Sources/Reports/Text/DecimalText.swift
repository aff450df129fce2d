// Decimal numbers as text without Foundation: the reports are a core, and a locale must never change a file.

enum DecimalText {
    /// Beyond 2^53 a Double no longer holds every integer; larger values are printed in Swift's own shortest form.
    private static let largestExact = 9_007_199_254_740_992.0
    private static let mostPlaces = 12

    /// `value` with exactly `places` digits after the point (at most 12).
    static func fixed(_ value: Double, places: Int) -> String {
        let places = min(max(places, 0), self.mostPlaces)
        let scale = self.powerOfTen(places)
        let scaled = (abs(value) * scale).rounded()
        guard scaled < self.largestExact else { return "\(value)" }
        let digits = String(UInt64(scaled))
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(places)).\(padded.suffix(places))"
    }

    /// `value` with at least `digits` significant digits; integer digits are never rounded away.
    static func significant(_ value: Double, digits: Int = 3) -> String {
        self.fixed(value, places: self.places(for: value, digits: digits))
    }

    /// How many digits after the point show `digits` significant ones, so that a range can be printed like its median.
    static func places(for value: Double, digits: Int = 3) -> Int {
        guard value != 0, value.isFinite else { return 0 }
        var magnitude = abs(value)
        var places = digits - 1
        while magnitude >= 10 {
            magnitude /= 10
            places -= 1
        }
        while magnitude < 1 {
            magnitude *= 10
            places += 1
        }
        // 9.996 rounds to 10.0 and not to 10.00.
        if (magnitude * self.powerOfTen(digits - 1)).rounded() >= self.powerOfTen(digits) { places -= 1 }
        return min(max(places, 0), self.mostPlaces)
    }

    private static func powerOfTen(_ exponent: Int) -> Double {
        (0..<max(exponent, 0)).reduce(1.0) { power, _ in power * 10 }
    }
}
