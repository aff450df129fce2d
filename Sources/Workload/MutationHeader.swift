// What the generator puts into every value so that whoever receives it can tell a lost, doubled, reordered or damaged
// mutation. Little-endian:
//
//     0   connection   UInt32    which load connection sent it
//     4   tag          UInt32    tells such a value from any other
//     8   sequence     UInt64    1, 2, 3 … per connection
//     …   filler
//     n-8 seal         UInt64    made of the first sixteen bytes: a value cut or mixed with another does not carry it

/// The checkable part of a value.
package struct MutationHeader: Equatable, Sendable {
    package var connection: UInt32
    package var sequence: UInt64

    /// The smallest value that has room for header and seal, in bytes.
    package static let minimumValueSize = 24
    private static let tag: UInt32 = 0x43_55_4c_53
    private static let sealFactor: UInt64 = 0x9e37_79b9_7f4a_7c15

    package init(connection: UInt32, sequence: UInt64) {
        self.connection = connection
        self.sequence = sequence
    }

    private var firstWord: UInt64 { UInt64(Self.tag) << 32 | UInt64(self.connection) }

    private var seal: UInt64 { (self.sequence ^ self.firstWord) &* Self.sealFactor }

    /// Writes header and seal into a value of at least `minimumValueSize` bytes.
    package func write(to value: UnsafeMutableRawBufferPointer) {
        precondition(value.count >= Self.minimumValueSize, "a value of \(value.count) bytes has no room for its header")
        value.storeBytes(of: self.firstWord.littleEndian, toByteOffset: 0, as: UInt64.self)
        value.storeBytes(of: self.sequence.littleEndian, toByteOffset: 8, as: UInt64.self)
        value.storeBytes(of: self.seal.littleEndian, toByteOffset: value.count - 8, as: UInt64.self)
    }

    /// Reads header and seal; nil when the value is not one of the generator's, or damaged.
    package init?(reading value: UnsafeRawBufferPointer) {
        guard value.count >= Self.minimumValueSize else { return nil }
        let first = UInt64(littleEndian: value.loadUnaligned(fromByteOffset: 0, as: UInt64.self))
        guard first >> 32 == UInt64(Self.tag) else { return nil }
        self.connection = UInt32(truncatingIfNeeded: first)
        self.sequence = UInt64(littleEndian: value.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let seal = UInt64(littleEndian: value.loadUnaligned(fromByteOffset: value.count - 8, as: UInt64.self))
        guard seal == self.seal else { return nil }
    }

    /// One summand of the order-independent digest of a stream: covers the key, connection, sequence and the value's
    /// length. The filler is not covered; the seal vouches for the value's two ends.
    package func digest(key: UnsafeRawBufferPointer, valueSize: Int) -> UInt64 {
        precondition(key.count == LoadKey.size, "keys of the generator have \(LoadKey.size) bytes")
        var sum = key.loadUnaligned(fromByteOffset: 0, as: UInt64.self) &* 0xff51_afd7_ed55_8ccd
        sum = (sum ^ sum >> 32 ^ key.loadUnaligned(fromByteOffset: 8, as: UInt64.self)) &* 0xc4ce_b9fe_1a85_ec53
        sum = (sum ^ sum >> 29 ^ self.sequence) &* 0x9fb2_1c65_1e98_df25
        sum =
            (sum ^ sum >> 32 ^ UInt64(self.connection) << 32 ^ UInt64(truncatingIfNeeded: valueSize)) &* Self.sealFactor
        return sum ^ sum >> 29
    }
}
