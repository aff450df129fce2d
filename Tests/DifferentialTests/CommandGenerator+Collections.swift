// Random commands on collections.

extension CommandGenerator {
    static let hashNames = [
        "HSET", "HSET", "HSET", "HSETNX", "HMSET", "HGET", "HMGET", "HGETALL", "HDEL", "HLEN", "HSTRLEN", "HEXISTS",
        "HKEYS", "HVALS", "HINCRBY", "HINCRBYFLOAT", "HSCAN", "HRANDFIELD",
    ]
    static let listNames = [
        "LPUSH", "LPUSH", "RPUSH", "RPUSH", "LPUSHX", "RPUSHX", "LPOP", "RPOP", "LLEN", "LRANGE", "LINDEX", "LSET",
        "LTRIM", "LREM", "LINSERT", "LMOVE", "RPOPLPUSH", "LPOS", "LPOS",
    ]
    static let setNames = [
        "SADD", "SADD", "SADD", "SREM", "SMEMBERS", "SISMEMBER", "SMISMEMBER", "SCARD", "SPOP", "SRANDMEMBER", "SMOVE",
        "SINTER", "SUNION", "SDIFF", "SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE", "SINTERCARD", "SSCAN",
    ]
    static let sortedSetNames = [
        "ZADD", "ZADD", "ZADD", "ZADD", "ZREM", "ZSCORE", "ZMSCORE", "ZINCRBY", "ZCARD", "ZCOUNT", "ZLEXCOUNT", "ZRANK",
        "ZREVRANK", "ZRANGE", "ZRANGE", "ZRANGEBYSCORE", "ZREVRANGEBYSCORE", "ZREVRANGE", "ZRANGEBYLEX",
        "ZREVRANGEBYLEX", "ZREMRANGEBYRANK", "ZREMRANGEBYSCORE", "ZREMRANGEBYLEX", "ZPOPMIN", "ZPOPMAX", "ZRANDMEMBER",
        "ZSCAN",
    ]
    static let collectionNames = hashNames + listNames + setNames + sortedSetNames + ["OBJECT", "TYPE", "DEL"]

    /// Its members all have one score, as ranges of names want it.
    static let lexKey = Array("lex".utf8)

    /// All keys that any command may touch.
    static let allKeys =
        keys + [lexKey] + ["h", "l", "s", "z"].flatMap { type in (0..<3).map { Array("\(type):\($0)".utf8) } }

    private static let bounds = [
        "-inf", "+inf", "inf", "(1", "(-2", "0", "1", "2.5", "-3", "(0", "5", "10", "(10", "abc", "", "(", " 1", "1 ",
        "nan", "(inf", "1e3", "0x2",
    ]

    mutating func collectionArguments(of name: String) -> [[UInt8]] {
        switch name.first {
        case "H": self.hashArguments(of: name)
        case "L", "R": self.listArguments(of: name)
        case "S": self.setArguments(of: name)
        case "Z": self.sortedSetArguments(of: name)
        case "O": [self.anyCase(self.pick(["ENCODING", "REFCOUNT", "FREQ", "IDLETIME", "NOSUCH"])), self.hashKey()]
        default: []
        }
    }

    // Keys mostly have the type that the command is for.
    private mutating func hashKey() -> [UInt8] { self.key(of: "h") }
    private mutating func listKey() -> [UInt8] { self.key(of: "l") }
    private mutating func setKey() -> [UInt8] { self.key(of: "s") }
    private mutating func sortedSetKey() -> [UInt8] { self.key(of: "z") }

    private mutating func key(of type: String) -> [UInt8] {
        self.chance(1, in: 8) ? self.key() : Array("\(type):\(Int.random(in: 0..<3, using: &self.generator))".utf8)
    }

    private mutating func member() -> [UInt8] {
        self.chance(1, in: 30)
            ? self.value() : Array("m\(Int.random(in: 0..<self.memberCount, using: &self.generator))".utf8)
    }

    /// Larger collections grow by more at a time.
    private var batch: ClosedRange<Int> { 1...(self.memberCount > 100 ? 40 : 3) }

    private mutating func index() -> [UInt8] {
        self.chance(1, in: 12)
            ? self.integer()
            : Array("\(Int.random(in: -self.memberCount...self.memberCount, using: &self.generator))".utf8)
    }

    private mutating func count() -> [UInt8] {
        self.chance(1, in: 10) ? Array(self.pick(["-1", "x", "", "9223372036854775808", "0"]).utf8) : self.smallCount()
    }

    private mutating func smallCount() -> [UInt8] {
        Array("\(Int.random(in: 0...(self.memberCount > 100 ? 30 : 4), using: &self.generator))".utf8)
    }

    private mutating func number() -> [UInt8] {
        // Redis keeps the sign of a zero in large sorted sets alone.
        self.chance(1, in: 3)
            ? Array(self.pick(Self.fractions.filter { $0 != "-0.0" }).utf8)
            : Array("\(Int.random(in: -9...9, using: &self.generator))".utf8)
    }

    private mutating func hashArguments(of name: String) -> [[UInt8]] {
        switch name {
        case "HSET", "HMSET": [self.hashKey()] + self.some(self.batch) { [$0.member(), $0.value()] }
        case "HSETNX": [self.hashKey(), self.member(), self.value()]
        case "HGET", "HSTRLEN", "HEXISTS": [self.hashKey(), self.member()]
        case "HMGET", "HDEL": [self.hashKey()] + self.some(1...4) { [$0.member()] }
        case "HINCRBY": [self.hashKey(), self.member(), self.integer()]
        case "HINCRBYFLOAT": [self.hashKey(), self.member(), self.number()]
        case "HSCAN": [self.hashKey(), self.cursor()] + self.memberScanOptions()
        case "HRANDFIELD": [self.hashKey()] + self.randomOptions("WITHVALUES")
        default: [self.hashKey()]
        }
    }

    private mutating func listArguments(of name: String) -> [[UInt8]] {
        switch name {
        case "LPUSH", "RPUSH", "LPUSHX", "RPUSHX": [self.listKey()] + self.some(self.batch) { [$0.member()] }
        case "LPOP", "RPOP": [self.listKey()] + self.some(0...1) { [$0.count()] }
        case "LRANGE", "LTRIM": [self.listKey(), self.index(), self.index()]
        case "LINDEX": [self.listKey(), self.index()]
        case "LSET": [self.listKey(), self.index(), self.member()]
        case "LREM": [self.listKey(), self.index(), self.member()]
        case "LINSERT":
            [
                self.listKey(), self.anyCase(self.pick(["BEFORE", "AFTER", "AFTER", "NEAR"])), self.member(),
                self.member(),
            ]
        case "LMOVE":
            [self.listKey(), self.listKey()]
                + self.some(2...2) { [$0.anyCase($0.pick(["LEFT", "RIGHT", "LEFT", "UP"]))] }
        case "RPOPLPUSH": [self.listKey(), self.listKey()]
        case "LPOS":
            [self.listKey(), self.member()]
                + self.some(0...2) {
                    [$0.anyCase($0.pick(["RANK", "COUNT", "MAXLEN", "RANK", "COUNT", "WHAT"])), $0.index()]
                }
        default: [self.listKey()]
        }
    }

    private mutating func setArguments(of name: String) -> [[UInt8]] {
        switch name {
        case "SADD": [self.setKey()] + self.some(self.batch) { [$0.member()] }
        case "SREM", "SMISMEMBER": [self.setKey()] + self.some(1...4) { [$0.member()] }
        case "SISMEMBER": [self.setKey(), self.member()]
        // What is chosen differs, unless it is everything.
        case "SPOP": [self.setKey(), Array(self.pick(["1000000", "1000000", "0", "-1", "x"]).utf8)]
        case "SRANDMEMBER": [self.setKey()] + self.some(0...1) { [$0.count()] }
        case "SMOVE": [self.setKey(), self.setKey(), self.member()]
        case "SINTER", "SUNION", "SDIFF": self.some(1...3) { [$0.setKey()] }
        case "SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE": [self.setKey()] + self.some(1...3) { [$0.setKey()] }
        case "SINTERCARD":
            [self.chance(1, in: 6) ? self.integer() : Array("2".utf8), self.setKey(), self.setKey()]
                + self.some(0...1) { [$0.anyCase($0.pick(["LIMIT", "LIMIT", "WHAT"])), $0.count()] }
        case "SSCAN": [self.setKey(), self.cursor()] + self.memberScanOptions()
        default: [self.setKey()]
        }
    }

    private mutating func sortedSetArguments(of name: String) -> [[UInt8]] {
        switch name {
        case "ZADD":
            self.chance(1, in: 4)
                ? [Self.lexKey] + self.some(self.batch) { [Array("0".utf8), $0.member()] }
                : [self.sortedSetKey()]
                    + self.some(self.chance(1, in: 2) ? 0...0 : 0...3) {
                        [$0.anyCase($0.pick(["NX", "XX", "GT", "LT", "CH", "INCR"]))]
                    } + self.some(self.chance(1, in: 2) ? 1...1 : self.batch) { [$0.number(), $0.member()] }
        case "ZREM", "ZMSCORE": [self.sortedSetKey()] + self.some(1...4) { [$0.member()] }
        case "ZINCRBY": [self.sortedSetKey(), self.number(), self.member()]
        case "ZSCORE", "ZRANK", "ZREVRANK": [self.sortedSetKey(), self.member()]
        case "ZCOUNT", "ZREMRANGEBYSCORE": [self.sortedSetKey(), self.bound(), self.bound()]
        case "ZLEXCOUNT", "ZREMRANGEBYLEX": [Self.lexKey, self.name(), self.name()]
        case "ZREMRANGEBYRANK": [self.sortedSetKey(), self.index(), self.index()]
        case "ZRANGE": self.range()
        case "ZREVRANGE": [self.sortedSetKey(), self.index(), self.index()] + self.rangeOptions(["WITHSCORES", "REV"])
        case "ZRANGEBYSCORE", "ZREVRANGEBYSCORE":
            [self.sortedSetKey(), self.bound(), self.bound()] + self.rangeOptions(["WITHSCORES", "LIMIT", "LIMIT"])
        case "ZRANGEBYLEX", "ZREVRANGEBYLEX":
            [Self.lexKey, self.name(), self.name()] + self.rangeOptions(["LIMIT", "LIMIT", "LIMIT", "WITHSCORES"])
        case "ZPOPMIN", "ZPOPMAX": [self.sortedSetKey()] + self.some(0...1) { [$0.count()] }
        case "ZRANDMEMBER": [self.sortedSetKey()] + self.randomOptions("WITHSCORES")
        case "ZSCAN": [self.sortedSetKey(), self.cursor()] + self.memberScanOptions()
        default: [self.sortedSetKey()]
        }
    }

    private mutating func range() -> [[UInt8]] {
        switch Int.random(in: 0..<4, using: &self.generator) {
        case 0:
            [self.sortedSetKey(), self.bound(), self.bound(), self.anyCase("BYSCORE")]
                + self.rangeOptions(["REV", "LIMIT", "WITHSCORES", "BYSCORE"])
        case 1: [Self.lexKey, self.name(), self.name(), self.anyCase("BYLEX")] + self.rangeOptions(["REV", "LIMIT"])
        default: [self.sortedSetKey(), self.index(), self.index()] + self.rangeOptions(["REV", "WITHSCORES", "REV"])
        }
    }

    private mutating func rangeOptions(_ names: [String]) -> [[UInt8]] {
        self.some(0...2) {
            let name = $0.pick(names)
            return name == "LIMIT" ? [$0.anyCase(name), $0.index(), $0.index()] : [$0.anyCase(name)]
        }
    }

    private mutating func bound() -> [UInt8] { Array(self.pick(Self.bounds).utf8) }

    private mutating func name() -> [UInt8] {
        switch Int.random(in: 0..<8, using: &self.generator) {
        case 0: Array(self.pick(["m", "", "-x", "+x", "[", "("]).utf8)
        case 1, 2: Array("-".utf8)
        case 3, 4: Array("+".utf8)
        default: Array(self.pick(["[", "("]).utf8) + self.member()
        }
    }

    private mutating func randomOptions(_ pairs: String) -> [[UInt8]] {
        switch Int.random(in: 0..<4, using: &self.generator) {
        case 0: []
        case 1: [self.count()]
        case 2: [Array("-\(Int.random(in: 0...5, using: &self.generator))".utf8), self.anyCase(pairs)]
        default: [self.count(), self.anyCase(self.chance(1, in: 8) ? "WHAT" : pairs)]
        }
    }

    private mutating func memberScanOptions() -> [[UInt8]] {
        self.some(0...1) {
            $0.chance(1, in: 6)
                ? [$0.anyCase($0.pick(["TYPE", "COUNT", "WHAT"])), Array("0".utf8)]
                : [$0.anyCase("MATCH"), $0.pattern()]
        } + [self.anyCase("COUNT"), Array("1000000".utf8)]
    }
}
