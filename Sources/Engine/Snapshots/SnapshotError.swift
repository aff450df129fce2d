package import RDB

/// Why a snapshot was not loaded. What was there before it is untouched.
package struct SnapshotError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Equatable, Sendable {
        /// It is not what its writer wrote, or no snapshot at all.
        case damaged
        /// It stops before its end.
        case incomplete
        /// Something in it is unknown here: a newer version, a type of value, another database.
        case unsupported
        /// A key is there twice.
        case duplicateKey
        /// An element of a set, sorted set or hash is there twice.
        case duplicateElement
    }

    package var code: Code
    /// Bytes from the beginning of the snapshot: where the item at fault begins.
    package var offset: Int
    package var message: String
    /// What the format's reader had to say, when it was that which found the fault.
    package var underlying: RDBError?

    package var description: String { "\(self.message) (offset \(self.offset) of the snapshot)" }
}

extension SnapshotError {
    init(_ error: RDBError) {
        let code: Code =
            switch error.code {
            case .unsupportedVersion, .unsupportedType, .otherDatabase: .unsupported
            case .missingBytes: .incomplete
            case .notRDB, .badLength, .badCompression, .badPacking, .badScore, .badModule, .checksumMismatch,
                .trailingBytes, .refused:
                .damaged
            }
        self.init(code: code, offset: error.offset, message: error.message, underlying: error)
    }
}
