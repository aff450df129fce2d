import Primitives

/// Why an item was not read to its end.
enum RDBInterruption: Error {
    /// At least so many bytes more are needed; nothing has been taken.
    case incomplete(missing: Int)
    case failed(RDBError)
}

/// Bytes to be read from front to back.
struct RDBInput {
    var cursor: UnsafeRawPointer
    let end: UnsafeRawPointer

    init?(_ bytes: Bytes) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return nil }
        self.cursor = start
        self.end = start + bytes.count
    }

    var left: Int { self.end - self.cursor }

    var rest: Bytes { Bytes(start: self.cursor, count: self.left) }

    /// The next byte, which stays where it is. There must be one.
    var next: UInt8 { self.cursor.load(as: UInt8.self) }

    @inline(__always)
    func require(_ count: Int) throws(RDBInterruption) {
        if self.left < count { throw .incomplete(missing: count - self.left) }
    }

    @inline(__always)
    mutating func take(_ count: Int) throws(RDBInterruption) -> Bytes {
        try self.require(count)
        defer { self.cursor += count }
        return Bytes(start: self.cursor, count: count)
    }

    /// A little-endian number.
    @inline(__always)
    mutating func integer<Number: FixedWidthInteger>(_: Number.Type) throws(RDBInterruption) -> Number {
        try self.require(MemoryLayout<Number>.size)
        defer { self.cursor += MemoryLayout<Number>.size }
        return Number(littleEndian: self.cursor.loadUnaligned(as: Number.self))
    }
}
