// A digest of keys and values: 128 bits that are equal for equal data, on any node, whatever the order in which the data
// was written or is met. It tells that a replica agrees with its primary; it is no signature, because its constants are public.

import Primitives

/// The digest of any number of keys; those of several shards are added up.
package struct Digest: Hashable, Sendable {
    private var high: UInt64 = 0
    private var low: UInt64 = 0

    /// Of no keys.
    package init() {}

    /// Adds the keys of another digest.
    package mutating func add(_ other: Digest) {
        let (low, carry) = self.low.addingReportingOverflow(other.low)
        self.low = low
        self.high = self.high &+ other.high &+ (carry ? 1 : 0)
    }

    /// 32 hex digits.
    package var hex: String {
        func digits(_ value: UInt64) -> String {
            let text = String(value, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return digits(self.high) + digits(self.low)
    }

    // Two hashes under two seeds; that they are public costs nothing, because nobody is kept from making collisions by them.
    private static let highHash = KeyHash(seed: 0x736c_7569_6365_0001)
    private static let lowHash = KeyHash(seed: 0x736c_7569_6365_0002)

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    init(of bytes: Bytes) { self.init(high: Self.highHash(bytes), low: Self.lowHash(bytes)) }

    /// What comes of a digest and what follows it; the order matters.
    func followed(by other: Digest) -> Digest {
        Digest(high: Self.fold(self.high, other.high), low: Self.fold(self.low, other.low))
    }

    func followed(by number: UInt64) -> Digest { self.followed(by: Digest(high: number, low: ~number)) }

    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        // Both are added again, rotated, because a factor that happens to be zero would swallow the other.
        let first = left ^ 0x9e37_79b9_7f4a_7c15
        let second = right ^ 0xc2b2_ae3d_27d4_eb4f
        let product = first.multipliedFullWidth(by: second)
        return (product.high ^ product.low) &+ (left << 31 | left >> 33) ^ (right << 7 | right >> 57)
    }
}

extension Digest {
    /// What the elements of a value come to is begun with this, for a key with its expiry and the kind of its value.
    init(key: Bytes, kind: ValueKind, expiry: Milliseconds?) {
        let head = Digest(of: key).followed(by: UInt64(kind.rawValue))
        self = head.followed(by: expiry.map { UInt64(bitPattern: $0) } ?? 0).followed(by: expiry == nil ? 0 : 1)
    }

    /// An element of a collection. A list's place in it is what the caller makes of the order.
    init(_ element: CollectionElement) {
        self = Digest(of: element.member).followed(by: Digest(of: element.value))
            .followed(by: element.score.bitPattern)
    }
}
