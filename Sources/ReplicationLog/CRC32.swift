internal import CIntrinsics
package import Primitives

/// CRC-32 as in IEEE 802.3 and zlib.
package enum CRC32 {
    /// - Parameter previous: the checksum of the bytes that stand before these.
    package static func of(_ bytes: Bytes, continuing previous: UInt32 = 0) -> UInt32 {
        cintrinsics_crc32(previous, bytes.baseAddress, bytes.count)
    }
}
