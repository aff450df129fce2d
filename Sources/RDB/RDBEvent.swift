package import Primitives

/// What a snapshot says, in its order. Bytes are borrowed: they are valid until the call that was given the event
/// returns.
package enum RDBEvent {
    /// A fact about the file or its writer.
    case aux(name: Bytes, value: Bytes)
    /// The keys that follow are of this database.
    case selectDB(UInt64)
    /// How many keys follow, and how many of them expire; a hint, which need not be true.
    case sizes(keys: UInt64, expiring: UInt64)
    /// A key with its value and, if it expires, the time when it does.
    case string(key: Bytes, value: Bytes, expiry: Milliseconds?)
    /// A key whose elements follow, at least one, and then `endOfValue`.
    /// `count` is how many are announced: nil where that is not known before they have come, and a damaged file may
    /// announce any number, so nothing may be reserved for it unchecked.
    case begin(RDBKind, key: Bytes, count: Int?, expiry: Milliseconds?)
    /// An element of a list, a set (`member` alone), a hash (`value` too) or a sorted set (`score` too).
    case element(member: Bytes, value: Bytes, score: Double)
    case endOfValue
    /// The file is whole and its checksum right.
    case end
}
