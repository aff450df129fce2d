// The installed Redis decides what is right: the same random commands through it and through a shard in this process, reply
// by reply; and the mutations of that shard into a replica and into another Redis, key by key.

import Glibc
import Keyspace
import Primitives
import RESP
import Testing

@Suite(.serialized, .enabled(if: RedisServer.isInstalled, "redis-server is not installed; scripts/test installs it"))
struct DifferentialTests {
    private static var now: Milliseconds {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Milliseconds(time.tv_sec) * 1000 + Milliseconds(time.tv_nsec) / 1_000_000
    }

    @Test("Random commands get Redis's replies, and their mutations make an equal replica", arguments: [2, 3])
    func randomCommands(version: Int64) throws {
        try self.compare(CommandGenerator(seed: UInt64(version)), version: version, rounds: 1200)
    }

    @Test("Random commands on large collections get Redis's replies, and an equal replica", arguments: [2, 3])
    func largeCollections(version: Int64) throws {
        let generator = CommandGenerator(seed: UInt64(version), memberCount: 3000, onCollections: true)
        try self.compare(generator, version: version, rounds: 60)
    }

    private func compare(_ start: CommandGenerator, version: Int64, rounds: Int) throws {
        var generator = start
        let server = try RedisServer()
        let redis = try server.connect()
        _ = try redis.exchange("HELLO", "\(version)")
        let shard = Shard(seed: 7, try #require(ProtocolVersion(rawValue: version)))
        var differences = 0
        for round in 0..<rounds {
            var batch = (0..<25).map { _ in generator.next() }
            let endsSoon = round % 4 == 0
            if endsSoon { batch.append(generator.nextShortLived()) }
            // DBSIZE counts keys that have expired and were not met since; EXISTS meets them all.
            batch = batch.flatMap { words in
                String(decoding: words[0], as: UTF8.self).uppercased() == "DBSIZE"
                    ? [[Array("EXISTS".utf8)] + CommandGenerator.allKeys, words] : [words]
            }
            let replies = try redis.exchange(batch.flatMap(encode), replies: batch.count)
            for (words, expected) in zip(batch, replies) {
                let actual = try #require(shard.execute(words, now: Self.now))
                guard !ReplyComparison.agree(words, expected, actual) else { continue }
                differences += 1
                Issue.record("\(words.map(Reply.bulk)): Redis \(expected), here \(actual)")
                try #require(differences < 25, "too many differences")
            }
            if endsSoon { usleep(5000) }
        }
        let contents = shard.contents(now: Self.now)
        #expect(contents.primary == contents.replica)
        #expect(shard.mutationCount > rounds * 3)
        try Self.expect(contents.primary, in: redis, exactExpiry: false)
        // The same stream is good for Redis itself.
        _ = try redis.exchange("FLUSHALL")
        let answers = try redis.exchange(shard.stream, replies: shard.mutationCount)
        #expect(!answers.contains { if case .line(UInt8(ascii: "-"), _) = $0 { true } else { false } })
        try Self.expect(contents.primary, in: redis, exactExpiry: true)
    }

    private static func expect(_ records: Set<Shard.Record>, in redis: RedisConnection, exactExpiry: Bool) throws {
        for record in records {
            let questions = [Self.question(record), [Array("PEXPIRETIME".utf8), record.key]]
            let answers = try redis.exchange(questions.flatMap(encode), replies: 2)
            #expect(Self.elements(answers[0], of: record.kind) == Self.elements(record), "\(Reply.bulk(record.key))")
            let expiry = try #require(answers[1].integer)
            let difference = expiry.subtractingReportingOverflow(record.expiry ?? -1).partialValue.magnitude
            #expect(difference <= (exactExpiry ? 0 : 2000), "\(record)")
        }
        _ = try redis.exchange(encode([Array("EXISTS".utf8)] + CommandGenerator.allKeys), replies: 1)
        #expect(try redis.exchange("DBSIZE").integer == Int64(records.count))
    }

    /// What asks Redis for a whole value.
    private static func question(_ record: Shard.Record) -> [[UInt8]] {
        let words: [String] =
            switch record.kind {
            case .string: ["GET"]
            case .list: ["LRANGE", "0", "-1"]
            case .set: ["SMEMBERS"]
            case .sortedSet: ["ZRANGE", "0", "-1", "WITHSCORES"]
            case .hash: ["HGETALL"]
            }
        return [Array(words[0].utf8), record.key] + words.dropFirst().map { Array($0.utf8) }
    }

    private static func elements(_ reply: Reply, of kind: ValueKind) -> [String] {
        guard case .aggregate(_, let all) = reply else { return ["\(reply)"] }
        // In RESP3 a member and its score are an array of their own.
        let flat = all.flatMap { element -> [Reply] in
            if case .aggregate(_, let pair) = element { pair } else { [element] }
        }
        let words = flat.map { reply -> String in
            switch reply {
            case .bulk(let bytes): Reply.text(bytes)
            case .line(_, let bytes): Reply.text(bytes)
            case .aggregate: "nested"
            }
        }
        return kind == .set || kind == .hash ? words.sorted() : words
    }

    private static func elements(_ record: Shard.Record) -> [String] {
        if record.kind == .string { return ["\(Reply.bulk(record.value))"] }
        let words = record.elements.flatMap { element -> [String] in
            switch record.kind {
            case .string, .list, .set: [Reply.text(element.member)]
            case .hash: [Reply.text(element.member), Reply.text(element.value)]
            case .sortedSet: [Reply.text(element.member), Self.score(element.score)]
            }
        }
        return record.kind == .set || record.kind == .hash ? words.sorted() : words
    }

    private static func score(_ bits: [UInt64]) -> String {
        let score = bits.first.map { Double(bitPattern: $0) } ?? .nan
        if score.isInfinite { return score > 0 ? "inf" : "-inf" }
        var text = [CChar](repeating: 0, count: 40)
        let count = withVaList([score]) { vsnprintf(&text, 40, "%.17g", $0) }
        return String(decoding: text.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @Test("Random patterns match the keys that they match in Redis")
    func patterns() throws {
        let server = try RedisServer()
        let redis = try server.connect()
        let shard = Shard(seed: 3, .resp2)
        var generator = SeededGenerator(seed: 5)
        func word(_ alphabet: [UInt8], _ length: ClosedRange<Int>) -> [UInt8] {
            (0..<Int.random(in: length, using: &generator)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
        }
        let letters = Array("aab-]^[\\*?c".utf8) + [0xff]
        for _ in 0..<300 {
            let words = [Array("SET".utf8), word(letters, 0...6), Array("1".utf8)]
            _ = try redis.exchange(encode(words), replies: 1)
            _ = shard.execute(words, now: 0)
        }
        for _ in 0..<3000 {
            let words = [Array("KEYS".utf8), word(letters + Array("**[[]^\\".utf8), 0...8)]
            let expected = try redis.exchange(encode(words), replies: 1)[0]
            let actual = try #require(shard.execute(words, now: 0))
            try #require(expected.sorted == actual.sorted, "\(Reply.bulk(words[1]))")
        }
    }

    @Test("COMMAND INFO agrees with Redis on arity, flags, keys and categories", arguments: [2, 3])
    func introspection(version: Int64) throws {
        let server = try RedisServer()
        let redis = try server.connect()
        _ = try redis.exchange("HELLO", "\(version)")
        let shard = Shard(seed: 3, try #require(ProtocolVersion(rawValue: version)))
        // Redis 7.0, which is what Debian has, does not know these.
        let unknown: Set<String> = ["waitaof", "read"]
        for spec in CommandTable().specs
        where !"\(spec.name)".hasPrefix("repl.") && !unknown.contains("\(spec.name)") {
            let words = ["COMMAND", "INFO", "\(spec.name)"].map { Array($0.utf8) }
            let expected = try Self.information(redis.exchange(encode(words), replies: 1)[0])
            let actual = try Self.information(#require(shard.execute(words, now: 0)))
            #expect(expected.prefix(7).map(\.sorted) == actual.prefix(7).map(\.sorted), "\(spec.name)")
            #expect(actual.count == expected.count)
        }
    }

    private static func information(_ reply: Reply) throws -> [Reply] {
        guard case .aggregate(_, let list) = reply, case .aggregate(_, let fields) = try #require(list.first) else {
            Issue.record("not an answer to COMMAND INFO: \(reply)")
            return []
        }
        return fields
    }
}
