import Engine
import Keyspace
import Primitives
import RESP
import Replication
import Testing

@Suite struct TransactionTests {
    private let table = CommandTable()

    private func makeEngine(seed: UInt64 = 1) -> Engine {
        var generator = SeededGenerator(seed: seed)
        var options = StreamOptions()
        options.backlogBytes = 128 << 20
        options.chunkBytes = 4096
        return Engine(seed: generator.next(), history: History(using: &generator), options: options)
    }

    /// Carries commands out as one.
    private func run(_ engine: inout Engine, _ commands: [[String]], now: Milliseconds = 0) -> String {
        let reply = Writer()
        engine.beginTransaction(now: now)
        for words in commands {
            let encoded = Writer()
            encoded.array(words.count)
            for word in words { encoded.bulk(word) }
            var parser = CommandParser()
            guard case .command = parser.next(in: encoded.bytes), let index = self.table.index(of: parser.current[0])
            else { preconditionFailure("no such command: \(words)") }
            engine.executeInTransaction(self.table.specs[index].id, parser.current, reply)
        }
        engine.endTransaction()
        return reply.bytes.text
    }

    private static func encoded(_ words: [String]) -> String {
        words.reduce("*\(words.count)\r\n") { $0 + "$\($1.utf8.count)\r\n\($1)\r\n" }
    }

    @Test("what a transaction does is one mutation with one number, and its errors undo nothing")
    func oneMutation() {
        var engine = self.makeEngine()
        let replica = ReplicaModel(seed: 9)
        replica.follow(&engine)
        let reply = self.run(
            &engine,
            [
                ["SET", "a", "text"], ["INCR", "a"], ["GET", "a"], ["SET", "b", "1", "EX", "10"],
                ["INCRBYFLOAT", "f", "1.5"], ["GETDEL", "none"],
            ],
            now: 1000
        )
        #expect(
            reply == "+OK\r\n-ERR value is not an integer or out of range\r\n$4\r\ntext\r\n+OK\r\n$3\r\n1.5\r\n$-1\r\n"
        )
        let tip = engine.tip
        #expect(tip == 1)
        replica.takeAll(from: &engine, now: 900_000)
        let words = [
            "MULTI", "3", "3", "SET", "a", "text", "5", "SET", "b", "1", "PXAT", "11000", "3", "SET", "f", "1.5",
        ]
        #expect(replica.mutations == [Self.encoded(words)])
        let contents = engine.contents()
        #expect(replica.error == nil && replica.contents() == contents && contents.count == 3)
    }

    @Test(
        "a transaction of which nothing changed is not numbered, and one that became a single mutation is that mutation"
    )
    func fewer() {
        var engine = self.makeEngine()
        let replica = ReplicaModel(seed: 9)
        replica.follow(&engine)
        _ = self.run(&engine, [])
        _ = self.run(&engine, [["GET", "a"], ["DEL", "a"], ["SET", "a", "1", "XX"]])
        let before = engine.tip
        #expect(before == 0)
        _ = self.run(&engine, [["GET", "a"], ["SETEX", "a", "1", "v"], ["EXPIRE", "none", "1"]], now: 5)
        _ = self.run(&engine, [["INCR", "n"]])
        replica.takeAll(from: &engine, now: 0)
        #expect(
            replica.mutations
                == [Self.encoded(["SET", "a", "v", "PXAT", "1005"]), Self.encoded(["INCR", "n"])]
        )
    }

    @Test("the end of a key that a transaction meets is a part of it")
    func expiry() {
        var engine = self.makeEngine()
        let replica = ReplicaModel(seed: 9)
        replica.follow(&engine)
        _ = engine.run(self.table, ["SET", "k", "old", "PX", "100"], now: 1000)
        _ = self.run(&engine, [["GET", "k"], ["APPEND", "k", "new"]], now: 2000)
        replica.takeAll(from: &engine, now: 0)
        #expect(replica.mutations.last == Self.encoded(["MULTI", "2", "2", "DEL", "k", "3", "APPEND", "k", "new"]))
        #expect(replica.contents() == ["k": "$3\r\nnew\r\n:-1\r\n"])
    }

    @Test("a replica that applies transactions among other writes holds the same data", arguments: 1...4)
    func sameData(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var engine = self.makeEngine(seed: seed)
        let replica = ReplicaModel(seed: seed + 100)
        replica.follow(&engine)
        var now: Milliseconds = 1_000_000
        for round in 0..<1000 {
            now += .random(in: 0...20, using: &generator)
            let before = engine.tip
            let count = Int.random(in: 0...12, using: &generator)
            let commands = (0..<count).map { _ in RandomCommand.next(using: &generator, now: now) }
            _ = self.run(&engine, commands, now: now)
            let after = engine.tip
            #expect(after <= before + 1)
            _ = engine.run(self.table, RandomCommand.next(using: &generator, now: now), now: now)
            if round % 7 == 0 { replica.takeAll(from: &engine, now: now + 5000) }
        }
        replica.takeAll(from: &engine, now: now + 5000)
        #expect(replica.error == nil)
        let (tip, contents) = (engine.tip, engine.contents())
        #expect(replica.applied == tip)
        #expect(replica.contents() == contents)
        #expect(replica.mutations.contains { $0.contains("MULTI") })
    }

    @Test("what no record takes is split where it must be, and nothing is lost")
    func split() {
        var engine = self.makeEngine()
        let replica = ReplicaModel(seed: 9)
        replica.follow(&engine)
        let half = Limits.argumentCount / 2
        let many = (0..<half).map { "k\($0)" }
        _ = engine.run(self.table, ["SET", "k1", "v"], now: 0)
        _ = self.run(
            &engine,
            [["SET", "a", "1"], ["DEL"] + many, ["SET", "k2", "v"], ["DEL"] + many, ["SET", "b", "1"]]
        )
        let tip = engine.tip
        #expect(tip == 3)
        replica.takeAll(from: &engine, now: 0)
        #expect(replica.error == nil && replica.applied == 3)
        #expect(replica.contents() == ["a": "$1\r\n1\r\n:-1\r\n", "b": "$1\r\n1\r\n:-1\r\n"])
    }

    // MARK: Refused

    private func refusal(_ words: [String], _ engine: inout Engine) -> String? {
        var replay = Replay(table: self.table)
        return Array(Self.encoded(words).utf8).withUnsafeBytes { bytes in
            do throws(ReplayError) {
                try replay.apply(bytes, lsn: 5, to: &engine)
                return nil
            } catch {
                return error.reason
            }
        }
    }

    @Test(
        "a transaction that is half-formed is refused as a whole, with its reason",
        arguments: [
            (["MULTI", "2", "3", "SET", "a", "1"], "its transaction has fewer mutations or arguments than it says"),
            (["MULTI", "1", "4", "SET", "a", "1"], "its transaction has fewer mutations or arguments than it says"),
            (
                ["MULTI", "9223372036854775807", "3", "SET", "a", "1"],
                "its transaction has fewer mutations or arguments than it says"
            ),
            (
                ["MULTI", "2", "3", "SET", "a", "1", "9223372036854775807", "DEL", "a"],
                "its transaction has fewer mutations or arguments than it says"
            ),
            (["MULTI", "1", "3", "SET", "a", "1", "2", "DEL", "a"], "its transaction has more arguments than it says"),
            (["MULTI", "0"], "a number in its transaction is none"),
            (["MULTI", "-1", "3", "SET", "a", "1"], "a number in its transaction is none"),
            (["MULTI", "x", "3", "SET", "a", "1"], "a number in its transaction is none"),
            (["MULTI", "2", "3", "SET", "a", "1", "0", "DEL", "a"], "a number in its transaction is none"),
            (["MULTI", "2", "3", "SET", "a", "1", "x", "DEL", "a"], "a number in its transaction is none"),
            (
                ["MULTI", "2", "3", "SET", "a", "1", "5", "MULTI", "1", "2", "DEL", "a"],
                "its transaction has another one in it"
            ),
            (["MULTI", "2", "3", "SET", "a", "1", "1", "MULTI"], "its transaction has another one in it"),
            (
                ["MULTI", "2", "3", "SET", "a", "1", "2", "NOSUCH", "a"],
                "this version does not know the command 'NOSUCH' of its transaction"
            ),
            (
                ["MULTI", "2", "3", "SET", "a", "1", "1", "DEL"],
                "this version does not know the command 'DEL' of its transaction"
            ),
            (
                ["MULTI", "2", "3", "SET", "a", "1", "2", "GET", "a"],
                "the command 'GET' of its transaction does not change data"
            ),
            (
                ["MULTI", "2", "3", "SET", "a", "1", "1", "EXEC"],
                "the command 'EXEC' of its transaction does not change data"
            ),
        ]
    )
    func halfFormed(words: [String], reason: String) {
        var engine = self.makeEngine()
        engine.keyspace.decidesExpiry = false
        #expect(self.refusal(words, &engine) == reason)
        let count = engine.keyspace.count
        #expect(count == 0)
    }

    @Test("a mutation of a transaction that the data refuses is told by its number")
    func refused() {
        var engine = self.makeEngine()
        engine.keyspace.decidesExpiry = false
        let reason = self.refusal(["MULTI", "2", "3", "SET", "a", "text", "2", "INCR", "a"], &engine)
        #expect(reason == "mutation 2 of its transaction: -ERR value is not an integer or out of range")
        #expect(self.refusal(["MULTI"], &engine) != nil)
        #expect(self.refusal(["multi", "1", "3", "SET", "a", "text"], &engine) == nil)
    }
}
