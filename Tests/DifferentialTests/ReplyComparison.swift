// Which differences between Redis's reply and ours are none, and why.

import Primitives

enum ReplyComparison {
    /// Whether two replies to a command mean the same.
    static func agree(_ words: [[UInt8]], _ redis: Reply, _ ours: Reply) -> Bool {
        if redis == ours { return true }
        switch String(decoding: words[0], as: UTF8.self).uppercased() {
        case "KEYS", "SCAN":
            // No table has an order that means anything.
            return redis.sorted == ours.sorted
        case "RANDOMKEY": return redis.isBulk && ours.isBulk
        case "TTL", "EXPIRETIME": return Self.close(redis, ours, by: 1)
        case "PTTL", "PEXPIRETIME":
            // The two clocks are read at different moments.
            return Self.close(redis, ours, by: 2000)
        case "MEMORY":
            // Each tells what its own allocator takes, and Redis measures a key that has expired as long as it lies there.
            guard let theirs = redis.integer, theirs > 0 else { return false }
            return ours.integer.map { $0 > 0 } ?? ours.isNull
        case "COMMAND": return redis.sorted == ours.sorted
        case "HGETALL", "HKEYS", "HVALS", "HSCAN", "SMEMBERS", "SINTER", "SUNION", "SDIFF", "SSCAN", "SPOP":
            return redis.sorted == ours.sorted
        case "ZSCAN":
            // Redis writes whole scores with all their digits as long as the sorted set is small.
            return Self.numbers(redis) == Self.numbers(ours)
        case "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER": return redis.shape == ours.shape
        case "OBJECT":
            // Redis does not go back to a compact form, and tells for how long a key was idle.
            return redis.shape == ours.shape
        default: return false
        }
    }

    private static func numbers(_ reply: Reply) -> [String] {
        switch reply {
        case .line(let marker, let text): ["\(marker) \(text)"]
        case .bulk(let bytes):
            [Double(String(decoding: bytes, as: UTF8.self)).map { "\($0)" } ?? Reply.text(bytes)]
        case .aggregate(_, let elements): elements.flatMap { Self.numbers($0) }.sorted()
        }
    }

    private static func close(_ left: Reply, _ right: Reply, by distance: Int64) -> Bool {
        guard let left = left.integer, let right = right.integer, left >= 0, right >= 0 else { return false }
        return abs(left - right) <= distance
    }
}
