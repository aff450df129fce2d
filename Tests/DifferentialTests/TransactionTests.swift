// Connections that queue, watch and get in each other's way, against Redis and against a node of ours, reply by reply.

import Logging
import Primitives
import Server
import Testing

@Suite(.serialized, .enabled(if: RedisServer.isInstalled, "redis-server is not installed; scripts/test installs it"))
struct TransactionTests {
    /// Runs a node of ours.
    private func withNode(_ body: (UInt16) throws -> Void) throws {
        var options = ServerOptions()
        options.port = 0
        try options.set("backlog-size", to: "16mb")
        let server = try Server(options: options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        defer { server.stop() }
        try body(server.clientPort)
    }

    private static let fixed: [[String]] = [
        // What is refused where.
        ["EXEC"], ["DISCARD"], ["MULTI"], ["MULTI"], ["WATCH", "a"], ["EXEC"], ["MULTI"], ["DISCARD"], ["EXEC"],
        ["EXEC", "x"], ["MULTI", "x"], ["MULTI"], ["MULTI", "x"], ["EXEC"], ["DISCARD", "x"], ["WATCH"],
        ["UNWATCH", "a"],
        ["MULTI"], ["EXEC", "x"], ["EXEC"], ["MULTI"], ["DISCARD", "x"], ["EXEC"], ["MULTI"], ["WATCH"], ["EXEC"],
        // A mistake while it is gathered gives it up; one while it runs does not.
        ["MULTI"], ["SET", "a", "1"], ["NOSUCH", "a"], ["SET", "a", "2"], ["EXEC"], ["GET", "a"],
        ["MULTI"], ["SET", "a"], ["EXEC"], ["MULTI"], ["SET", "a", "text"], ["INCR", "a"], ["GET", "a"], ["EXEC"],
        ["MULTI"], ["EXEC"], ["MULTI"], ["SET", "a", "1", "XX", "NX"], ["SET", "b", "2"], ["EXEC"], ["MGET", "a", "b"],
        // Commands of the connection.
        ["MULTI"], ["PING"], ["PING", "a"], ["ECHO", "hello"], ["SELECT", "0"], ["SELECT", "7"], ["DBSIZE"],
        ["UNWATCH"],
        ["CLIENT", "GETNAME"], ["CLIENT", "SETNAME", "one"], ["CLIENT", "GETNAME"], ["KEYS", "a"], ["EXEC"],
        ["MULTI"], ["HELLO", "3"], ["GET", "none"], ["EXEC"], ["WATCH", "a"], ["SET", "a", "9"], ["MULTI"],
        ["GET", "a"],
        ["EXEC"], ["HELLO", "2"], ["MULTI"], ["FLUSHALL"], ["DBSIZE"], ["SET", "a", "1"], ["DBSIZE"], ["EXEC"],
        // What a watch makes of one's own writes, and what forgets it.
        ["WATCH", "a"], ["SET", "a", "2"], ["MULTI"], ["GET", "a"], ["EXEC"], ["MULTI"], ["GET", "a"], ["EXEC"],
        ["WATCH", "a"], ["SET", "a", "2"], ["UNWATCH"], ["MULTI"], ["GET", "a"], ["EXEC"],
        ["WATCH", "a"], ["SET", "a", "2"], ["MULTI"], ["DISCARD"], ["MULTI"], ["GET", "a"], ["EXEC"],
        ["WATCH", "a"], ["SET", "a", "2"], ["MULTI"], ["NOSUCH"], ["EXEC"], ["MULTI"], ["GET", "a"], ["EXEC"],
        ["WATCH", "a"], ["SET", "a", "2"], ["RESET"], ["MULTI"], ["GET", "a"], ["EXEC"],
        ["MULTI"], ["RESET"], ["EXEC"], ["WATCH", "a", "a", "b"], ["MULTI"], ["SET", "a", "3"], ["EXEC"],
        ["SET", "p", "1", "PX", "1"], ["WATCH", "none"], ["FLUSHALL"], ["MULTI"], ["PING"], ["EXEC"],
        ["SET", "a", "1"], ["WATCH", "a"], ["FLUSHALL"], ["MULTI"], ["PING"], ["EXEC"],
        ["MULTI"], ["QUIT"],
    ]

    @Test("MULTI and its kin answer as in Redis, mistakes included")
    func replies() throws {
        let redis = try RedisServer()
        try self.withNode { port in
            let (theirs, ours) = (try redis.connect(), try RedisConnection(port: port))
            for words in Self.fixed {
                let command = encode(words.map { Array($0.utf8) })
                let expected = try theirs.exchange(command, replies: 1)[0]
                let actual = try ours.exchange(command, replies: 1)[0]
                // HELLO tells who answers.
                guard words[0] != "HELLO", !"\(expected)".contains("proto") else { continue }
                #expect(expected == actual, "\(words)")
            }
        }
    }

    /// A step of one connection: mostly something in or about a transaction.
    private func step(_ generator: inout SeededGenerator, _ commands: inout CommandGenerator) -> [[UInt8]] {
        func key() -> [UInt8] { CommandGenerator.keys.randomElement(using: &generator) ?? [] }
        let word: [String]? =
            switch Int.random(in: 0..<16, using: &generator) {
            case 0...2: ["MULTI"]
            case 3...4: ["EXEC"]
            case 5: ["DISCARD"]
            case 6: ["UNWATCH"]
            case 7: ["PING"]
            default: nil
            }
        if let word { return word.map { Array($0.utf8) } }
        if Int.random(in: 0..<4, using: &generator) == 0 {
            return [Array("WATCH".utf8)] + (0..<Int.random(in: 1...2, using: &generator)).map { _ in key() }
        }
        return commands.next()
    }

    /// What a transaction answers that has no reply of its own order or clock in it.
    private static let uncertain: Set<String> = [
        "KEYS", "SCAN", "RANDOMKEY", "TTL", "EXPIRETIME", "PTTL", "PEXPIRETIME", "MEMORY", "COMMAND", "DBSIZE",
        // Redis counts what adds nothing as a change; here it is none.
        "APPEND",
        "HGETALL", "HKEYS", "HVALS", "HSCAN", "HRANDFIELD", "SMEMBERS", "SINTER", "SUNION", "SDIFF", "SSCAN", "SPOP",
        "SRANDMEMBER", "ZSCAN", "ZRANDMEMBER", "OBJECT",
        // A write of what is there already is a change here, and none there.
        "SADD", "ZADD", "HSET", "HMSET", "LSET",
    ]

    @Test("random transactions of connections that watch each other's keys end as in Redis", arguments: 1...3)
    func random(seed: UInt64) throws {
        let redis = try RedisServer()
        try self.withNode { port in
            let theirs = try (0..<3).map { _ in try redis.connect() }
            let ours = try (0..<3).map { _ in try RedisConnection(port: port) }
            var generator = SeededGenerator(seed: seed)
            var commands = CommandGenerator(seed: seed)
            var differences = 0
            var transactions = 0
            for _ in 0..<12_000 {
                let which = Int.random(in: 0..<3, using: &generator)
                let words = self.step(&generator, &commands)
                let name = String(decoding: words[0], as: UTF8.self).uppercased()
                guard !Self.uncertain.contains(name) else { continue }
                let expected = try theirs[which].exchange(encode(words), replies: 1)[0]
                let actual = try ours[which].exchange(encode(words), replies: 1)[0]
                if name == "EXEC", case .aggregate = expected { transactions += 1 }
                guard expected != actual else { continue }
                differences += 1
                Issue.record("\(words.map(Reply.bulk)): Redis \(expected), here \(actual)")
                try #require(differences < 10, "too many differences")
            }
            #expect(transactions > 200)
            for key in CommandGenerator.keys {
                let command = encode([Array("GET".utf8), key])
                // A connection may be in the middle of a transaction.
                let (one, other) = (try redis.connect(), try RedisConnection(port: port))
                #expect(try one.exchange(command, replies: 1) == other.exchange(command, replies: 1))
            }
        }
    }
}
