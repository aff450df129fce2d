import Glibc
import Keyspace
import Primitives
import Testing

/// A value of any kind, as it is made here, as it is made in Redis, and as it must be found in either.
struct SampleValue: Equatable {
    struct Element: Equatable {
        var member: [UInt8]
        var value: [UInt8] = []
        var score = 0.0
    }

    var kind: ValueKind
    var expiry: Milliseconds?
    /// One for a string. Lists in their order, sorted sets by score, the others by member.
    var elements: [Element]

    init(_ kind: ValueKind, expiry: Milliseconds?, _ elements: [Element]) {
        self.kind = kind
        self.expiry = expiry
        self.elements = elements
    }

    init(_ entry: Entry) {
        self.init(entry.kind, expiry: entry.expiry, [])
        guard let collection = entry.collection else {
            self.elements = [Element(member: Array(entry.value))]
            return
        }
        var elements: [Element] = []
        _ = collection.visit(from: 0) {
            elements.append(Element(member: Array($0.member), value: Array($0.value), score: $0.score))
            return true
        }
        if self.kind == .set || self.kind == .hash {
            elements.sort { $0.member.lexicographicallyPrecedes($1.member) }
        }
        self.elements = elements
    }

    /// Puts the value into a keyspace that does not have the key.
    func load(_ key: [UInt8], into keyspace: inout Keyspace) {
        if self.kind == .string {
            let isNew = key.withUnsafeBytes { key in
                self.elements[0].member.withUnsafeBytes { keyspace.load(key, $0, expiry: self.expiry) }
            }
            precondition(isNew, "the key is there already")
            return
        }
        var builder = keyspace.builder(self.kind)
        for element in self.elements {
            let isNew = element.member.withUnsafeBytes { member in
                element.value.withUnsafeBytes { builder.append(member: member, value: $0, score: element.score) }
            }
            precondition(isNew, "the element is there already")
        }
        let collection = builder.finish()
        let isNew = key.withUnsafeBytes { keyspace.load($0, collection, expiry: self.expiry) }
        precondition(isNew, "the key is there already")
    }

    /// What makes Redis have it.
    func commands(_ key: [UInt8]) -> [[[UInt8]]] {
        let name: String
        var words: [[UInt8]] = []
        switch self.kind {
        case .string: (name, words) = ("SET", [self.elements[0].member])
        case .list: (name, words) = ("RPUSH", self.elements.map(\.member))
        case .set: (name, words) = ("SADD", self.elements.map(\.member))
        case .hash: (name, words) = ("HSET", self.elements.flatMap { [$0.member, $0.value] })
        case .sortedSet: (name, words) = ("ZADD", self.elements.flatMap { [Array("\($0.score)".utf8), $0.member] })
        }
        var commands = [[Array(name.utf8), key] + words]
        if let expiry = self.expiry {
            commands.append([Array("PEXPIREAT".utf8), key, Array("\(expiry)".utf8)])
        }
        return commands
    }

    func expect(_ key: [UInt8], in redis: RedisConnection) throws {
        let question: [String] =
            switch self.kind {
            case .string: ["GET"]
            case .list: ["LRANGE", "0", "-1"]
            case .set: ["SMEMBERS"]
            case .hash: ["HGETALL"]
            case .sortedSet: ["ZRANGE", "0", "-1", "WITHSCORES"]
            }
        let words = question.map { Array($0.utf8) }
        let replies = try redis.exchange(
            encode([words[0], key] + words[1...]) + encode([Array("PEXPIRETIME".utf8), key]),
            replies: 2
        )
        #expect(replies[1].integer == self.expiry ?? -1)
        let bulks = replies[0].bulks
        var found: [Element] = []
        switch self.kind {
        case .string, .list, .set: found = bulks.map { Element(member: $0) }
        case .hash:
            for index in stride(from: 0, to: bulks.count - 1, by: 2) {
                found.append(Element(member: bulks[index], value: bulks[index + 1]))
            }
        case .sortedSet:
            for index in stride(from: 0, to: bulks.count - 1, by: 2) {
                let score = try #require(Double(String(decoding: bulks[index + 1], as: UTF8.self)))
                found.append(Element(member: bulks[index], score: score))
            }
        }
        if self.kind == .set || self.kind == .hash { found.sort { $0.member.lexicographicallyPrecedes($1.member) } }
        let isAsExpected = found == self.elements
        #expect(isAsExpected, "\(self.kind) \(String(decoding: key, as: UTF8.self))")
    }
}

extension Reply {
    /// The bytes of a bulk string, or of those in an array.
    var bulks: [[UInt8]] {
        switch self {
        case .line: []
        case .bulk(let bytes): [bytes]
        case .aggregate(_, let elements): elements.flatMap(\.bulks)
        }
    }
}

/// Keys with values of every kind, small and large, that last or end in years.
struct SampleValues {
    private(set) var all: [[UInt8]: SampleValue] = [:]
    private var generator: SeededGenerator

    init(seed: UInt64, count: Int) {
        self.generator = SeededGenerator(seed: seed)
        for number in 0..<count {
            let kind = ValueKind.allCases[number % ValueKind.allCases.count]
            let expiry: Milliseconds? = self.number(0...2) == 0 ? 4_000_000_000_000 + Milliseconds(number) : nil
            self.all[Array("key:\(number)".utf8)] = SampleValue(kind, expiry: expiry, self.elements(kind))
        }
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self.generator) }

    private mutating func bytes() -> [UInt8] {
        switch self.number(0...9) {
        case 0...2: Array(String(self.number(-100_000_000_000...100_000_000_000) >> self.number(0...30)).utf8)
        case 3: [UInt8](repeating: UInt8(self.number(0...255)), count: self.number(0...2000))
        default: (0..<self.number(0...40)).map { _ in UInt8.random(in: 0...255, using: &self.generator) }
        }
    }

    private mutating func elements(_ kind: ValueKind) -> [SampleValue.Element] {
        let count = kind == .string ? 1 : self.number(0...20) == 0 ? 700 : self.number(1...20)
        var elements: [SampleValue.Element] = []
        var members: Set<[UInt8]> = []
        for _ in 0..<count {
            let member = self.bytes()
            if kind != .list, !members.insert(member).inserted { continue }
            let score = Double(self.number(-1_000_000...1_000_000)) / Double(self.number(1...7))
            elements.append(
                SampleValue.Element(
                    member: member,
                    value: kind == .hash ? self.bytes() : [],
                    score: kind == .sortedSet ? score : 0
                )
            )
        }
        switch kind {
        case .string, .list: break
        case .set, .hash: elements.sort { $0.member.lexicographicallyPrecedes($1.member) }
        case .sortedSet:
            elements.sort {
                $0.score == $1.score ? $0.member.lexicographicallyPrecedes($1.member) : $0.score < $1.score
            }
        }
        return elements
    }
}
