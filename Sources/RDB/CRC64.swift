internal import CIntrinsics
package import Primitives

/// CRC-64 as at the end of a Redis RDB file (Jones's polynomial).
package enum CRC64 {
    /// - Parameter previous: the checksum of the bytes that stand before these.
    package static func of(_ bytes: Bytes, continuing previous: UInt64 = 0) -> UInt64 {
        cintrinsics_crc64(previous, bytes.baseAddress, bytes.count)
    }
}
