// Numbers with a fraction, read and written as INCRBYFLOAT does in Redis: the C library's `long double`, 17 digits after the
// point, no exponent, no zeros at the end.

import Glibc
import Primitives

#if arch(x86_64)
typealias Fraction = Float80
#else
// Swift has no `long double` here; sums may differ from Redis's in the last digits.
typealias Fraction = Double
#endif

extension Fraction {
    /// Bytes of the longest number, and more than the largest finite one takes.
    private static let longest = 5 * 1024

    /// Reads a number in any form that C knows, infinity included; nil for anything else.
    static func read(_ bytes: Bytes) -> Fraction? {
        guard let first = bytes.first, bytes.count < Self.longest, first != 0x20, !(0x09...0x0d).contains(first) else {
            return nil
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { text -> Fraction? in
            guard let start = text.baseAddress, let source = bytes.baseAddress else { return nil }
            memcpy(start, source, bytes.count)
            start[bytes.count] = 0
            var end: UnsafeMutablePointer<CChar>?
            errno = 0
            #if arch(x86_64)
            let value = strtold(start, &end)
            #else
            let value = strtod(start, &end)
            #endif
            guard let end, end - start == bytes.count, !value.isNaN else { return nil }
            if errno == ERANGE, value.isInfinite || value.isZero { return nil }
            return value
        }
    }

    /// Gives the digits of a finite number to `body`.
    static func write(_ value: Fraction, _ body: (Bytes) -> Void) {
        #if arch(x86_64)
        let format = "%.17Lf"
        #else
        let format = "%.17f"
        #endif
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.longest) { text in
            guard let start = text.baseAddress else { return }
            let written = withVaList([value]) { vsnprintf(start, Self.longest, format, $0) }
            var digits = Bytes(start: start, count: Int(written))
            while digits.last == UInt8(ascii: "0") { digits = Bytes(rebasing: digits.dropLast()) }
            if digits.last == UInt8(ascii: ".") { digits = Bytes(rebasing: digits.dropLast()) }
            body(digits.equals(Bytes("-0")) ? Bytes("0") : digits)
        }
    }
}
