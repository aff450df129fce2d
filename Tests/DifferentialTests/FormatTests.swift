// The format between Redis and us, in both directions and in every form that Redis has for it: what it saves is read as
// what it has, and what we write is accepted by redis-check-rdb and loaded as what we meant.

import Glibc
import Primitives
import RDB
import Testing

@Suite(.serialized, .enabled(if: RedisServer.isInstalled, "redis-server is not installed; scripts/test installs it"))
struct FormatTests {
    private static let dump = "dump.rdb"

    private static func run(_ redis: RedisConnection, _ words: [[UInt8]]) throws {
        if case .line(UInt8(ascii: "-"), let text) = try redis.exchange(encode(words), replies: 1)[0] {
            Issue.record("\(String(decoding: words[0], as: UTF8.self)): \(String(decoding: text, as: UTF8.self))")
        }
    }

    /// Values of every type, small enough to be packed and large enough not to be, of every kind of element.
    private static func contents(seed: UInt64, largest: Int) -> Contents {
        var words = WordGenerator(seed: seed)
        var contents = Contents()
        for type in ["string", "list", "set", "hash", "zset"] {
            for (index, count) in [1, 3, 50, largest].enumerated() {
                for form in WordGenerator.Form.allCases {
                    let elements = (0..<(type == "string" ? 1 : count)).map { words.next(form, $0) }
                    let unique = elements.enumerated().map { Array("\($0 * 7919):".utf8) + $1 }
                    var value = Contents.Value(type: type, elements: form == .number ? elements : unique)
                    if type == "list" || type == "string" { value.elements = elements }
                    if type == "hash" { value.elements = value.elements.flatMap { [$0, words.next(form, 0)] } }
                    if type == "zset" { value.scores = value.elements.map { _ in words.score() } }
                    value.expiry = index % 2 == 0 ? nil : 4_000_000_000_000 + Milliseconds(index)
                    contents.set(Array("\(type) \(index) \(form) \0\u{ff}".utf8), value)
                }
            }
        }
        for number in ["0", "-129", "32768", "-2147483648", "2147483648", "007", "-0", ""] {
            contents.set(Array(number.utf8), Contents.Value(type: "string", elements: [Array(number.utf8)]))
        }
        return contents
    }

    /// Brings values into Redis by commands.
    private static func store(_ contents: Contents, in redis: RedisConnection) throws {
        for (key, value) in contents.values {
            let command =
                switch value.type {
                case "string": "SET"
                case "list": "RPUSH"
                case "set": "SADD"
                case "hash": "HSET"
                default: "ZADD"
                }
            var elements = value.elements
            if value.type == "zset" {
                elements = zip(value.elements, value.scores).flatMap { [Array("\($1)".utf8), $0] }
            }
            try Self.run(redis, [Array(command.utf8), key] + elements)
            if let expiry = value.expiry {
                try Self.run(redis, [Array("PEXPIREAT".utf8), key, Array("\(expiry)".utf8)])
            }
        }
    }

    @Test("what Redis saves is read as what Redis has", arguments: [("no", "0"), ("yes", "0"), ("yes", "1")])
    func redisToUs(compression: String, depth: String) throws {
        let directory = try TemporaryDirectory()
        let server = try RedisServer(directory: directory.path)
        let redis = try server.connect()
        for (name, value) in [("rdbcompression", compression), ("list-compress-depth", depth)] {
            try Self.run(redis, ["CONFIG", "SET", name, value].map { Array($0.utf8) })
        }
        let contents = Self.contents(seed: 11, largest: 600)
        try Self.store(contents, in: redis)
        let code = "#!lua name=example\nredis.register_function('f', function() return 1 end)"
        try Self.run(redis, ["FUNCTION", "LOAD", code].map { Array($0.utf8) })
        try Self.run(redis, [Array("SAVE".utf8)])
        #expect(try Contents(of: redis).values == contents.values)
        let snapshot = try directory.read(Self.dump)
        for pieceBytes in [1, 61, 4096, .max] {
            let read = try Contents(of: snapshot, pieceBytes: pieceBytes)
            #expect(read.values.count == contents.values.count)
            for (key, value) in contents.values { #expect(read.values[key] == value, "\(Reply.bulk(key))") }
            #expect(read.skipped.functions == 1)
        }
    }

    @Test("what we write is accepted by redis-check-rdb, and Redis has it after loading")
    func usToRedis() throws {
        let directory = try TemporaryDirectory()
        let contents = Self.contents(seed: 12, largest: 3000)
        let snapshot = contents.encoded()
        try directory.write(snapshot, to: Self.dump)
        #expect(try RedisServer.checks("\(directory.path)/\(Self.dump)"))
        var server = try RedisServer(directory: directory.path)
        #expect(try Contents(of: server.connect()).values == contents.values)
        // The checker and the server do look.
        var damaged = snapshot
        damaged[damaged.count / 2] ^= 1
        try directory.write(damaged, to: Self.dump)
        #expect(try !RedisServer.checks("\(directory.path)/\(Self.dump)"))
        try directory.write(Contents().encoded(), to: Self.dump)
        #expect(try RedisServer.checks("\(directory.path)/\(Self.dump)"))
        server = try RedisServer(directory: directory.path)
        #expect(try Contents(of: server.connect()).values.isEmpty)
    }

    @Test("a dump of Redis with a bit turned over or its end cut off is an error, and nothing worse without a checksum")
    func damage() throws {
        let directory = try TemporaryDirectory()
        let server = try RedisServer(directory: directory.path)
        let redis = try server.connect()
        let all = Self.contents(seed: 13, largest: 60).values.filter { $0.value.elements.count <= 8 }
        var contents = Contents()
        for (key, value) in all.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }).prefix(20) {
            contents.set(key, value)
        }
        try Self.store(contents, in: redis)
        try Self.run(redis, [Array("SAVE".utf8)])
        let snapshot = try directory.read(Self.dump)
        let unsealed = Array(snapshot.dropLast(8)) + [UInt8](repeating: 0, count: 8)
        #expect(try Contents(of: unsealed).values == contents.values)
        for count in 0..<snapshot.count {
            #expect(Self.failure(of: Array(snapshot[..<count]))?.code == .missingBytes)
        }
        for bit in 0..<(snapshot.count * 8) {
            var damaged = snapshot
            damaged[bit / 8] ^= 1 << (bit % 8)
            if Self.failure(of: damaged) == nil { Issue.record("bit \(bit)") }
            damaged = unsealed
            damaged[bit / 8] ^= 1 << (bit % 8)
            _ = Self.failure(of: damaged)
        }
    }

    private static func failure(of snapshot: [UInt8]) -> RDBError? {
        do throws(RDBError) {
            _ = try Contents(of: snapshot, pieceBytes: 300)
            return nil
        } catch {
            return error
        }
    }

    @Test("a stream in a dump of Redis is an error that names its key")
    func stream() throws {
        let directory = try TemporaryDirectory()
        let server = try RedisServer(directory: directory.path)
        let redis = try server.connect()
        _ = try redis.exchange("XADD", "the stream", "*", "field", "value")
        _ = try redis.exchange("SAVE")
        let error = try #require(Self.failure(of: try directory.read(Self.dump)))
        #expect(error.code == .unsupportedType)
        #expect(error.message.contains("value type 19 is not supported (a stream)"))
        #expect(error.message.contains("\"the stream\""))
    }
}

/// Words of every form in which Redis keeps one.
private struct WordGenerator {
    enum Form: CaseIterable { case number, large, text, compressible, binary, mixed }

    private var generator: SeededGenerator

    init(seed: UInt64) { self.generator = SeededGenerator(seed: seed) }

    mutating func next(_ form: Form, _ index: Int) -> [UInt8] {
        switch form {
        // No two are equal, so that a set has as many.
        case .number: return Array("\(index * 3 - 500)".utf8)
        case .large: return Array("\(Int64.random(in: .min ... .max, using: &self.generator))".utf8)
        case .text: return Array("word \(UInt8.random(in: 0...255, using: &self.generator))".utf8)
        case .compressible: return Array(repeating: UInt8(97 + index % 26), count: 30 + index % 300)
        case .binary:
            let count = Int.random(in: 0...90, using: &self.generator)
            return (0..<count).map { _ in UInt8.random(in: 0...255, using: &self.generator) }
        case .mixed:
            // Now and then one that is too long for a packed node.
            if index % 200 == 39 { return Array(repeating: UInt8(index & 0xff), count: 9000) }
            let forms = [Form.number, .large, .text, .binary]
            return self.next(forms[index % forms.count], index)
        }
    }

    mutating func score() -> Double {
        switch UInt8.random(in: 0..<6, using: &self.generator) {
        case 0: Double(Int.random(in: -1000...1000, using: &self.generator))
        case 1: .infinity
        case 2: -.infinity
        case 3: Double(Int64.random(in: .min ... .max, using: &self.generator))
        default: Double.random(in: -1e6...1e6, using: &self.generator)
        }
    }
}
