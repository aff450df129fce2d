// The checksum at the end of an RDB file: CRC-64 with the Jones polynomial, reflected, from zero, not inverted. Source: the
// RDB format as Redis writes it. Eight bytes a step by eight tables; written apart from the server's own, which it checks.

struct CRC64 {
    /// 0xad93d23594c935a9 with its bits reversed.
    private static let polynomial: UInt64 = 0x95ac_9329_ac4b_c9b5

    /// Table k holds what a byte does k bytes before the end.
    private static let tables: [UInt64] = {
        var tables = [UInt64](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt64(byte)
            for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ Self.polynomial }
            tables[byte] = value
        }
        for place in 256..<tables.count {
            let before = tables[place - 256]
            tables[place] = tables[Int(before & 0xff)] ^ before >> 8
        }
        return tables
    }()

    private(set) var value: UInt64 = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        Self.tables.withUnsafeBufferPointer { tables in
            var value = self.value
            var at = 0
            while at + 8 <= bytes.count {
                let word = value ^ UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self))
                var next: UInt64 = 0
                for place in 0..<8 {
                    next ^= tables[(7 - place) * 256 + Int(truncatingIfNeeded: word >> UInt64(place * 8) & 0xff)]
                }
                value = next
                at += 8
            }
            while at < bytes.count {
                value = tables[Int((value ^ UInt64(bytes[at])) & 0xff)] ^ value >> 8
                at += 1
            }
            self.value = value
        }
    }
}
