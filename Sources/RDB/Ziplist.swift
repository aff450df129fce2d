// A ziplist: its bytes (4), where its last entry begins (4), its entries (2), the entries, 0xff. An entry: the bytes of
// the one before (one byte, or 0xfe and four), a form with the length of a string or the width of a number, and that.
//
// Source: https://rdb.fnordig.de/file_format.html#ziplist-encoding

import Primitives

extension PackedReader {
    private static let ziplistHeader = 10
    /// In the place of a length: four bytes of it follow.
    private static let longLength: UInt8 = 0xfe

    mutating func beginZiplist() throws(PackedDamage) {
        guard self.blob.count > Self.ziplistHeader, self.blob.count == Int(self.integer(0, UInt32.self)),
            self.byte(self.blob.count - 1) == Self.terminator
        else { throw PackedDamage("does not begin or end as one") }
        let count = self.integer(8, UInt16.self)
        self.tail = Int(self.integer(4, UInt32.self))
        self.announced = count == Self.uncounted ? nil : Int(count)
        self.place = Self.ziplistHeader
        self.end = self.blob.count - 1
        if self.place == self.end, self.tail != self.place { throw PackedDamage("has its last entry elsewhere") }
    }

    mutating func nextOfZiplist() throws(PackedDamage) -> PackedEntry {
        let start = self.place
        var previous = Int(self.byte(start))
        self.place += 1
        if previous >= Int(Self.longLength) {
            try self.require(4, from: self.place)
            previous = Int(self.integer(self.place, UInt32.self))
            self.place += 4
        }
        guard previous == self.previousBytes else { throw PackedDamage("has an entry whose two lengths differ") }
        try self.require(1, from: self.place)
        let mark = self.byte(self.place)
        let entry = mark < 0xc0 ? try self.stringOfZiplist(mark) : try self.numberOfZiplist(mark)
        self.previousBytes = self.place - start
        if self.place == self.end, self.tail != start { throw PackedDamage("has its last entry elsewhere") }
        return entry
    }

    /// Lengths of strings are the only big-endian numbers here.
    private mutating func stringOfZiplist(_ mark: UInt8) throws(PackedDamage) -> PackedEntry {
        var length = Int(mark & 0x3f)
        var header = 1
        switch mark >> 6 {
        case 0: break
        case 1:
            try self.require(2, from: self.place)
            header = 2
            length = length << 8 | Int(self.byte(self.place + 1))
        default:
            try self.require(5, from: self.place)
            header = 5
            length = Int(self.integer(self.place + 1, UInt32.self).byteSwapped)
        }
        let bytes = try self.bytes(self.place + header, length)
        self.place += header + length
        return .bytes(bytes)
    }

    private mutating func numberOfZiplist(_ mark: UInt8) throws(PackedDamage) -> PackedEntry {
        let place = self.place + 1
        // Up to twelve, a number is in the form itself.
        if (0xf1...0xfd).contains(mark) {
            self.place = place
            return .integer(Int64(mark & 0x0f) - 1)
        }
        let width: Int? =
            switch mark {
            case 0xfe: 1
            case 0xc0: 2
            case 0xf0: 3
            case 0xd0: 4
            case 0xe0: 8
            default: nil
            }
        guard let width else { throw PackedDamage("has an entry of an unknown form") }
        try self.require(width, from: place)
        self.place = place + width
        switch width {
        case 1: return .integer(Int64(self.integer(place, Int8.self)))
        case 2: return .integer(Int64(self.integer(place, Int16.self)))
        case 3: return .integer(self.integer24(place))
        case 4: return .integer(Int64(self.integer(place, Int32.self)))
        default: return .integer(self.integer(place, Int64.self))
        }
    }
}
