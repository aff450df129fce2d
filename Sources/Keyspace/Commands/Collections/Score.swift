// Scores, read and written as Redis 7.0 does it: C's `double`, with 17 significant digits.

import Glibc
import Primitives
import RESP

enum Score {
    /// Bytes of the longest text that `%.17g` makes, and more than any number that one would type.
    private static let longest = 512
    /// Whole numbers below this are written alike by `%.17g` and digit by digit.
    private static let largestWhole = 1e17

    /// Reads a score; nil for what is no number, or none that fits.
    static func read(_ bytes: Bytes) -> Double? {
        if bytes.count < 16, let whole = Decimal.read(bytes) { return Double(whole) }
        guard let first = bytes.first, !Self.isBlank(first) else { return nil }
        guard let (value, isInRange) = Self.parse(bytes), isInRange, !value.isNaN else { return nil }
        return value
    }

    /// Reads a bound of a range of scores, which may have blanks in front, and may be nothing at all for zero.
    static func readBound(_ bytes: Bytes) -> Double? {
        if bytes.isEmpty { return 0 }
        guard let (value, _) = Self.parse(bytes), !value.isNaN else { return nil }
        return value
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

    private static func parse(_ bytes: Bytes) -> (Double, isInRange: Bool)? {
        guard let source = bytes.baseAddress, bytes.count < Self.longest else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { text in
            guard let start = text.baseAddress else { return nil }
            memcpy(start, source, bytes.count)
            start[bytes.count] = 0
            var end: UnsafeMutablePointer<CChar>?
            errno = 0
            let value = strtod(start, &end)
            guard let end, end - start == bytes.count else { return nil }
            return (value, errno != ERANGE || !(value.isInfinite || value.isZero))
        }
    }

    /// Gives the digits of a score to `body`.
    static func write(_ value: Double, _ body: (Bytes) -> Void) {
        if value.isInfinite { return body(value > 0 ? Bytes("inf") : Bytes("-inf")) }
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { text in
            guard let start = text.baseAddress else { return }
            if value.magnitude < Self.largestWhole, let whole = Int64(exactly: value), whole != 0 || value.sign == .plus
            {
                start.withMemoryRebound(to: UInt8.self, capacity: 32) {
                    body(Bytes(start: $0, count: Decimal.write(whole, to: $0)))
                }
            } else {
                let written = withVaList([value]) { vsnprintf(start, 32, "%.17g", $0) }
                body(Bytes(start: start, count: Int(written)))
            }
        }
    }
}

extension Writer {
    /// A score as a reply: a double, or in RESP2 a bulk string.
    func score(_ value: Double) {
        guard self.version == .resp3 else { return self.bulk(score: value) }
        Score.write(value) {
            self.byte(UInt8(ascii: ","))
            self.raw($0)
            self.raw("\r\n")
        }
    }

    /// A score as a bulk string, as mutations and *SCAN have it.
    func bulk(score: Double) { Score.write(score) { self.bulk($0) } }
}
