// Sizes as Redis writes them: plain bytes, or with a suffix of powers of 1000 (k m g) or of 1024 (kb mb gb), in any case.

package enum ByteSize {
    /// Reads a size; nil when it is none, or does not fit.
    package static func parse(_ text: String) -> Int? {
        let lower = text.lowercased()
        let digits = lower.prefix { ("0"..."9").contains($0) }
        guard let number = Int(digits), let unit = Self.units[String(lower.dropFirst(digits.count))] else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? nil : bytes
    }

    private static let units = [
        "": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1_000_000, "mb": 1 << 20, "g": 1_000_000_000, "gb": 1 << 30,
    ]
}
