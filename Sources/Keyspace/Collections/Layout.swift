// How an element lies in a leaf: its score (8 bytes, where it has one), its member, its value (where it has one). The lengths
// of member and value stand before them, in one byte up to 127, in two up to 16 383, in five beyond.

import Glibc
import Primitives

/// What elements a tree has, and in which order.
enum Layout: UInt8 {
    /// Members, by index.
    case list
    /// Members, by hash.
    case set
    /// Members with values, by the member's hash.
    case hash
    /// Members with scores, by score and then by the member's bytes.
    case score
    /// Members with scores, by the member's hash: tells the score of a member of a sorted set.
    case scoreIndex

    var hasScore: Bool { self == .score || self == .scoreIndex }
    var hasValue: Bool { self == .hash }
    var isHashed: Bool { self == .set || self == .hash || self == .scoreIndex }

    /// The first of the two things by which elements are ordered; the other one is the member's bytes.
    @inline(__always)
    func order(of element: Element, _ context: CollectionContext) -> UInt64 {
        switch self {
        case .list: 0
        case .set, .hash, .scoreIndex: context.hash(element.member)
        case .score: Self.order(element.score)
        }
    }

    /// A word that orders as the scores do. Both zeros are the same, as they are in Redis.
    static func order(_ score: Double) -> UInt64 {
        if score == 0 { return 1 << 63 }
        let bits = score.bitPattern
        return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    }
}

/// An element where it lies in a leaf, or what is to become one. Borrows its bytes.
struct Element {
    var member: Bytes
    var value = Bytes(start: nil, count: 0)
    var score = 0.0

    init(_ member: Bytes, value: Bytes = Bytes(start: nil, count: 0), score: Double = 0) {
        self.member = member
        self.value = value
        self.score = score
    }

    /// Reads the element that begins at an address.
    @inline(__always)
    init(at address: UnsafeRawPointer, _ layout: Layout) {
        var cursor = address
        if layout.hasScore {
            self.score = cursor.loadUnaligned(as: Double.self)
            cursor += 8
        }
        self.member = Self.readBytes(&cursor)
        if layout.hasValue { self.value = Self.readBytes(&cursor) }
    }

    /// Bytes that the element takes in a leaf.
    func size(_ layout: Layout) -> Int {
        (layout.hasScore ? 8 : 0) + Self.size(self.member) + (layout.hasValue ? Self.size(self.value) : 0)
    }

    func write(to address: UnsafeMutableRawPointer, _ layout: Layout) {
        var cursor = address
        if layout.hasScore {
            cursor.storeBytes(of: self.score, as: Double.self)
            cursor += 8
        }
        Self.write(self.member, &cursor)
        if layout.hasValue { Self.write(self.value, &cursor) }
    }

    /// As Redis orders them: by unsigned bytes, and a beginning before what goes on.
    @inline(__always)
    static func compare(_ left: Bytes, _ right: Bytes) -> Int {
        let common = min(left.count, right.count)
        if common > 0, let first = left.baseAddress, let second = right.baseAddress {
            let result = memcmp(first, second, common)
            if result != 0 { return Int(result) }
        }
        return left.count - right.count
    }

    private static let shortLength = 0x80
    private static let mediumLength = 0x4000

    private static func size(_ bytes: Bytes) -> Int {
        bytes.count + (bytes.count < Self.shortLength ? 1 : bytes.count < Self.mediumLength ? 2 : 5)
    }

    @inline(__always)
    private static func readBytes(_ cursor: inout UnsafeRawPointer) -> Bytes {
        let first = Int(cursor.load(as: UInt8.self))
        var length = first
        if first < Self.shortLength {
            cursor += 1
        } else if first < 0xc0 {
            length = (first & 0x3f) << 8 | Int(cursor.load(fromByteOffset: 1, as: UInt8.self))
            cursor += 2
        } else {
            length = Int((cursor + 1).loadUnaligned(as: UInt32.self))
            cursor += 5
        }
        let bytes = Bytes(start: cursor, count: length)
        cursor += length
        return bytes
    }

    private static func write(_ bytes: Bytes, _ cursor: inout UnsafeMutableRawPointer) {
        let length = bytes.count
        if length < Self.shortLength {
            cursor.storeBytes(of: UInt8(length), as: UInt8.self)
            cursor += 1
        } else if length < Self.mediumLength {
            cursor.storeBytes(of: UInt8(0x80 | length >> 8), as: UInt8.self)
            cursor.storeBytes(of: UInt8(length & 0xff), toByteOffset: 1, as: UInt8.self)
            cursor += 2
        } else {
            cursor.storeBytes(of: 0xc0, as: UInt8.self)
            (cursor + 1).storeBytes(of: UInt32(length), as: UInt32.self)
            cursor += 5
        }
        if let source = bytes.baseAddress { memcpy(cursor, source, length) }
        cursor += length
    }
}
