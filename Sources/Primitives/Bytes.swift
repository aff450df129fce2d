// Bytes that somebody else owns. Commands, keys and values travel between the cores as ranges of the buffer that was
// read from a socket; they are valid until the call that was given them returns, and whoever keeps them copies them.

import Glibc

/// Borrowed bytes, valid for the duration of a call.
package typealias Bytes = UnsafeRawBufferPointer

extension UnsafeRawBufferPointer {
    /// Borrows the characters of a literal, which live as long as the process.
    package init(_ literal: StaticString) {
        self.init(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    /// The same bytes, whatever their case (ASCII only).
    package func equalsIgnoringCase(_ literal: StaticString) -> Bool {
        guard self.count == literal.utf8CodeUnitCount else { return false }
        for index in 0..<self.count where self[index].lowercased != literal.utf8Start[index].lowercased {
            return false
        }
        return true
    }

    /// The same bytes in the same order.
    package func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard self.count == other.count, let left = self.baseAddress, let right = other.baseAddress else {
            return self.count == other.count
        }
        return memcmp(left, right, self.count) == 0
    }

    /// The bytes as text; what is not UTF-8 is replaced.
    package var text: String { String(decoding: self, as: UTF8.self) }
}

extension UInt8 {
    /// ASCII lower case.
    package var lowercased: UInt8 { self &- 65 < 26 ? self | 0x20 : self }
}
