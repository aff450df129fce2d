// The keys of a Redis or of a snapshot in one form, so that they can be compared: sets and hashes in the order of their
// members.

import Glibc
import Primitives
import RDB
import RESP

struct Contents: Equatable {
    struct Value: Equatable {
        /// As `TYPE` says it.
        var type: String
        /// Elements; of a hash, each field with its value behind it.
        var elements: [[UInt8]]
        var scores: [Double] = []
        var expiry: Milliseconds?
    }

    private(set) var values: [[UInt8]: Value] = [:]
    private var open: [UInt8] = []
    private(set) var skipped = RDBSkipped()

    init() {}

    /// Everything that a Redis has, by its own answers.
    init(of redis: RedisConnection) throws {
        guard case .aggregate(_, let keys) = try redis.exchange("KEYS", "*") else { return }
        for case .bulk(let key) in keys {
            let facts = try redis.exchange(
                [["TYPE"], ["PEXPIRETIME"]].flatMap { encode(Self.words($0) + [key]) },
                replies: 2
            )
            guard case .line(_, let type) = facts[0] else { continue }
            var value = Value(type: String(decoding: type, as: UTF8.self), elements: [])
            value.expiry = facts[1].integer.flatMap { $0 < 0 ? nil : $0 }
            let question: (before: [String], after: [String]) =
                switch value.type {
                case "string": (["GET"], [])
                case "list": (["LRANGE"], ["0", "-1"])
                case "set": (["SMEMBERS"], [])
                case "hash": (["HGETALL"], [])
                default: (["ZRANGE"], ["0", "-1", "WITHSCORES"])
                }
            let words = Self.words(question.before) + [key] + Self.words(question.after)
            let answer = try redis.exchange(encode(words), replies: 1)[0]
            value.elements = Self.bulks(answer)
            if value.type == "zset" { value.takeScores() }
            value.sort()
            self.values[key] = value
        }
    }

    /// Everything that a snapshot has.
    init(of snapshot: [UInt8], pieceBytes: Int = .max) throws(RDBError) {
        let decoder = RDBDecoder()
        var contents = Contents()
        var start = 0
        while start < snapshot.count {
            let piece = Array(snapshot[start..<min(start + min(pieceBytes, snapshot.count), snapshot.count)])
            try piece.withUnsafeBufferPointer { (piece) throws(RDBError) in
                try decoder.decode(Bytes(piece)) { (event) throws(RDBError) in contents.take(event) }
            }
            start += piece.count
        }
        try decoder.finish()
        for key in Array(contents.values.keys) { contents.values[key]?.sort() }
        contents.skipped = decoder.skipped
        self = contents
    }

    mutating func set(_ key: [UInt8], _ value: Value) {
        self.values[key] = value
        self.values[key]?.sort()
    }

    private mutating func take(_ event: RDBEvent) {
        switch event {
        case .aux, .selectDB, .sizes, .endOfValue, .end: break
        case .string(let key, let value, let expiry):
            self.values[Array(key)] = Value(type: "string", elements: [Array(value)], expiry: expiry)
        case .begin(let kind, let key, _, let expiry):
            self.open = Array(key)
            let type =
                switch kind {
                case .list: "list"
                case .set: "set"
                case .sortedSet: "zset"
                case .hash: "hash"
                }
            self.values[self.open] = Value(type: type, elements: [], expiry: expiry)
        case .element(let member, let value, let score):
            guard let type = self.values[self.open]?.type else { preconditionFailure("an element without its key") }
            self.values[self.open]?.elements.append(Array(member))
            if type == "hash" { self.values[self.open]?.elements.append(Array(value)) }
            if type == "zset" { self.values[self.open]?.scores.append(score) }
        }
    }

    /// As a snapshot.
    func encoded() -> [UInt8] {
        let writer = Writer()
        var encoder = RDBEncoder()
        encoder.header(to: writer)
        encoder.aux("redis-ver", "7.0.15", to: writer)
        encoder.aux("sluice-position", "42", to: writer)
        encoder.sizes(keys: self.values.count, expiring: self.values.count { $0.value.expiry != nil }, to: writer)
        for (key, value) in self.values {
            key.withUnsafeBytes { key in
                value.encode(key, &encoder, writer)
            }
        }
        encoder.end(from: 0, to: writer)
        return Array(writer.bytes)
    }

    private static func words(_ words: [String]) -> [[UInt8]] { words.map { Array($0.utf8) } }

    private static func bulks(_ reply: Reply) -> [[UInt8]] {
        switch reply {
        case .bulk(let bytes): [bytes]
        case .aggregate(_, let replies): replies.flatMap { Self.bulks($0) }
        case .line: []
        }
    }
}

extension Contents.Value {
    /// Scores stand behind their members in Redis's answer.
    fileprivate mutating func takeScores() {
        self.scores = stride(from: 1, to: self.elements.count, by: 2).map {
            strtod(String(decoding: self.elements[$0], as: UTF8.self), nil)
        }
        self.elements = stride(from: 0, to: self.elements.count, by: 2).map { self.elements[$0] }
    }

    fileprivate mutating func sort() {
        switch self.type {
        case "set": self.elements.sort { $0.lexicographicallyPrecedes($1) }
        case "hash":
            let pairs = stride(from: 0, to: self.elements.count, by: 2).map { Array(self.elements[$0...($0 + 1)]) }
            self.elements = pairs.sorted { $0[0].lexicographicallyPrecedes($1[0]) }.flatMap { $0 }
        case "zset":
            let pairs = zip(self.elements, self.scores).sorted { left, right in
                left.1 < right.1 || left.1 == right.1 && left.0.lexicographicallyPrecedes(right.0)
            }
            self.elements = pairs.map(\.0)
            self.scores = pairs.map(\.1)
        default: break
        }
    }

    fileprivate func encode(_ key: Bytes, _ encoder: inout RDBEncoder, _ writer: Writer) {
        let kind: RDBKind
        switch self.type {
        case "string":
            return self.elements[0].withUnsafeBytes { encoder.string(key, $0, expiry: self.expiry, to: writer) }
        case "list": kind = .list
        case "set": kind = .set
        case "hash": kind = .hash
        default: kind = .sortedSet
        }
        let step = kind == .hash ? 2 : 1
        encoder.begin(kind, key, count: self.elements.count / step, expiry: self.expiry, to: writer)
        for index in stride(from: 0, to: self.elements.count, by: step) {
            self.elements[index].withUnsafeBytes { member in
                switch kind {
                case .list, .set: encoder.member(member, to: writer)
                case .sortedSet: encoder.member(member, score: self.scores[index], to: writer)
                case .hash: self.elements[index + 1].withUnsafeBytes { encoder.field(member, $0, to: writer) }
                }
            }
        }
    }
}
