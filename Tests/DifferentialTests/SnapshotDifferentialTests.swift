// Redis loads what we write, and we load what Redis writes: keys of all kinds, compared one by one.

import Engine
import Glibc
import Keyspace
import Primitives
import RESP
import Testing

@Suite(.serialized, .enabled(if: RedisServer.isInstalled, "redis-server is not installed; scripts/test installs it"))
struct SnapshotDifferentialTests {
    @Test("Redis loads our snapshot and has the same in every key")
    func redisLoadsOurs() throws {
        var keyspace = Keyspace(seed: 5)
        let values = SampleValues(seed: 5, count: 600)
        for (key, value) in values.all { value.load(key, into: &keyspace) }
        var generator = SeededGenerator(seed: 1)
        let facts = SnapshotFacts(history: History(using: &generator), position: 77, now: 1_700_000_000_000)
        let snapshot = try #require(SnapshotWriter(on: &keyspace, facts))
        let writer = Writer()
        while !snapshot.write(from: &keyspace, into: writer, limit: 10_000) {}
        let directory = try TemporaryDirectory()
        try directory.write(Array(writer.bytes), to: "dump.rdb")
        let server = try RedisServer(directory: directory.path)
        let redis = try server.connect()
        // It answers before it has loaded.
        while try redis.exchange("PING") != .line(UInt8(ascii: "+"), Array("PONG".utf8)) { usleep(10_000) }
        #expect(try redis.exchange("DBSIZE").integer == Int64(values.all.count))
        for (key, value) in values.all { try value.expect(key, in: redis) }
    }

    @Test("We load Redis's snapshot and have the same in every key")
    func oursLoadsRedis() throws {
        let directory = try TemporaryDirectory()
        let server = try RedisServer(directory: directory.path)
        let redis = try server.connect()
        let values = SampleValues(seed: 6, count: 600)
        let commands = values.all.flatMap { $0.value.commands($0.key) }
        for reply in try redis.exchange(commands.flatMap(encode), replies: commands.count) {
            if case .line(UInt8(ascii: "-"), let text) = reply {
                Issue.record("\(String(decoding: text, as: UTF8.self))")
            }
        }
        _ = try redis.exchange("SAVE")
        let loader = SnapshotLoader(seed: 3)
        try directory.read("dump.rdb").withUnsafeBytes { try loader.load($0) }
        let loaded = try loader.finish()
        #expect(loaded.isForeign && loaded.facts.time != nil)
        #expect(loaded.keyCount == values.all.count)
        var keyspace = loaded.takeKeyspace()
        var found: [[UInt8]: SampleValue] = [:]
        keyspace.visit { found[Array($0.key)] = SampleValue($0) }
        let isAsExpected = found == values.all
        #expect(isAsExpected)
    }
}
