// Which part of the key space a key belongs to, as in Redis Cluster, so that cluster-aware clients can be told the truth:
// CRC-16/XMODEM of the key, or of what stands between the first { and the next } if that is not empty, modulo 16384.
// Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/

package enum KeySlot {
    package static let count = 16_384

    /// The slot of a key, 0 … 16383.
    package static func of(_ key: Bytes) -> Int {
        Int(Self.checksum(Self.tag(key))) & (Self.count - 1)
    }

    /// The shard of a key when the slots are divided into `shards` equal ranges.
    package static func shard(of key: Bytes, shards: Int) -> Int {
        shards == 1 ? 0 : Self.of(key) * shards / Self.count
    }

    private static func tag(_ key: Bytes) -> Bytes {
        guard let open = key.firstIndex(of: UInt8(ascii: "{")) else { return key }
        let rest = key[(open + 1)...]
        guard let close = rest.firstIndex(of: UInt8(ascii: "}")), close > open + 1 else { return key }
        return Bytes(rebasing: key[(open + 1)..<close])
    }

    private static func checksum(_ bytes: Bytes) -> UInt16 {
        var value: UInt16 = 0
        for byte in bytes {
            value = value << 8 ^ Self.table[Int(UInt8(truncatingIfNeeded: value >> 8) ^ byte)]
        }
        return value
    }

    private static let table: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte) << 8) { value, _ in value & 0x8000 == 0 ? value << 1 : value << 1 ^ 0x1021 }
    }
}
