import Engine
import Keyspace
import Primitives
import RESP
import Replication
import ReplicationLog
import Simulation
import Testing

@Suite struct EngineLinksTests {
    private let table = CommandTable()
    private let history: History

    init() {
        var generator = SeededGenerator(seed: 5)
        self.history = History(using: &generator)
    }

    private func makeEngine(maxSlots: Int = 10) -> Engine {
        var limits = SlotLimits()
        limits.maxSlots = maxSlots
        return Engine(
            seed: 9,
            history: self.history,
            slots: SlotTable(history: self.history, limits: limits, loadedAt: 0)
        )
    }

    private func open(
        _ engine: inout Engine,
        _ number: UInt64,
        id: String,
        region: String? = nil,
        now: Milliseconds = 0
    ) {
        engine.linkOpened(
            number: number,
            transport: Int32(number),
            request: HandshakeRequest(position: 0, id: id, history: History.none, region: region),
            plan: .resume(.tip),
            now: now
        )
    }

    @Test("what a link reports reaches the stream, the slot, the registry and those who wait")
    func reported() throws {
        var engine = self.makeEngine()
        self.open(&engine, 1, id: "a", region: "eu", now: 100)
        for _ in 0..<5 { _ = engine.run(self.table, ["INCR", "n"], now: 100) }
        engine.replicas.waiter.add(7, position: 4, rule: .applied(1), deadline: 900)
        engine.replicas.waiter.add(8, position: 3, rule: .acknowledged(1), deadline: nil)
        let early = engine.takeCommitOutcomes(now: 150)
        #expect(early.isEmpty)
        engine.linkReported(number: 1, .acknowledged(applied: 4, durable: 2), now: 200)
        let first = engine.takeCommitOutcomes(now: 200)
        #expect(first == [CommitOutcome(token: 7, isReached: true, isLocal: false, count: 1)])
        let none = engine.takeCommitOutcomes(now: 300)
        #expect(none.isEmpty)
        engine.linkReported(number: 1, .acknowledged(applied: 99, durable: 99), now: 400)
        let second = engine.takeCommitOutcomes(now: 400)
        #expect(second.map(\.token) == [8])
        let slotFound = engine.replicas.slots["a"]
        let slot = try #require(slotFound)
        #expect(slot.isConnected && slot.confirmed == 5 && slot.restart == 5 && slot.region == "eu")
        let statusFound = engine.replicas.registry["a"]
        let status = try #require(statusFound)
        #expect(status.acknowledged == 5 && status.durable == 5 && status.isHealthy)
        let links = engine.stream.links
        let link = try #require(links.first)
        #expect(link.acknowledged == 5 && link.durable == 5)
        let good = engine.goodReplicas(maxLag: 1000, now: 1400)
        let stale = engine.goodReplicas(maxLag: 1000, now: 1401)
        #expect(good == 1 && stale == 0)
        engine.linkReported(number: 1, .state(applyErrors: 2, divergences: 1, isRebootstrapping: true), now: 500)
        let told = engine.replicas.registry["a"]
        #expect(told?.applyErrors == 2 && told?.divergences == 1 && told?.isRebootstrapping == true)
    }

    @Test("a replica that leaves is remembered, and counts for nobody any more")
    func closed() throws {
        var engine = self.makeEngine()
        self.open(&engine, 1, id: "a")
        _ = engine.run(self.table, ["SET", "k", "v"], now: 0)
        engine.linkReported(number: 1, .acknowledged(applied: 1, durable: nil), now: 10)
        let link = engine.linkClosed(number: 1, now: 20)
        #expect(link?.request.id == "a")
        let again = engine.linkClosed(number: 1, now: 30)
        #expect(again == nil)
        let slotFound = engine.replicas.slots["a"]
        let slot = try #require(slotFound)
        #expect(!slot.isConnected && slot.confirmed == 1 && slot.lastSeen == 20)
        let status = engine.replicas.registry["a"]
        #expect(status?.isConnected == false && status?.isHealthy == false)
        engine.replicas.waiter.add(1, position: 1, rule: .applied(1), deadline: 100)
        let waiting = engine.takeCommitOutcomes(now: 50)
        let timedOut = engine.takeCommitOutcomes(now: 100)
        #expect(waiting.isEmpty)
        #expect(timedOut == [CommitOutcome(token: 1, isReached: false, isLocal: false, count: 0)])
        let good = engine.goodReplicas(maxLag: 10_000, now: 60)
        #expect(good == 0)
    }

    @Test("a replica that finds all slots taken is told so and closed, and leaves nothing behind")
    func full() {
        var engine = self.makeEngine(maxSlots: 2)
        for (number, id) in ["a", "b", "c"].enumerated() { self.open(&engine, UInt64(number) + 1, id: id) }
        let closing = engine.stream.takeClosing()
        #expect(closing.map(\.id) == ["c"] && closing.first?.cause == .noSlot)
        #expect(closing.first?.message?.contains("--max-slots") == true)
        engine.linkClosed(number: 3, now: 0)
        let (slots, replicas) = (engine.replicas.slots.slots.map(\.id), engine.replicas.registry.replicas.map(\.id))
        #expect(slots == ["a", "b"] && replicas == ["a", "b"])
        engine.linkClosed(number: 1, now: 0)
        self.open(&engine, 4, id: "a")
        let none = engine.stream.takeClosing()
        #expect(none.isEmpty, "who has a slot comes back to it")
    }

    @Test("under always the stream's tip moves when the log is durable, and local waits end then")
    func durableTip() throws {
        let storage = FaultyStorage()
        let log = try ReplicationLog.open(storage).log
        var engine = Engine(
            seed: 9,
            history: self.history,
            log: ShardLog(sync: .always, indexInterval: 64, tip: 0),
            logMap: log.map
        )
        _ = engine.run(self.table, ["SET", "k", "v"], now: 1000)
        engine.replicas.waiter.add(1, position: 1, rule: .durable(local: true, replicas: 0), deadline: nil)
        let before = (tip: engine.tip, shown: engine.stream.tip, may: engine.mayReply(to: 1, now: 1000))
        #expect(before == (1, 0, false))
        let early = engine.takeCommitOutcomes(now: 1000)
        #expect(early.isEmpty)
        let jobJob = engine.takeLogJob(now: 1000)
        let job = try #require(jobJob)
        _ = engine.run(self.table, ["SET", "k", "w"], now: 1001)
        engine.logCompleted(job.run(on: log), now: 1002)
        let after = (tip: engine.tip, shown: engine.stream.tip, may: engine.mayReply(to: 1, now: 1002))
        #expect(after == (2, 1, true))
        let mayNext = engine.mayReply(to: 2, now: 1002)
        #expect(!mayNext)
        let outcomes = engine.takeCommitOutcomes(now: 1002)
        #expect(outcomes == [CommitOutcome(token: 1, isReached: true, isLocal: true, count: 0)])
        storage.faults.failingSyncs = .all
        let failingJob = engine.takeLogJob(now: 1003)
        let failing = try #require(failingJob)
        engine.logCompleted(failing.run(on: log), now: 1003)
        let failed = (shown: engine.stream.tip, failure: engine.log?.failure != nil)
        #expect(failed == (1, true))
        let isMoreDue = engine.tick(now: 1050).isMoreDue
        #expect(!isMoreDue, "nothing is expired while the log fails")
        storage.faults.failingSyncs = .none
        let retriedJob = engine.takeLogJob(now: 1103)
        let retried = try #require(retriedJob)
        engine.logCompleted(retried.run(on: log), now: 1103)
        let healed = (shown: engine.stream.tip, may: engine.mayReply(to: 2, now: 1103))
        #expect(healed == (2, true))
    }

    @Test("a slot that holds too much is lost at the next sweep, and says so once")
    func lost() {
        var limits = SlotLimits()
        limits.maxLag = 3
        var engine = Engine(
            seed: 9,
            history: self.history,
            slots: SlotTable(history: self.history, limits: limits, loadedAt: 0)
        )
        self.open(&engine, 1, id: "a")
        for _ in 0..<4 { _ = engine.run(self.table, ["INCR", "n"], now: 0) }
        let losses = engine.tick(now: 2000).lost
        #expect(losses.map(\.id) == ["a"] && losses.first?.cause == .horizon)
        let none = engine.tick(now: 4000).lost
        #expect(none.isEmpty)
    }
}
