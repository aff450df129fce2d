// An intset: the width of a number (4: two, four or eight), how many (4), the numbers in ascending order. A zipmap: its
// pairs (1, from 254 on unknown), then for each pair the length of the key (one byte, or 0xfe and four), the key, the
// length of the value, the bytes unused behind it (1), the value, those; 0xff.
//
// Source: https://rdb.fnordig.de/file_format.html#intset-encoding, #zipmap-encoding

import Primitives

extension PackedReader {
    private static let intsetHeader = 8

    mutating func beginIntset() throws(PackedDamage) {
        guard self.blob.count >= Self.intsetHeader else { throw PackedDamage("does not begin as one") }
        self.width = Int(self.integer(0, UInt32.self))
        let count = Int(self.integer(4, UInt32.self))
        guard self.width == 2 || self.width == 4 || self.width == 8,
            self.blob.count == Self.intsetHeader + count * self.width
        else { throw PackedDamage("has another length than it says") }
        self.place = Self.intsetHeader
        self.end = self.blob.count
    }

    mutating func nextOfIntset() throws(PackedDamage) -> PackedEntry {
        let number =
            switch self.width {
            case 2: Int64(self.integer(self.place, Int16.self))
            case 4: Int64(self.integer(self.place, Int32.self))
            default: self.integer(self.place, Int64.self)
            }
        guard self.count == 1 || number > self.previous else { throw PackedDamage("is not in order") }
        self.previous = number
        self.place += self.width
        return .integer(number)
    }

    /// From this byte on a zipmap does not say how many pairs it has.
    private static let uncountedPairs: UInt8 = 254
    /// In the place of a length: four bytes of it follow.
    private static let longMark: UInt8 = 254

    mutating func beginZipmap() throws(PackedDamage) {
        guard self.blob.count >= 2, self.byte(self.blob.count - 1) == Self.terminator else {
            throw PackedDamage("does not begin or end as one")
        }
        let pairs = self.byte(0)
        self.announced = pairs < Self.uncountedPairs ? 2 * Int(pairs) : nil
        self.place = 1
        self.end = self.blob.count - 1
    }

    mutating func nextOfZipmap() throws(PackedDamage) -> PackedEntry {
        let mark = self.byte(self.place)
        guard mark != Self.terminator else { throw PackedDamage("ends before its end") }
        var place = self.place + 1
        var length = Int(mark)
        if mark == Self.longMark {
            try self.require(4, from: place)
            length = Int(self.integer(place, UInt32.self))
            place += 4
        }
        var unused = 0
        if self.isValue {
            try self.require(1, from: place)
            unused = Int(self.byte(place))
            place += 1
        }
        let bytes = try self.bytes(place, length)
        try self.require(unused, from: place + length)
        self.place = place + length + unused
        self.isValue.toggle()
        return .bytes(bytes)
    }
}
