import Engine
import Keyspace
import Primitives
import RESP
import Replication
import ReplicationLog
import Simulation
import Testing

/// What the log lets go.
@Suite struct RetentionTests {
    private let table = CommandTable()
    private let history: History

    init() {
        var generator = SeededGenerator(seed: 5)
        self.history = History(using: &generator)
    }

    private func options() -> LogOptions {
        var options = LogOptions()
        options.segmentBytes = 1024
        return options
    }

    private func makeEngine(_ log: ReplicationLog, writes: Int) throws -> Engine {
        let shardLog = ShardLog(sync: .no, indexInterval: self.options().indexInterval, tip: 0)
        var engine = Engine(seed: 9, history: self.history, log: shardLog, logMap: log.map)
        for number in 0..<writes {
            _ = engine.run(self.table, ["SET", "key", "value"], now: Milliseconds(1000 + number))
            let job = engine.takeLogJob(now: 2000)
            engine.logCompleted(try #require(job).run(on: log), now: 2000)
        }
        return engine
    }

    private func carryOut(_ engine: inout Engine, _ log: ReplicationLog, now: Milliseconds = 5000) throws -> [LSN] {
        guard let job = engine.takeLogJob(now: now) else { return [] }
        let outcome = job.run(on: log)
        engine.logCompleted(outcome, now: now)
        return outcome.detached
    }

    @Test("nothing goes without a dump, and everything before one with it, once that is durable")
    func dumped() throws {
        let log = try ReplicationLog.open(FaultyStorage(), options: self.options()).log
        var engine = try self.makeEngine(log, writes: 100)
        let none = engine.sweepLog(dumped: 0, bounds: LogBounds(), now: 5000)
        #expect(!none.needsDump && none.lost.isEmpty)
        #expect(try self.carryOut(&engine, log).isEmpty)
        _ = engine.sweepLog(dumped: 50, bounds: LogBounds(), now: 5000)
        let gone = try self.carryOut(&engine, log)
        #expect(!gone.isEmpty && gone.first == 1 && log.map.oldest <= 50 && log.map.oldest > 20)
        _ = engine.sweepLog(dumped: 50, bounds: LogBounds(), now: 6000)
        let job = engine.takeLogJob(now: 6000)
        #expect(job?.prunesUpTo == nil, "what has gone is not asked for again")
    }

    @Test("a slot holds what it needs, until a bound stands against it")
    func bounds() throws {
        let log = try ReplicationLog.open(FaultyStorage(), options: self.options()).log
        var engine = try self.makeEngine(log, writes: 100)
        engine.linkOpened(
            number: 1,
            transport: 1,
            request: HandshakeRequest(position: 30, id: "a", history: self.history, region: nil),
            plan: .resume(.disk),
            now: 5000
        )
        _ = engine.sweepLog(dumped: 90, bounds: LogBounds(), now: 5000)
        _ = try self.carryOut(&engine, log)
        let held = log.map.oldest
        #expect(held > 0 && held <= 30)
        let bounds = LogBounds(maxBytes: 2048)
        let early = engine.sweepLog(dumped: 0, bounds: bounds, now: 5000)
        #expect(early.needsDump && early.lost.isEmpty)
        let sweep = engine.sweepLog(dumped: 100, bounds: bounds, now: 5000)
        #expect(!sweep.needsDump && sweep.lost.map(\.id) == ["a"] && sweep.lost.map(\.cause) == [.logRemoved])
        _ = try self.carryOut(&engine, log)
        #expect(log.map.oldest > 30 && log.map.bounds.bytes <= 2048)
    }

    @Test("records go by their age")
    func age() throws {
        let log = try ReplicationLog.open(FaultyStorage(), options: self.options()).log
        var engine = try self.makeEngine(log, writes: 100)
        let bounds = LogBounds(maxAge: 1000)
        let young = engine.sweepLog(dumped: 0, bounds: bounds, now: 1900)
        let old = engine.sweepLog(dumped: 0, bounds: bounds, now: 2050)
        #expect(!young.needsDump && old.needsDump)
    }

    @Test("whoever waits for what is written gets it synced, whatever the policy")
    func requestSync() throws {
        let log = try ReplicationLog.open(FaultyStorage(), options: self.options()).log
        var engine = try self.makeEngine(log, writes: 5)
        #expect(engine.log?.durable == 0)
        let idle = engine.takeLogJob(now: 5000)
        #expect(idle.map(\.isSync) == nil)
        engine.log?.requestSync(through: 5)
        _ = try self.carryOut(&engine, log)
        #expect(engine.log?.durable == 5)
    }
}
