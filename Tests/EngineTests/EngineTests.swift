import Engine
import Keyspace
import Primitives
import RESP
import Replication
import Testing

@Suite struct EngineTests {
    private let table = CommandTable()

    private func makeEngine(seed: UInt64 = 1, chunkBytes: Int = 4096) -> Engine {
        var generator = SeededGenerator(seed: seed)
        var options = StreamOptions()
        options.backlogBytes = 8 << 20
        options.chunkBytes = chunkBytes
        return Engine(seed: generator.next(), history: History(using: &generator), options: options)
    }

    @Test("a write has its number when its reply is there")
    func numberedBeforeReply() {
        var engine = self.makeEngine()
        for number in 1...100 {
            let reply = engine.run(self.table, ["SET", "k\(number)", "v"], now: 0)
            let tip = engine.stream.tip
            #expect(reply == "+OK\r\n" && tip == Position(number))
        }
        let count = engine.commandCount
        #expect(count == 100)
    }

    @Test(
        "what changes nothing is not numbered",
        arguments: [
            ["GET", "a"], ["SET", "a", "2", "NX"], ["SET", "new", "2", "XX"], ["SETNX", "a", "2"], ["DEL", "none"],
            ["EXPIRE", "none", "10"], ["PERSIST", "a"], ["INCR", "text"], ["SETRANGE", "none", "0", ""],
            ["MSETNX", "a", "1", "fresh", "2"], ["GETDEL", "none"], ["RENAME", "none", "x"], ["RENAMENX", "a", "text"],
            ["COPY", "a", "text"], ["GETEX", "a"], ["EXISTS", "a"], ["TOUCH", "a"], ["KEYS", "*"], ["SCAN", "0"],
            ["APPEND", "a"], ["DBSIZE"], ["TTL", "a"], ["EXPIRE", "a", "10", "XX"], ["SET", "a", "1", "EX", "0"],
            ["RANDOMKEY"], ["MGET", "a", "none"], ["INCRBY", "a", "9223372036854775807"],
        ]
    )
    func nothingChanged(words: [String]) {
        var engine = self.makeEngine()
        _ = engine.run(self.table, ["MSET", "a", "1", "text", "hello"], now: 0)
        let before = engine.contents()
        _ = engine.run(self.table, words, now: 0)
        let tip = engine.stream.tip
        #expect(tip == 1, "\(words) was numbered")
        let after = engine.contents()
        #expect(after == before)
    }

    @Test("the end of a key that a write meets is numbered before the write")
    func expiryBeforeWrite() {
        var engine = self.makeEngine()
        let replica = ReplicaModel(seed: 9)
        replica.follow(&engine)
        _ = engine.run(self.table, ["SET", "k", "old", "PX", "100"], now: 1000)
        _ = engine.run(self.table, ["APPEND", "k", "new"], now: 1101)
        replica.takeAll(from: &engine, now: 1101)
        #expect(replica.mutations.count == 3)
        #expect(replica.mutations[1] == "*2\r\n$3\r\nDEL\r\n$1\r\nk\r\n")
        #expect(replica.mutations[2] == "*3\r\n$6\r\nAPPEND\r\n$1\r\nk\r\n$3\r\nnew\r\n")
        #expect(replica.contents() == ["k": "$3\r\nnew\r\n:-1\r\n"])
    }

    @Test("relative times and chance do not travel: what is sent means the same at any time")
    func absolute() {
        var engine = self.makeEngine()
        let replica = ReplicaModel(seed: 9)
        replica.follow(&engine)
        _ = engine.run(self.table, ["SET", "k", "v", "EX", "10"], now: 5000)
        _ = engine.run(self.table, ["PEXPIRE", "k", "77"], now: 6000)
        _ = engine.run(self.table, ["INCRBYFLOAT", "f", "1.5"], now: 6000)
        replica.takeAll(from: &engine, now: 900_000)
        #expect(replica.error == nil)
        #expect(replica.contents() == ["k": "$1\r\nv\r\n:6077\r\n", "f": "$3\r\n1.5\r\n:-1\r\n"])
    }

    @Test("a replica that applies every frame holds the same data, expiry included", arguments: 1...8)
    func sameData(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var engine = self.makeEngine(seed: seed, chunkBytes: 1024)
        let replica = ReplicaModel(seed: seed + 100)
        replica.follow(&engine)
        var now: Milliseconds = 1_000_000
        for round in 0..<3000 {
            now += .random(in: 0...20, using: &generator)
            _ = engine.run(self.table, RandomCommand.next(using: &generator, now: now), now: now)
            if round % 50 == 0 { while engine.tick(now: now).isMoreDue {} }
            // The replica's clock runs ahead of the primary's; nothing may depend on it.
            if round % 7 == 0 { replica.takeAll(from: &engine, now: now + 5000) }
        }
        while engine.tick(now: now).isMoreDue {}
        replica.takeAll(from: &engine, now: now + 5000)
        #expect(replica.error == nil)
        let tip = engine.stream.tip
        #expect(replica.applied == tip)
        let contents = engine.contents()
        #expect(replica.contents() == contents)
        #expect(contents.count > 3)
    }

    @Test("an active expiry is a deletion in the stream")
    func activeExpiry() {
        var engine = self.makeEngine()
        let replica = ReplicaModel(seed: 9)
        replica.follow(&engine)
        for number in 0..<500 { _ = engine.run(self.table, ["SET", "k\(number)", "v", "PX", "10"], now: 1000) }
        while engine.tick(now: 1011).isMoreDue {}
        let count = engine.keyspace.count
        #expect(count == 0)
        replica.takeAll(from: &engine, now: 0)
        #expect(replica.applied == 1000 && replica.contents().isEmpty)
        #expect(replica.mutations.suffix(500).allSatisfy { $0.hasPrefix("*2\r\n$3\r\nDEL\r\n") })
    }

    @Test("a flush travels as one mutation, and empties the replica too")
    func flush() {
        var engine = self.makeEngine()
        let replica = ReplicaModel(seed: 9)
        replica.follow(&engine)
        for number in 0..<100 { _ = engine.run(self.table, ["SET", "k\(number)", "v"], now: 0) }
        engine.update(now: 0) { $0.flush() }
        _ = engine.run(self.table, ["SET", "after", "v"], now: 0)
        replica.takeAll(from: &engine, now: 0)
        #expect(replica.applied == 102 && replica.contents().count == 1)
    }
}
