import Primitives

/// Amounts as people type them: `4kb`, `50k`, `10m`, `1gbit`.
enum AmountText {
    /// Bytes, with k m g as powers of 1000 and kb mb gb as powers of 1024, as everywhere.
    static func bytes(_ text: String) -> Int? { ByteSize.parse(text) }

    /// A count: `50k` is 50 000, `2m` two millions.
    static func count(_ text: String) -> Int? {
        text.lowercased().hasSuffix("b") ? nil : ByteSize.parse(text)
    }

    /// Seconds: a bare number, or with s, m, h or d.
    static func seconds(_ text: String) -> Double? {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let last = text.last else { return nil }
        let unit = units[last]
        guard let number = Double(unit == nil ? text[...] : text.dropLast()), number >= 0, number <= 1e9 else {
            return nil
        }
        return number * (unit ?? 1)
    }

    /// Bytes a second: `1gbit`, `100mbit`, or a size (`125mb`).
    static func bytesPerSecond(_ text: String) -> Double? {
        let lower = text.lowercased()
        for (suffix, factor) in [("gbit", 125e6), ("mbit", 125e3)] where lower.hasSuffix(suffix) {
            return Double(lower.dropLast(suffix.count)).flatMap { $0 > 0 && $0 <= 1e6 ? $0 * factor : nil }
        }
        return self.bytes(text).flatMap { $0 > 0 ? Double($0) : nil }
    }
}
