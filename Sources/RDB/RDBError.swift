package import Primitives

/// Why a snapshot cannot be read, and where.
package struct RDBError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Equatable, Sendable {
        /// It does not begin as an RDB file does.
        case notRDB
        /// Written by a newer version.
        case unsupportedVersion
        /// A type of value, or an opcode, that is not read here, or does not exist.
        case unsupportedType
        /// A key in a database other than 0.
        case otherDatabase
        /// A length that is none, or above its limit.
        case badLength
        /// LZF that does not decompress to what was announced.
        case badCompression
        /// A listpack, ziplist, intset or zipmap that is damaged.
        case badPacking
        /// A score that is not a number.
        case badScore
        /// Data of a module, to be skipped, whose end cannot be found.
        case badModule
        case checksumMismatch
        /// There is more after the end.
        case trailingBytes
        /// It stops before its end.
        case missingBytes
        /// Whoever took the events would not go on; to be thrown by them. The decoder fills in where the item begins.
        case refused
    }

    package var code: Code
    /// The place in the file, in bytes from its beginning: that of the item or the element at fault.
    package var offset: Int
    package var message: String

    package init(_ code: Code, offset: Int, _ message: String) {
        self.code = code
        self.offset = offset
        self.message = message
    }

    package var description: String { "\(self.message) (offset \(self.offset) of the snapshot)" }

    /// Longer keys are cut in messages.
    private static let shownKeyBytes = 64

    /// A key for a message, whatever bytes it has.
    package static func quoted(_ key: Bytes) -> String {
        var text = "\""
        for byte in key.prefix(Self.shownKeyBytes) {
            if (0x20..<0x7f).contains(byte), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                text.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                text += byte < 0x10 ? "\\x0" : "\\x"
                text += String(byte, radix: 16)
            }
        }
        return text + (key.count > Self.shownKeyBytes ? "…\"" : "\"")
    }
}
