// Seeded random commands over few keys, so that they meet; many of them wrong in the ways that clients get them wrong.

import Primitives

struct CommandGenerator {
    var generator: SeededGenerator

    /// How many different elements collections have.
    let memberCount: Int
    /// Whether commands on collections are all that there is.
    let isOnCollections: Bool

    init(seed: UInt64, memberCount: Int = 12, onCollections isOnCollections: Bool = false) {
        self.generator = SeededGenerator(seed: seed)
        self.memberCount = memberCount
        self.isOnCollections = isOnCollections
    }

    static let keys: [[UInt8]] =
        ["", "a", "b", "ab", "key:1", "key:2", "key:3", "[x]", "two words", "\\"].map { Array($0.utf8) } + [
            [0, 255, 13, 10]
        ]

    static let integers = [
        "0", "1", "-1", "2", "-3", "10", "100", "007", "+1", "-0", "", " 1", "1 ", "abc", "1.5", "0x10", "536870912",
        "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775807",
        "4611686018427387904",
    ]

    static let fractions = [
        "0", "1", "-1", "0.1", "-0.1", "3.0e3", "1e-5", "5e-324", "0x1p3", "inf", "-inf", "nan", "", " 1", "1 ", "1x",
        "1.",
        ".5", "-.5e1", "1e400", "1e4932", "-1e4932", "1e5000", "1e-5000", "123456789.987654321", "1e17", "-0.0",
        "1e-18",
        "9223372036854775807", "0.00000000000000001", "infinity", "1e", "--1",
    ]

    static let names = [
        "GET", "GETSET", "GETDEL", "GETEX", "SETNX", "SETEX", "PSETEX", "MSET", "MSETNX", "MGET", "APPEND", "STRLEN",
        "GETRANGE", "SUBSTR", "SETRANGE", "INCR", "DECR", "INCRBY", "DECRBY", "INCRBYFLOAT", "SET", "SET", "SET", "DEL",
        "UNLINK", "EXISTS", "TOUCH", "TYPE", "RENAME", "RENAMENX", "COPY", "RANDOMKEY", "KEYS", "SCAN", "EXPIRE",
        "PEXPIRE",
        "EXPIREAT", "PEXPIREAT", "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "PERSIST", "DBSIZE", "FLUSHALL", "FLUSHDB",
        "MEMORY", "NOSUCH", "GE", "GETSETX", "COMMAND",
    ]

    /// A command whose outcome does not depend on a few milliseconds.
    mutating func next() -> [[UInt8]] {
        let name = self.pick(self.isOnCollections || self.chance(1, in: 2) ? Self.collectionNames : Self.names)
        // Emptying everything too often would leave nothing to meet.
        if name.hasPrefix("FLUSH"), !self.chance(1, in: 40) { return self.next() }
        var words = [self.anyCase(name)] + self.arguments(of: name)
        // Without its arguments, COMMAND lists more commands than there are here.
        guard name != "COMMAND" else { return words }
        // Asked for a random member very often, Redis answers until there is no memory left.
        if self.chance(1, in: 40), !name.contains("RAND") { words.append(self.value()) }
        if self.chance(1, in: 40), words.count > 1, name != "SPOP" { words.removeLast() }
        return words
    }

    /// A command that lets a key end very soon.
    mutating func nextShortLived() -> [[UInt8]] {
        let key = self.key()
        let milliseconds = Array("\(Int.random(in: 1...3, using: &self.generator))".utf8)
        switch Int.random(in: 0..<4, using: &self.generator) {
        case 0: return [Array("SET".utf8), key, self.value(), Array("PX".utf8), milliseconds]
        case 1: return [Array("PSETEX".utf8), key, milliseconds, self.value()]
        case 2: return [Array("PEXPIRE".utf8), key, milliseconds]
        default: return [Array("GETEX".utf8), key, Array("PX".utf8), milliseconds]
        }
    }

    mutating func arguments(of name: String) -> [[UInt8]] {
        switch name {
        case "GET", "GETDEL", "STRLEN", "INCR", "DECR", "TYPE", "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "PERSIST":
            [self.key()]
        case "GETSET", "SETNX", "APPEND": [self.key(), self.value()]
        case "GETEX": [self.key()] + self.options(["EX", "PX", "EXAT", "PXAT", "PERSIST", "KEEPTTL", "NX"])
        case "SET":
            [self.key(), self.value()]
                + self.options(["NX", "XX", "GET", "KEEPTTL", "EX", "PX", "EXAT", "PXAT", "PERSIST", "WHAT"])
        case "SETEX", "PSETEX": [self.key(), self.lifetime(), self.value()]
        case "MSET", "MSETNX": self.some(1...4) { [$0.key(), $0.value()] }
        case "MGET", "DEL", "UNLINK", "EXISTS", "TOUCH": self.some(1...4) { [$0.key()] }
        case "GETRANGE", "SUBSTR": [self.key(), self.integer(), self.integer()]
        case "SETRANGE": [self.key(), self.offset(), self.value()]
        case "INCRBY", "DECRBY": [self.key(), self.integer()]
        case "INCRBYFLOAT": [self.key(), Array(self.pick(Self.fractions).utf8)]
        case "RENAME", "RENAMENX": [self.key(), self.key()]
        case "COPY": [self.key(), self.key()] + self.copyOptions()
        case "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT":
            [self.key(), self.lifetime()]
                + self.some(self.chance(1, in: 2) ? 0...0 : 0...3) {
                    [$0.anyCase($0.pick(["NX", "XX", "GT", "LT", "GT", "ZZ"]))]
                }
        case "KEYS": [self.pattern()]
        case "SCAN": [self.cursor()] + self.scanOptions()
        case "FLUSHALL", "FLUSHDB": self.some(0...1) { [$0.anyCase($0.pick(["SYNC", "ASYNC", "NOW"]))] }
        case "MEMORY": [self.anyCase(self.pick(["USAGE", "USAGE", "USAGE", "NOSUCH"])), self.key()] + self.samples()
        case "NOSUCH", "GE", "GETSETX": self.some(0...6) { [$0.anyCase(String(repeating: "x", count: 37))] }
        case "COMMAND": self.introspection()
        default: self.collectionArguments(of: name)
        }
    }

    mutating func introspection() -> [[UInt8]] {
        let words = self.pick([
            ["GETKEYS", "MSET", "a", "b", "c", "d"], ["GETKEYS", "GET"], ["GETKEYS", "NOSUCH", "a"],
            ["GETKEYS", "PING", "a"],
            ["GETKEYS", "DEL", "a", "b"], ["GETKEYS", "COPY", "a", "b", "REPLACE"], ["GETKEYS", "GET", "a", "b"],
            ["GETKEYS", "SET", "a", "b", "EX", "1"], ["COUNT", "1"], ["LIST", "1"], ["LIST", "FILTERBY"], ["WHAT"],
            ["LIST", "FILTERBY", "PATTERN", "getr*"], ["LIST", "FILTERBY", "MODULE", "a"],
            ["LIST", "FILTERBY", "ACLCAT", "a"],
            ["INFO", "nosuch"], ["DOCS", "nosuch"], ["LIST", "FILTERBY", "WHAT", "a"],
        ])
        return words.map { Array($0.utf8) }
    }

    mutating func options(_ names: [String]) -> [[UInt8]] {
        self.some(self.chance(1, in: 3) ? 0...0 : 1...3) {
            let name = $0.pick(names)
            let word = $0.anyCase(name)
            return name.hasSuffix("X") && name != "NX" && name != "XX" || name.hasSuffix("AT")
                ? [word, $0.lifetime()] : [word]
        }
    }

    mutating func copyOptions() -> [[UInt8]] {
        self.some(0...2) {
            $0.chance(1, in: 2)
                ? [$0.anyCase("REPLACE")] : [$0.anyCase("DB"), $0.chance(2, in: 3) ? Array("0".utf8) : $0.integer()]
        }
    }

    mutating func scanOptions() -> [[UInt8]] {
        // More keys than there are, so that one call is the whole scan.
        let count = [[self.anyCase("COUNT"), Array("1000".utf8)]]
        let others: [[[UInt8]]] = self.someGroups(0...2) {
            switch Int.random(in: 0..<4, using: &$0.generator) {
            case 0: [$0.anyCase("MATCH"), $0.pattern()]
            case 1: [$0.anyCase("TYPE"), $0.anyCase($0.pick(["string", "list", "set", "zset", "hash", "nosuch"]))]
            case 2 where $0.chance(1, in: 4): [$0.anyCase("COUNT"), Array($0.pick(["0", "-1", "abc"]).utf8)]
            default: [$0.anyCase("MATCH"), Array("*".utf8)]
            }
        }
        return (others + count).flatMap { $0 }
    }

    mutating func samples() -> [[UInt8]] {
        self.some(0...1) { [$0.anyCase("SAMPLES"), $0.integer()] }
    }

    mutating func cursor() -> [UInt8] {
        Array(
            self.pick(["0", "0", "0", "0", "00", "+0", "-0", "", "abc", " 0", "0 ", "0x", "99999999999999999999", "-"])
                .utf8
        )
    }

    mutating func pattern() -> [UInt8] {
        Array(
            self.pick(["*", "**", "a*", "*b", "k??:[12]", "[^a]*", "\\[x]", "key:[3-1]", "", "?", "*:*", "[", "\\"])
                .utf8
        )
    }

    mutating func key() -> [UInt8] { self.pick(Self.keys) }

    mutating func integer() -> [UInt8] { Array(self.pick(Self.integers).utf8) }

    mutating func offset() -> [UInt8] {
        self.chance(1, in: 8)
            ? Array(self.pick(["-1", "x", "536870912", "536870913", "9223372036854775807"]).utf8)
            : Array("\(Int.random(in: 0..<300, using: &self.generator))".utf8)
    }

    mutating func value() -> [UInt8] {
        switch Int.random(in: 0..<5, using: &self.generator) {
        case 0: self.integer()
        case 1: Array(self.pick(Self.fractions).utf8)
        case 2:
            Array(
                repeating: UInt8.random(in: 0...255, using: &self.generator),
                count: Int.random(in: 0...200, using: &self.generator)
            )
        default: Array("\(Int.random(in: -1000...1000, using: &self.generator))".utf8)
        }
    }

    /// A number after EX, PXAT …: whatever its unit, it ends a key long ago, in a quarter of an hour at the earliest, or
    /// makes no sense.
    mutating func lifetime() -> [UInt8] {
        switch Int.random(in: 0..<8, using: &self.generator) {
        case 0: Array(self.pick(["0", "-1", "abc", "", "1.5", "9223372036854775807", "-9223372036854775808"]).utf8)
        case 1:
            Array(self.pick(["9223372036854775", "9223372036854776", "-9223372036854775", "9223370000000000000"]).utf8)
        case 2: Array(self.pick(["4102444800000", "4102444800123", "4102444800500", "4102444800"]).utf8)
        default: Array("\(Int.random(in: 1_000_000...9_000_000_000_000, using: &self.generator))".utf8)
        }
    }

    mutating func some(_ count: ClosedRange<Int>, _ make: (inout Self) -> [[UInt8]]) -> [[UInt8]] {
        self.someGroups(count, make).flatMap { $0 }
    }

    mutating func someGroups(_ count: ClosedRange<Int>, _ make: (inout Self) -> [[UInt8]]) -> [[[UInt8]]] {
        (0..<Int.random(in: count, using: &self.generator)).map { _ in make(&self) }
    }

    mutating func pick<T>(_ choices: [T]) -> T {
        choices[Int.random(in: 0..<choices.count, using: &self.generator)]
    }

    mutating func chance(_ part: Int, in whole: Int) -> Bool {
        Int.random(in: 0..<whole, using: &self.generator) < part
    }

    mutating func anyCase(_ word: String) -> [UInt8] {
        word.utf8.map { self.chance(1, in: 2) ? $0.lowercased : $0 }
    }
}
