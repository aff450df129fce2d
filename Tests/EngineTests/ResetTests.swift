import Engine
import Keyspace
import Primitives
import RESP
import Replication
import ReplicationLog
import Simulation
import Testing

/// A shard that starts again while it runs.
@Suite struct ResetTests {
    private let table = CommandTable()
    private let old: History
    private let new: History

    init() {
        var generator = SeededGenerator(seed: 5)
        self.old = History(using: &generator)
        self.new = History(using: &generator)
    }

    private func open(_ engine: inout Engine, _ number: UInt64, id: String, at position: Position, _ history: History) {
        engine.linkOpened(
            number: number,
            transport: Int32(number),
            request: HandshakeRequest(position: position, id: id, history: history, region: nil),
            plan: .resume(.tip),
            now: 0
        )
    }

    @Test("other data begins at its position, with an empty backlog, and links end")
    func reset() throws {
        var engine = Engine(seed: 9, history: self.old)
        for _ in 0..<5 { _ = engine.run(self.table, ["INCR", "n"], now: 0) }
        self.open(&engine, 1, id: "a", at: 0, .none)
        engine.linkReported(number: 1, .acknowledged(applied: 4, durable: 4), now: 0)
        engine.replicas.waiter.add(7, position: 5, rule: .applied(1), deadline: nil)
        let ended = engine.reset(history: self.new, ancestors: [], tip: 70, logMap: nil, now: 1) { $0.removeAll() }
        #expect(ended == [CommitOutcome(token: 7, isReached: false, isLocal: false, count: 0)])
        let (tip, shown, oldest) = (engine.tip, engine.stream.tip, engine.stream.backlog.oldest)
        #expect(tip == 70 && shown == 70 && oldest == 70)
        let (count, history) = (engine.keyspace.count, engine.stream.history)
        #expect(count == 0 && history == self.new)
        let closing = engine.stream.takeClosing()
        #expect(closing.map(\.cause) == [.historyChanged])
        // What the link still says counts for nothing.
        engine.linkReported(number: 1, .acknowledged(applied: 70, durable: 70), now: 2)
        let slot = engine.replicas.slots["a"]
        #expect(slot?.confirmed == 4 && slot?.isConnected == false)
        let floor = engine.replicas.slots.retentionFloor(now: 2)
        #expect(floor == nil, "a slot of a foreign history holds nothing")
        let replica = engine.replicas.registry["a"]
        #expect(replica?.acknowledged == nil && replica?.durable == nil)
        engine.linkClosed(number: 1, now: 3)
        _ = engine.run(self.table, ["SET", "k", "v"], now: 4)
        let next = (engine.tip, engine.stream.tip, engine.stream.backlog.oldest)
        #expect(next == (71, 71, 70))
    }

    @Test("another history keeps data and numbering, and who waits goes on waiting")
    func changeHistory() throws {
        var engine = Engine(seed: 9, history: self.old)
        for _ in 0..<5 { _ = engine.run(self.table, ["INCR", "n"], now: 0) }
        self.open(&engine, 1, id: "a", at: 0, .none)
        engine.replicas.waiter.add(7, position: 5, rule: .applied(1), deadline: nil)
        engine.changeHistory(to: self.new, ancestors: [Ancestor(history: self.old, left: 5)], now: 1)
        let (tip, oldest, count) = (engine.tip, engine.stream.backlog.oldest, engine.keyspace.count)
        #expect(tip == 5 && oldest == 0 && count == 1)
        let closing = engine.stream.takeClosing()
        #expect(closing.map(\.cause) == [.historyChanged])
        engine.linkClosed(number: 1, now: 2)
        self.open(&engine, 2, id: "a", at: 3, self.new)
        engine.linkReported(number: 2, .acknowledged(applied: 5, durable: 5), now: 3)
        let outcomes = engine.takeCommitOutcomes(now: 3)
        #expect(outcomes.map(\.token) == [7] && outcomes.first?.isReached == true)
        let slot = engine.replicas.slots["a"]
        #expect(slot?.history == self.new && slot?.restart == 5)
    }

    @Test("a link that was granted the old history is closed and leaves nothing behind")
    func outdated() {
        var engine = Engine(seed: 9, history: self.old)
        engine.changeHistory(to: self.new, ancestors: [], now: 1)
        engine.outdatedLinkOpened(
            number: 3,
            transport: 3,
            request: HandshakeRequest(position: 0, id: "late", history: self.old, region: nil),
            plan: .resume(.tip),
            now: 1
        )
        let closing = engine.stream.takeClosing()
        #expect(closing.map(\.cause) == [.historyChanged] && engine.replicas.slots.slots.isEmpty)
        engine.linkClosed(number: 3, now: 2)
        let replicas = engine.replicas.registry.replicas
        #expect(replicas.isEmpty)
    }

    @Test(
        "the log goes over to other files, and what had gathered for the old ones is dropped",
        arguments: LogSync.allCases
    )
    func log(sync: LogSync) throws {
        let first = try ReplicationLog.open(FaultyStorage()).log
        let shardLog = ShardLog(sync: sync, indexInterval: LogOptions().indexInterval, tip: 0)
        var engine = Engine(seed: 9, history: self.old, log: shardLog, logMap: first.map)
        for _ in 0..<5 { _ = engine.run(self.table, ["INCR", "n"], now: 1000) }
        let taken = engine.takeLogJob(now: 1000)
        engine.logCompleted(try #require(taken).run(on: first), now: 1000)
        _ = engine.run(self.table, ["INCR", "n"], now: 1001)
        let files = FaultyStorage()
        let second = try ReplicationLog.open(files, first: 71).log
        _ = engine.reset(history: self.new, ancestors: [], tip: 70, logMap: second.map, now: 1002) { $0.removeAll() }
        #expect(engine.mayReply(to: 70, now: 1002) && engine.log?.durable == 70)
        _ = engine.run(self.table, ["SET", "k", "v"], now: 1003)
        let next = engine.takeLogJob(now: 5000, isLast: true)
        engine.logCompleted(try #require(next).run(on: second), now: 5000)
        #expect(engine.log?.durable == 71 && second.last == 71 && first.last == 5)
        let shown = engine.stream.tip
        #expect(shown == 71)
    }
}
