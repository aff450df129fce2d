import Keyspace
import Primitives
import RESP
import Replication
import ReplicationLog
import Simulation
import Testing

@testable import Engine

/// A shard that follows another one's stream.
@Suite struct FollowEngineTests {
    private func makeEngine(tip: Position = 0, log: ShardLog? = nil) -> Engine {
        var generator = SeededGenerator(seed: 8)
        var engine = Engine(seed: 3, history: History(using: &generator), tip: tip, log: log)
        engine.setFollowing(true)
        return engine
    }

    /// Applies a mutation given as words; nil for no error.
    private func apply(_ words: [String], _ lsn: LSN, _ replay: inout Replay, _ engine: inout Engine) -> ApplyError? {
        let writer = Writer()
        writer.array(words.count)
        for word in words { writer.bulk(word) }
        return self.apply(writer.bytes, lsn, &replay, &engine)
    }

    private func apply(_ bytes: Bytes, _ lsn: LSN, _ replay: inout Replay, _ engine: inout Engine) -> ApplyError? {
        var parser = CommandParser()
        guard case .command = parser.next(in: bytes) else {
            preconditionFailure("what was written is a command")
        }
        do throws(ApplyError) {
            try engine.applyFrame(lsn, parser.current, &replay, now: 1000)
            return nil
        } catch {
            return error
        }
    }

    /// The stream as a link of this shard would get it.
    private func sent(_ engine: inout Engine) -> String {
        let request = HandshakeRequest(position: 0, id: "observer")
        engine.linkOpened(number: 1, transport: 0, request: request, plan: .resume(.memory), now: 1000)
        var text = ""
        _ = engine.stream.send(now: 1000) { _, _, bytes in
            text += bytes.text
            return .took(bytes.count)
        }
        return text
    }

    @Test("a frame is applied, and goes on under the number and with the bytes that it came with")
    func sameNumbers() {
        var engine = self.makeEngine()
        var replay = Replay(table: CommandTable())
        var expected = ""
        for (index, words) in [["SET", "a", "1"], ["APPEND", "a", "2"], ["set", "b", "\r\n"]].enumerated() {
            let error = self.apply(words, LSN(index) + 1, &replay, &engine)
            #expect(error == nil)
            expected += "*2\r\n:\(index)\r\n*\(words.count)\r\n"
            for word in words { expected += "$\(word.utf8.count)\r\n\(word)\r\n" }
        }
        let (tip, count) = (engine.tip, engine.keyspace.count)
        #expect(tip == 3 && count == 2)
        #expect(self.sent(&engine) == expected)
    }

    @Test("a frame that is not the next one changes nothing")
    func outOfOrder() {
        var engine = self.makeEngine()
        var replay = Replay(table: CommandTable())
        #expect(self.apply(["SET", "a", "1"], 1, &replay, &engine) == nil)
        for lsn: LSN in [0, 1, 3, .max] {
            guard case .notNext(lsn, expected: 2)? = self.apply(["SET", "a", "2"], lsn, &replay, &engine) else {
                Issue.record("mutation \(lsn) came where 2 was next")
                continue
            }
        }
        let (tip, contents) = (engine.tip, engine.contents())
        #expect(tip == 1 && contents["a"] == "$1\r\n1\r\n:-1\r\n")
    }

    @Test("a command that nobody knows, or that the data does not let be, is an error and is not numbered")
    func failed() {
        var engine = self.makeEngine()
        var replay = Replay(table: CommandTable())
        #expect(self.apply(["SET", "text", "a"], 1, &replay, &engine) == nil)
        for words in [["NOTHING", "a"], ["SET"], ["INCR", "text"], ["INFO"], ["REPLICAOF", "NO", "ONE"]] {
            guard case .failed(let error)? = self.apply(words, 2, &replay, &engine) else {
                Issue.record("\(words) was applied")
                continue
            }
            #expect(error.lsn == 2)
        }
        let tip = engine.tip
        #expect(tip == 1)
        #expect(self.apply(["SET", "b", "1"], 2, &replay, &engine) == nil)
    }

    @Test("what goes to the log has the primary's numbers, and under always links see what is durable")
    func log() throws {
        let log = try ReplicationLog.open(FaultyStorage()).log
        var engine = self.makeEngine(log: ShardLog(sync: .always, indexInterval: 64, tip: 0))
        var replay = Replay(table: CommandTable())
        for lsn in 1...3 as ClosedRange<LSN> {
            #expect(self.apply(["SET", "k\(lsn)", "1"], lsn, &replay, &engine) == nil)
        }
        var positions = (engine.tip, engine.stream.tip, engine.log?.durable)
        #expect(positions == (3, 0, 0))
        if let job = engine.takeLogJob(now: 1000) { engine.logCompleted(job.run(on: log), now: 1000) }
        positions = (engine.tip, engine.stream.tip, engine.log?.durable)
        #expect(positions == (3, 3, 3))
        #expect(log.last == 3)
    }

    @Test("what the log cannot take is refused before it is applied")
    func tooLong() throws {
        var engine = self.makeEngine(log: ShardLog(sync: .no, indexInterval: 64, tip: 0))
        var replay = Replay(table: CommandTable())
        let value = [UInt8](repeating: 7, count: LogRecord.longestPayload)
        let command = Array("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$\(value.count)\r\n".utf8) + value + [13, 10]
        let error = command.withUnsafeBytes { self.apply($0, 1, &replay, &engine) }
        guard case .tooLong(1, command.count)? = error else {
            Issue.record("it was taken")
            return
        }
        let (tip, count) = (engine.tip, engine.keyspace.count)
        #expect(tip == 0 && count == 0)
    }

    @Test("a follower's keys end by the primary's DEL alone; a shard that leads again ends them by the clock")
    func expiry() {
        var engine = self.makeEngine()
        var replay = Replay(table: CommandTable())
        let table = CommandTable()
        #expect(self.apply(["SET", "a", "1", "PXAT", "500"], 1, &replay, &engine) == nil)
        #expect(engine.run(table, ["GET", "a"], now: 2000) == "$-1\r\n")
        _ = engine.tick(now: 2000)
        var (tip, count) = (engine.tip, engine.keyspace.count)
        #expect(tip == 1 && count == 1)
        // The primary's commands find it in place.
        #expect(self.apply(["APPEND", "a", "2"], 2, &replay, &engine) == nil)
        engine.setFollowing(false)
        #expect(engine.run(table, ["GET", "a"], now: 2000) == "$-1\r\n")
        (tip, count) = (engine.tip, engine.keyspace.count)
        #expect(tip == 3 && count == 0)
    }
}
