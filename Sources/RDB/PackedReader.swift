// The forms in which Redis packs small collections into one string. What each is made of stands in a file of its own;
// all are little-endian where they do not say otherwise. A reader checks every byte that it relies on, and what Redis
// checks, too.

import Primitives

enum PackedForm {
    case listpack
    case ziplist
    case intset
    case zipmap
}

/// Why a packed value cannot be read, to stand behind "a listpack".
struct PackedDamage: Error {
    let reason: StaticString

    init(_ reason: StaticString) { self.reason = reason }
}

enum PackedEntry {
    case bytes(Bytes)
    case integer(Int64)
}

/// Goes over the entries of a packed value; those of a hash and a sorted set come in pairs.
struct PackedReader {
    let form: PackedForm
    let blob: Bytes
    /// The next entry; 0 before the header has been read.
    var place = 0
    /// Where the entries end.
    var end = 0
    /// Entries so far, and as many as the header announces; nil when that could not be written down.
    var count = 0
    var announced: Int?
    /// Ziplist: the bytes of the entry before, and where the last one must begin.
    var previousBytes = 0
    var tail = 0
    /// Intset: bytes of a number, and the one before.
    var width = 0
    var previous = Int64.min
    /// Zipmap: whether a value comes next.
    var isValue = false

    init(_ form: PackedForm, _ blob: Bytes) {
        self.form = form
        self.blob = blob
    }

    /// The next entry; nil after the last.
    mutating func next() throws(PackedDamage) -> PackedEntry? {
        if self.place == 0 {
            switch self.form {
            case .listpack: try self.beginListpack()
            case .ziplist: try self.beginZiplist()
            case .intset: try self.beginIntset()
            case .zipmap: try self.beginZipmap()
            }
        }
        guard self.place < self.end else {
            if let announced = self.announced, announced != self.count {
                throw PackedDamage("has another number of entries than it says")
            }
            return nil
        }
        self.count += 1
        return switch self.form {
        case .listpack: try self.nextOfListpack()
        case .ziplist: try self.nextOfZiplist()
        case .intset: try self.nextOfIntset()
        case .zipmap: try self.nextOfZipmap()
        }
    }

    /// The byte so far from the beginning; it must be there.
    func byte(_ place: Int) -> UInt8 { self.blob[place] }

    /// A little-endian number so far from the beginning; it must be there.
    func integer<Number: FixedWidthInteger>(_ place: Int, _: Number.Type) -> Number {
        Number(littleEndian: self.blob.loadUnaligned(fromByteOffset: place, as: Number.self))
    }

    /// Some bytes so far from the beginning, which must lie before the end.
    func bytes(_ place: Int, _ count: Int) throws(PackedDamage) -> Bytes {
        try self.require(count, from: place)
        return Bytes(rebasing: self.blob[place..<(place + count)])
    }

    func require(_ count: Int, from place: Int) throws(PackedDamage) {
        if self.end - place < count { throw PackedDamage("has an entry that reaches beyond its end") }
    }

    /// A signed number of three bytes.
    func integer24(_ place: Int) -> Int64 {
        Int64(self.integer(place, UInt16.self)) | Int64(Int8(bitPattern: self.byte(place + 2))) << 16
    }

    /// What headers write when a count does not fit into two bytes.
    static let uncounted = UInt16.max
    /// The byte behind the last entry.
    static let terminator: UInt8 = 0xff
}
