// One key and its value in a single block of memory:
//
//     0  UInt32  length of the key; bit 31: an expiry follows
//     4  UInt32  length of the value
//     8  Int64   expiry, ms since 1970 (only with bit 31)
//     …  key, value
//
// Keys of 16 bytes with values of 100 thus take a block of 128. Both lengths are at most 512 MiB (`RESP.Limits`).

import Glibc
package import Primitives

/// A reference to a key's block. The table owns the block; an entry is valid until the key is written or removed.
package struct Entry {
    let block: UnsafeMutableRawPointer

    private static let expiryBit: UInt32 = 1 << 31
    private static let headerLength = 8

    init(block: UnsafeMutableRawPointer) { self.block = block }

    /// Allocates a block and fills in the key; the value's bytes are left for the caller to write.
    static func allocate(key: Bytes, valueLength: Int, expiry: Milliseconds?) -> Entry {
        let header = Self.headerLength + (expiry == nil ? 0 : 8)
        guard let block = malloc(SizeClass.roundUp(header + key.count + valueLength)) else {
            fatalError("out of memory")
        }
        let flags = expiry == nil ? 0 : Self.expiryBit
        block.storeBytes(of: UInt32(key.count) | flags, as: UInt32.self)
        block.storeBytes(of: UInt32(valueLength), toByteOffset: 4, as: UInt32.self)
        if let expiry { block.storeBytes(of: expiry, toByteOffset: 8, as: Int64.self) }
        if let source = key.baseAddress { memcpy(block + header, source, key.count) }
        return Entry(block: block)
    }

    /// The same value and expiry under another key, in a block of its own.
    func copy(named key: Bytes) -> Entry {
        let copy = Entry.allocate(key: key, valueLength: self.valueLength, expiry: self.expiry)
        copy.mutableValue.copyMemory(from: self.value)
        return copy
    }

    func deallocate() { free(self.block) }

    private var keyField: UInt32 { self.block.load(as: UInt32.self) }
    var hasExpiry: Bool { self.keyField & Self.expiryBit != 0 }
    private var keyLength: Int { Int(self.keyField & ~Self.expiryBit) }
    package var valueLength: Int { Int(self.block.load(fromByteOffset: 4, as: UInt32.self)) }
    private var keyOffset: Int { Self.headerLength + (self.hasExpiry ? 8 : 0) }

    package var key: Bytes { Bytes(start: self.block + self.keyOffset, count: self.keyLength) }

    package var value: Bytes {
        Bytes(start: self.block + self.keyOffset + self.keyLength, count: self.valueLength)
    }

    /// The value's bytes for writing in place.
    package var mutableValue: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: self.block + self.keyOffset + self.keyLength, count: self.valueLength)
    }

    /// When the key ends, in ms since 1970; nil for never.
    package var expiry: Milliseconds? {
        self.hasExpiry ? self.block.load(fromByteOffset: 8, as: Int64.self) : nil
    }

    /// Bytes that the block takes from the allocator.
    package var allocatedBytes: Int { SizeClass.roundUp(self.keyOffset + self.keyLength + self.valueLength) }

    func isExpired(at now: Milliseconds) -> Bool {
        guard let expiry = self.expiry else { return false }
        return expiry <= now
    }

    /// Whether a value of another length belongs into this very block: it fits, and a new block would be no smaller.
    func fits(valueLength: Int) -> Bool {
        SizeClass.roundUp(self.keyOffset + self.keyLength + valueLength) == self.allocatedBytes
    }

    func setValueLength(_ length: Int) {
        self.block.storeBytes(of: UInt32(length), toByteOffset: 4, as: UInt32.self)
    }

    func setExpiryInPlace(_ expiry: Milliseconds) {
        assert(self.hasExpiry)
        self.block.storeBytes(of: expiry, toByteOffset: 8, as: Int64.self)
    }
}
