// Where a SCAN stands. The table is walked in the order of the leading bits of the hash, segment by segment, and within a
// segment by home bucket. A segment that splits keeps its first half at the same place, and a key never changes its home;
// so whatever splits between two calls, a key that is there all the time is returned. (Redis reaches the same end by counting
// with reversed bits, because its table doubles as a whole.)

/// A place in one shard's walk.
package struct ScanCursor: Equatable, Sendable {
    /// The leading bits of the hash at which the segment at work begins.
    var prefix: UInt64
    /// The next home bucket, 0 … 62.
    var home: Int

    package static let start = ScanCursor(prefix: 0, home: 0)

    /// Enough for the deepest segment that there can be.
    static let prefixBits = Table.deepest
    private static let homeBits = 6
    private static let shardBits = 8

    init(prefix: UInt64, home: Int) {
        self.prefix = prefix
        self.home = home
    }

    /// Reads a client's number. One that no scan gave out is a place like any other, or behind the end (nil).
    package init?(number: UInt64) {
        let bits = number >> UInt64(Self.shardBits)
        self.prefix = bits >> UInt64(Self.homeBits)
        self.home = min(Int(bits & 63), Segment.bucketCount - 1)
        guard self.prefix >> UInt64(Self.prefixBits) == 0 else { return nil }
    }

    /// The shard that a client's number is about.
    package static func shard(ofNumber number: UInt64) -> Int { Int(number & (1 << UInt64(Self.shardBits) - 1)) }

    /// The number that a client is given; 0 is the start of shard 0, and what ends a scan.
    package func number(shard: Int) -> UInt64 {
        precondition(shard >= 0 && shard < 1 << Self.shardBits, "a cursor has room for 256 shards")
        return (self.prefix << UInt64(Self.homeBits) | UInt64(self.home)) << UInt64(Self.shardBits) | UInt64(shard)
    }
}
