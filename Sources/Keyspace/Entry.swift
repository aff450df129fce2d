// One key and its value in a single block of memory:
//
//     0  UInt32  length of the key; bit 31: an expiry follows; bit 30: the value refers to a collection
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
    private static let collectionBit: UInt32 = 1 << 30
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

    /// An entry whose value is a collection; it becomes an owner of the box.
    static func allocate(key: Bytes, box: CollectionBox, expiry: Milliseconds?) -> Entry {
        let entry = Self.allocate(key: key, valueLength: MemoryLayout<UInt>.size, expiry: expiry)
        entry.block.storeBytes(of: entry.keyField | Self.collectionBit, as: UInt32.self)
        entry.store(Unmanaged.passRetained(box))
        return entry
    }

    /// The same value and expiry under another key, in a block of its own. A collection's nodes are shared.
    package func copy(named key: Bytes) -> Entry { self.copy(named: key, expiry: self.expiry) }

    /// The same value under another key, with an expiry of its own.
    func copy(named key: Bytes, expiry: Milliseconds?) -> Entry {
        if let box = self.box { return Self.allocate(key: key, box: box, expiry: expiry) }
        let copy = Self.allocate(key: key, valueLength: self.valueLength, expiry: expiry)
        copy.mutableValue.copyMemory(from: self.value)
        return copy
    }

    /// Gives the block back, and the collection if nobody else holds it.
    package func deallocate() {
        if self.isCollection { self.reference.release() }
        free(self.block)
    }

    private var keyField: UInt32 { self.block.load(as: UInt32.self) }
    var hasExpiry: Bool { self.keyField & Self.expiryBit != 0 }
    var isCollection: Bool { self.keyField & Self.collectionBit != 0 }
    private var keyLength: Int { Int(self.keyField & ~(Self.expiryBit | Self.collectionBit)) }

    /// Whether the entry is a string that has an expiry, or has none, as asked.
    func isString(withExpiry: Bool) -> Bool {
        self.keyField & (Self.expiryBit | Self.collectionBit) == (withExpiry ? Self.expiryBit : 0)
    }
    package var valueLength: Int { Int(self.block.load(fromByteOffset: 4, as: UInt32.self)) }
    private var keyOffset: Int { Self.headerLength + (self.hasExpiry ? 8 : 0) }

    package var key: Bytes { Bytes(start: self.block + self.keyOffset, count: self.keyLength) }

    package var value: Bytes {
        Bytes(start: self.block + self.keyOffset + self.keyLength, count: self.valueLength)
    }

    /// The value's bytes for writing in place.
    @inline(__always)
    package var mutableValue: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: self.block + self.keyOffset + self.keyLength, count: self.valueLength)
    }

    /// When the key ends, in ms since 1970; nil for never.
    package var expiry: Milliseconds? {
        self.hasExpiry ? self.block.load(fromByteOffset: 8, as: Int64.self) : nil
    }

    /// Bytes that the block takes from the allocator; a collection's nodes not counted.
    package var allocatedBytes: Int { SizeClass.roundUp(self.keyOffset + self.keyLength + self.valueLength) }

    package var kind: ValueKind {
        self.isCollection ? self.reference._withUnsafeGuaranteedRef { $0.kind } : .string
    }

    /// The value, unless it is a string.
    package var collection: Collection? { self.box.map { Collection($0) } }

    var box: CollectionBox? { self.isCollection ? self.reference.takeUnretainedValue() : nil }

    /// The entry's box for changes: a box of its own, if the one that it has is shared.
    func uniqueBox() -> CollectionBox {
        var box = self.reference.takeRetainedValue()
        if !isKnownUniquelyReferenced(&box) { box = CollectionBox(copying: box) }
        self.store(Unmanaged.passRetained(box))
        return box
    }

    private var reference: Unmanaged<CollectionBox> {
        let place = self.block + self.keyOffset + self.keyLength
        guard let pointer = UnsafeRawPointer(bitPattern: place.loadUnaligned(as: UInt.self)) else {
            preconditionFailure("a collection's entry must refer to a box")
        }
        return Unmanaged.fromOpaque(pointer)
    }

    private func store(_ box: Unmanaged<CollectionBox>) {
        let place = self.block + self.keyOffset + self.keyLength
        place.storeBytes(of: UInt(bitPattern: box.toOpaque()), as: UInt.self)
    }

    func isExpired(at now: Milliseconds) -> Bool {
        guard let expiry = self.expiry else { return false }
        return expiry <= now
    }

    /// Whether a value of another length belongs into this very block: it fits, and a new block would be no smaller.
    @inline(__always)
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
