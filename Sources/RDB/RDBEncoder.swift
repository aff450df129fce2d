// Writes an RDB file of version 9 with the plain types of values, which every Redis since 5.0 and every Valkey loads,
// into a writer that its owner empties piece by piece.
//
//     var encoder = RDBEncoder()
//     encoder.header(to: writer)
//     encoder.aux("redis-ver", "7.0.15", to: writer)
//     encoder.sizes(keys: 2, expiring: 0, to: writer)
//     encoder.string(key, value, expiry: nil, to: writer)
//     encoder.checksum(writer.bytes)              // before the piece leaves
//     writer.removeAll()
//     encoder.begin(.set, key, count: 2, expiry: nil, to: writer)
//     encoder.member(a, to: writer)
//     encoder.member(b, to: writer)
//     encoder.end(from: 0, to: writer)            // what stands in the writer from 0 on is the last piece
//
// The checksum goes over whole pieces because it costs ten times as much on a hundred bytes as on all of them together.

package import Primitives
package import RESP

package struct RDBEncoder: Sendable {
    /// The checksum of the pieces so far.
    private var checksum: UInt64 = 0
    /// Elements that the value begun still needs.
    private var missing = 0
    /// Bytes that the string begun still needs.
    private var missingBytes = 0

    /// Bytes of an end with its checksum.
    package static let endBytes = 9
    /// The most that a string takes beside its bytes, and the room that a number takes in its place.
    private static let stringOverhead = 5
    /// The most that an expiry and a type take.
    private static let itemOverhead = 10

    package init() {}

    /// Takes a piece of the file into the checksum: whatever was written since the last one, once, before it leaves.
    package mutating func checksum(_ piece: Bytes) {
        self.checksum = CRC64.of(piece, continuing: self.checksum)
    }

    package func header(to writer: Writer) { writer.raw("REDIS0009") }

    /// A fact about the file. Redis knows some and ignores the others.
    package func aux(_ name: StaticString, _ value: Bytes, to writer: Writer) {
        let name = Bytes(name)
        let start = writer.reserve(1 + 2 * Self.stringOverhead + name.count + value.count)
        start.storeBytes(of: RDBOpcode.aux.rawValue, as: UInt8.self)
        writer.commit(Self.put(value, at: Self.put(name, at: start + 1)) - start)
    }

    package func aux(_ name: StaticString, _ value: String, to writer: Writer) {
        var value = value
        value.withUTF8 { self.aux(name, Bytes($0), to: writer) }
    }

    /// Keys of database 0 follow, so many of them. A file without keys does not need this.
    package func sizes(keys: Int, expiring: Int, to writer: Writer) {
        let start = writer.reserve(3 + 2 * 9)
        start.storeBytes(of: RDBOpcode.selectDB.rawValue, as: UInt8.self)
        start.storeBytes(of: 0, toByteOffset: 1, as: UInt8.self)
        start.storeBytes(of: RDBOpcode.sizes.rawValue, toByteOffset: 2, as: UInt8.self)
        writer.commit(Self.put(length: expiring, at: Self.put(length: keys, at: start + 3)) - start)
    }

    /// A key with a string.
    package func string(_ key: Bytes, _ value: Bytes, expiry: Milliseconds?, to writer: Writer) {
        assert(self.missing == 0, "the value begun has not got all its elements")
        let start = writer.reserve(Self.itemOverhead + 2 * Self.stringOverhead + key.count + value.count)
        var cursor = Self.put(.string, expiry, at: start)
        cursor = Self.put(key, at: cursor)
        cursor = Self.put(value, at: cursor)
        writer.commit(cursor - start)
    }

    /// A key with a string of which not all is written at once: so many bytes must follow (`piece`).
    package mutating func begin(string key: Bytes, length: Int, expiry: Milliseconds?, to writer: Writer) {
        precondition(length > Self.longestNumber, "a short string is written as a whole")
        assert(self.missing == 0 && self.missingBytes == 0, "the value before is not complete")
        self.missingBytes = length
        let start = writer.reserve(Self.itemOverhead + Self.stringOverhead + key.count + 9)
        let cursor = Self.put(key, at: Self.put(.string, expiry, at: start))
        writer.commit(Self.put(length: length, at: cursor) - start)
    }

    /// The next bytes of a string that was begun.
    package mutating func piece(_ bytes: Bytes, to writer: Writer) {
        precondition(bytes.count <= self.missingBytes, "the string was announced with fewer bytes")
        self.missingBytes -= bytes.count
        writer.raw(bytes)
    }

    /// A key with so many elements, at least one, which must follow.
    package mutating func begin(
        _ kind: RDBKind,
        _ key: Bytes,
        count: Int,
        expiry: Milliseconds?,
        to writer: Writer
    ) {
        precondition(count > 0, "Redis knows no empty collection")
        assert(self.missing == 0, "the value before has not got all its elements")
        self.missing = count
        let type: RDBValueType =
            switch kind {
            case .list: .list
            case .set: .set
            case .sortedSet: .sortedSet
            case .hash: .hash
            }
        let start = writer.reserve(Self.itemOverhead + Self.stringOverhead + key.count + 9)
        let cursor = Self.put(key, at: Self.put(type, expiry, at: start))
        writer.commit(Self.put(length: count, at: cursor) - start)
    }

    /// An element of a list or a set.
    package mutating func member(_ member: Bytes, to writer: Writer) {
        self.countElement()
        let start = writer.reserve(Self.stringOverhead + member.count)
        writer.commit(Self.put(member, at: start) - start)
    }

    /// A field of a hash.
    package mutating func field(_ field: Bytes, _ value: Bytes, to writer: Writer) {
        self.countElement()
        let start = writer.reserve(2 * Self.stringOverhead + field.count + value.count)
        writer.commit(Self.put(value, at: Self.put(field, at: start)) - start)
    }

    /// A member of a sorted set. The score is a number.
    package mutating func member(_ member: Bytes, score: Double, to writer: Writer) {
        precondition(!score.isNaN, "a score is a number")
        self.countElement()
        let start = writer.reserve(Self.stringOverhead + member.count + 8)
        let cursor = Self.put(member, at: start)
        cursor.storeBytes(of: score.bitPattern.littleEndian, as: UInt64.self)
        writer.commit(cursor + 8 - start)
    }

    /// The end with its checksum.
    /// - Parameter from: where in the writer the bytes begin that have not been given to `checksum` yet.
    package mutating func end(from start: Int, to writer: Writer) {
        precondition(self.missing == 0 && self.missingBytes == 0, "the last value is not complete")
        writer.byte(RDBOpcode.end.rawValue)
        self.checksum(Bytes(rebasing: writer.bytes[start...]))
        writer.reserve(8).storeBytes(of: self.checksum.littleEndian, as: UInt64.self)
        writer.commit(8)
    }

    @inline(__always)
    private mutating func countElement() {
        precondition(self.missing > 0, "the value was announced with fewer elements")
        self.missing -= 1
    }

    @inline(__always)
    private static func put(
        _ type: RDBValueType,
        _ expiry: Milliseconds?,
        at start: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        var cursor = start
        if let expiry {
            cursor.storeBytes(of: RDBOpcode.expiryMilliseconds.rawValue, as: UInt8.self)
            cursor.storeBytes(of: expiry.littleEndian, toByteOffset: 1, as: Int64.self)
            cursor += 9
        }
        cursor.storeBytes(of: type.rawValue, as: UInt8.self)
        return cursor + 1
    }

    /// The longest string that may be written as a number: "-2147483648".
    private static let longestNumber = 11

    @inline(__always)
    private static func put(_ bytes: Bytes, at start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return Self.put(length: 0, at: start) }
        // A digit or a minus: only then is it worth a closer look.
        if bytes.count <= Self.longestNumber, source.load(as: UInt8.self) &- 0x2d < 13,
            let end = Self.put(number: bytes, at: start)
        {
            return end
        }
        let cursor = Self.put(length: bytes.count, at: start)
        cursor.copyMemory(from: source, byteCount: bytes.count)
        return cursor + bytes.count
    }

    @inline(__always)
    private static func put(length: Int, at start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        if length < RDBLength.oneByteEnd {
            start.storeBytes(of: UInt8(truncatingIfNeeded: length), as: UInt8.self)
            return start + 1
        }
        if length < RDBLength.twoByteEnd {
            let word = UInt16(truncatingIfNeeded: length) | UInt16(RDBLength.twoByteMark) << 8
            start.storeBytes(of: word.bigEndian, as: UInt16.self)
            return start + 2
        }
        return Self.put(longLength: length, at: start)
    }

    @inline(never)
    private static func put(longLength length: Int, at start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        if let word = UInt32(exactly: length) {
            start.storeBytes(of: RDBLength.word, as: UInt8.self)
            start.storeBytes(of: word.bigEndian, toByteOffset: 1, as: UInt32.self)
            return start + 5
        }
        start.storeBytes(of: RDBLength.doubleWord, as: UInt8.self)
        start.storeBytes(of: UInt64(length).bigEndian, toByteOffset: 1, as: UInt64.self)
        return start + 9
    }

    /// Writes a string that is a number of 32 bits in its canonical form as that number, as Redis does; nil for any
    /// other.
    @inline(never)
    private static func put(number bytes: Bytes, at start: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        guard let number = Decimal.read(bytes) else { return nil }
        if let byte = Int8(exactly: number) {
            start.storeBytes(of: RDBLength.int8, as: UInt8.self)
            start.storeBytes(of: byte, toByteOffset: 1, as: Int8.self)
            return start + 2
        }
        if let short = Int16(exactly: number) {
            start.storeBytes(of: RDBLength.int16, as: UInt8.self)
            start.storeBytes(of: short.littleEndian, toByteOffset: 1, as: Int16.self)
            return start + 3
        }
        guard let word = Int32(exactly: number) else { return nil }
        start.storeBytes(of: RDBLength.int32, as: UInt8.self)
        start.storeBytes(of: word.littleEndian, toByteOffset: 1, as: Int32.self)
        return start + 5
    }
}
