internal import Crypto
internal import Primitives

/// What names a channel on the wire: 32 bytes that follow from its name.
package struct ChannelID: Hashable, Sendable {
    package static let size = 32
    /// Sets these ids apart from other uses of the same names.
    private static let key = SymmetricKey(data: Array("sluice-channel-v1".utf8))

    package let bytes: [UInt8]

    /// The id of the channel with this name: its HMAC-SHA-256.
    package init(name: String) {
        self.bytes = Array(HMAC<SHA256>.authenticationCode(for: Array(name.utf8), using: Self.key))
    }

    /// - Parameter bytes: exactly `ChannelID.size` of them.
    init(copying bytes: Bytes) {
        precondition(bytes.count == Self.size, "an id has \(Self.size) bytes, and not \(bytes.count)")
        self.bytes = Array(bytes)
    }

    /// - Parameter bytes: 32 of them, as read from a message; nil comes back for any other number.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        self.bytes = bytes
    }
}
