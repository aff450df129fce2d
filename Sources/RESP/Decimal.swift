// Whole numbers as decimal digits, read and written the way Redis does: no sign but a leading minus, no blank, no
// leading zero, and nothing that does not fit.

package import Primitives

package enum Decimal {
    /// Reads a signed 64-bit number; nil when the bytes are anything but its canonical form.
    package static func read(_ bytes: Bytes) -> Int64? {
        guard let first = bytes.first, bytes.count <= 20 else { return nil }
        let isNegative = first == UInt8(ascii: "-")
        guard let magnitude = Self.readUnsigned(Bytes(rebasing: bytes[(isNegative ? 1 : 0)...])) else { return nil }
        if isNegative {
            // The smallest number has no positive counterpart.
            guard magnitude > 0, magnitude <= UInt64(Int64.max) + 1 else { return nil }
            return Int64(truncatingIfNeeded: 0 &- magnitude)
        }
        return Int64(exactly: magnitude)
    }

    /// Reads an unsigned 64-bit number; nil when the bytes are anything but its canonical form.
    package static func readUnsigned(_ bytes: Bytes) -> UInt64? {
        guard bytes.count > 0, bytes.count <= 20, bytes.count == 1 || bytes[0] != UInt8(ascii: "0") else { return nil }
        var value: UInt64 = 0
        for byte in bytes {
            let digit = byte &- UInt8(ascii: "0")
            guard digit <= 9 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    /// Writes a number's digits.
    /// - Parameter target: room for twenty bytes.
    /// - Returns: how many were written.
    package static func write(_ value: Int64, to target: UnsafeMutablePointer<UInt8>) -> Int {
        var magnitude = value.magnitude
        let count = Self.digits(of: magnitude) + (value < 0 ? 1 : 0)
        var cursor = count
        repeat {
            cursor -= 1
            target[cursor] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: magnitude % 10)
            magnitude /= 10
        } while magnitude > 0
        if value < 0 { target[0] = UInt8(ascii: "-") }
        return count
    }

    private static func digits(of value: UInt64) -> Int {
        var count = 1
        var bound: UInt64 = 10
        while value >= bound {
            count += 1
            if count == 20 { return 20 }
            bound &*= 10
        }
        return count
    }
}
