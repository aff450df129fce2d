// A listpack: its bytes (4), its entries (2), the entries, 0xff. An entry: a byte that tells the form, a number or a
// string, and the length of all that once more, in groups of seven bits, to be read backwards.
//
// Source: https://github.com/antirez/listpack/blob/master/listpack.md

import Primitives

extension PackedReader {
    private static let listpackHeader = 6

    mutating func beginListpack() throws(PackedDamage) {
        guard self.blob.count > Self.listpackHeader, self.blob.count == Int(self.integer(0, UInt32.self)),
            self.byte(self.blob.count - 1) == Self.terminator
        else { throw PackedDamage("does not begin or end as one") }
        let count = self.integer(4, UInt16.self)
        self.announced = count == Self.uncounted ? nil : Int(count)
        self.place = Self.listpackHeader
        self.end = self.blob.count - 1
    }

    mutating func nextOfListpack() throws(PackedDamage) -> PackedEntry {
        let start = self.place
        let mark = self.byte(start)
        var length = 1
        let entry: PackedEntry
        switch mark {
        case 0..<0x80: entry = .integer(Int64(mark))
        case 0x80..<0xc0:
            length += Int(mark & 0x3f)
            entry = .bytes(try self.bytes(start + 1, length - 1))
        case 0xc0..<0xe0:
            length = 2
            try self.require(length, from: start)
            let bits = Int64(mark & 0x1f) << 8 | Int64(self.byte(start + 1))
            entry = .integer(bits < 4096 ? bits : bits - 8192)
        case 0xe0..<0xf0:
            try self.require(2, from: start)
            length = 2 + (Int(mark & 0x0f) << 8 | Int(self.byte(start + 1)))
            entry = .bytes(try self.bytes(start + 2, length - 2))
        case 0xf0:
            try self.require(5, from: start)
            length = 5 + Int(self.integer(start + 1, UInt32.self))
            entry = .bytes(try self.bytes(start + 5, length - 5))
        case 0xf1...0xf4:
            length = mark == 0xf4 ? 9 : Int(mark) - 0xf1 + 3
            try self.require(length, from: start)
            entry = .integer(self.numberOfListpack(mark, start + 1))
        default: throw PackedDamage("has an entry of an unknown form")
        }
        self.place = start + length
        try self.passBackLength(length)
        return entry
    }

    private func numberOfListpack(_ mark: UInt8, _ place: Int) -> Int64 {
        switch mark {
        case 0xf1: Int64(self.integer(place, Int16.self))
        case 0xf2: self.integer24(place)
        case 0xf3: Int64(self.integer(place, Int32.self))
        default: self.integer(place, Int64.self)
        }
    }

    /// Passes over the length of an entry, which stands behind it: the highest group of bits first, and all but that
    /// one marked as having another before them.
    private mutating func passBackLength(_ length: Int) throws(PackedDamage) {
        // The bounds are those of Redis, which takes a byte more than it must for a few lengths.
        let count =
            switch length {
            case ...127: 1
            case ..<16_383: 2
            case ..<2_097_151: 3
            case ..<268_435_455: 4
            default: 5
            }
        try self.require(count, from: self.place)
        for index in 0..<count {
            let bits = UInt8(truncatingIfNeeded: length >> (7 * (count - 1 - index)) & 0x7f)
            guard self.byte(self.place + index) == (index == 0 ? bits : bits | 0x80) else {
                throw PackedDamage("has an entry whose two lengths differ")
            }
        }
        self.place += count
    }
}
