internal import CIntrinsics
package import Primitives

/// CRC-32 as in IEEE 802.3 and zlib.
package enum CRC32 {
    package static func of(_ bytes: Bytes) -> UInt32 {
        cintrinsics_crc32(0, bytes.baseAddress, bytes.count)
    }
}
