import Primitives
import ReplicationLog
import Simulation
import Testing

@testable import Engine

@Suite struct ShardLogTests {
    /// A time that is far from 0, as the wall clock's is.
    private let start: Milliseconds = 10_000

    @Test("a reply waits until its write is in the files, and under always until it is safe there")
    func mayReply() throws {
        for sync in LogSync.allCases {
            var scene = try LoggedShard(sync: sync)
            #expect(scene.shard.mayReply(to: 0, now: self.start))
            scene.append("one", now: self.start)
            #expect(!scene.shard.mayReply(to: 1, now: self.start), "\(sync)")
            let job = try scene.take(now: self.start)
            #expect(!scene.shard.mayReply(to: 1, now: self.start), "\(sync)")
            scene.complete(job, now: self.start + 5)
            #expect(scene.shard.mayReply(to: 1, now: self.start + 5), "\(sync)")
            #expect(scene.shard.written == 1 && scene.shard.durable == (sync == .no ? 0 : 1))
        }
    }

    @Test("there is one job at a time, and batches follow each other", arguments: LogSync.allCases)
    func oneJob(sync: LogSync) throws {
        var scene = try LoggedShard(sync: sync)
        #expect(!scene.hasJob(now: self.start), "there is nothing to do")
        scene.append("1", now: self.start)
        let first = try scene.take(now: self.start)
        for number in 2...5 { scene.append("\(number)", now: self.start + 1) }
        #expect(!scene.hasJob(now: self.start + 5000), "one is out")
        #expect(!scene.hasJob(now: self.start + 5000, isLast: true), "one is out")
        scene.complete(first, now: self.start + 2)
        let second = try scene.take(now: self.start + 2)
        #expect(second.batch?.first == 2 && second.batch?.last == 5)
        scene.complete(second, now: self.start + 3)
        for round in 6...200 {
            scene.append("\(round)", now: self.start + Milliseconds(round))
            if round % 7 == 0 { try scene.work(now: self.start + Milliseconds(round)) }
        }
        let last = try scene.take(now: self.start + 300, isLast: true)
        #expect(last.isSync)
        scene.complete(last, now: self.start + 300)
        #expect(scene.shard.durable == 200 && scene.shard.last == 200)
        #expect(try scene.payloads() == (1...200).map(String.init))
        if sync == .always { #expect(scene.shown == (1...200).map(String.init)) }
    }

    @Test("under always links are shown what is durable, and nothing else, once and in order")
    func shownWhenDurable() throws {
        var scene = try LoggedShard(sync: .always)
        scene.append("a", now: self.start)
        let job = try scene.take(now: self.start)
        #expect(job.isSync && scene.shown.isEmpty)
        scene.storage.faults.failingSyncs = .all
        scene.complete(job, now: self.start)
        scene.append("b", now: self.start + 1)
        #expect(scene.shown.isEmpty && scene.shard.durable == 0)
        try scene.work(now: self.start + 100)
        #expect(scene.shown.isEmpty && !scene.shard.mayReply(to: 1, now: self.start + 100))
        scene.storage.faults.failingSyncs = .none
        try scene.work(now: self.start + 200)
        #expect(scene.shown == ["a", "b"])
        #expect(scene.shard.mayReply(to: 2, now: self.start + 200))
        #expect(try scene.payloads() == ["a", "b"])
    }

    @Test("everysec syncs a second after the last sync, with or without something to write")
    func everySecond() throws {
        var scene = try LoggedShard(sync: .everysec)
        scene.append("first", now: self.start)
        let late = try scene.work(now: self.start)
        #expect(late.isSync, "no sync for a long time")
        scene.append("second", now: self.start + 100)
        let early = try scene.work(now: self.start + 100)
        #expect(early.isSync == false)
        #expect(scene.shard.written == 2 && scene.shard.durable == 1)
        #expect(!scene.hasJob(now: self.start + 999))
        let sync = try scene.work(now: self.start + 1100)
        #expect(sync.batch == nil && sync.isSync)
        #expect(scene.shard.durable == 2)
        #expect(!scene.hasJob(now: self.start + 9000), "everything is safe")
        scene.append("third", now: self.start + 1200)
        let earlier = try scene.work(now: self.start + 300)
        #expect(earlier.isSync, "a clock that was set back stops no sync")
    }

    @Test("under no nothing is synced before the end")
    func never() throws {
        var scene = try LoggedShard(sync: .no)
        for round in 0..<10 as Range<Milliseconds> {
            scene.append("\(round)", now: self.start + round * 5000)
            let unsynced = try scene.work(now: self.start + round * 5000)
            #expect(unsynced.isSync == false)
        }
        #expect(scene.shard.durable == 0 && scene.storage.counters.syncs == 0)
        let last = try scene.take(now: self.start + 90_000, isLast: true)
        scene.complete(last, now: self.start + 90_000)
        #expect(scene.shard.durable == 10)
    }

    @Test("everysec does not wait for the second once 32 MiB are not safe")
    func syncedByBytes() throws {
        var scene = try LoggedShard(sync: .everysec)
        scene.append("first", now: self.start)
        try scene.work(now: self.start)
        var written = 1 as Position
        for round in 1...32 {
            scene.append(bytes: 1 << 20, now: self.start + 1)
            let job = try scene.take(now: self.start + 1)
            #expect(job.isSync == (round == 32), "round \(round)")
            written += 1
            // Written by nobody: this is about the decision.
            scene.shard.completed(LogOutcome(written: written, durable: 1), now: self.start + 1) { _ in }
        }
    }

    @Test("under everysec replies wait while the oldest record is not safe for more than two seconds")
    func lateSync() throws {
        var scene = try LoggedShard(sync: .everysec)
        scene.append("old", now: self.start)
        let slow = try scene.take(now: self.start)
        scene.append("new", now: self.start + 500)
        scene.complete(slow, now: self.start + 2500)
        #expect(scene.shard.mayReply(to: 1, now: self.start + 2500), "what is safe is told")
        try scene.work(now: self.start + 3600)
        #expect(scene.shard.durable == 2)
        scene.append("fresh", now: self.start + 3700)
        let written = try scene.take(now: self.start + 3700)
        #expect(!written.isSync)
        scene.complete(written, now: self.start + 3701)
        #expect(scene.shard.mayReply(to: 3, now: self.start + 3701), "it has recovered")
        #expect(scene.shard.mayReply(to: 3, now: self.start + 5700))
        #expect(!scene.shard.mayReply(to: 3, now: self.start + 5701))
    }

    @Test("a batch that failed is tried again after 100 ms, before what came later", arguments: LogSync.allCases)
    func retry(sync: LogSync) throws {
        var scene = try LoggedShard(sync: sync)
        scene.storage.faults.capacityBytes = 0
        scene.append("a", now: self.start)
        let first = try scene.work(now: self.start)
        let failure = try #require(scene.shard.failure)
        #expect(failure.isNoSpace && failure.reason.contains("No space left") && scene.shard.failureCount == 1)
        scene.append("b", now: self.start + 10)
        #expect(!scene.hasJob(now: self.start + 99))
        let second = try scene.work(now: self.start + 100)
        #expect(second.batch === first.batch && scene.shard.failureCount == 2)
        #expect(scene.shard.written == 0)
        scene.storage.faults.capacityBytes = nil
        #expect(!scene.hasJob(now: self.start + 199))
        let third = try scene.work(now: self.start + 200)
        #expect(third.batch === first.batch && scene.shard.failure == nil && scene.shard.written == 1)
        // Nothing waits any more.
        let rest = try scene.take(now: self.start + 200)
        #expect(rest.batch?.first == 2)
        scene.complete(rest, now: self.start + 200)
        #expect(try scene.payloads() == ["a", "b"])
    }

    @Test("a sync that failed is made good by itself", arguments: [LogSync.everysec, .always])
    func syncRetry(sync: LogSync) throws {
        var scene = try LoggedShard(sync: sync)
        scene.append("a", now: self.start)
        scene.storage.faults.failingSyncs = .number(1)
        try scene.work(now: self.start)
        #expect(scene.shard.failure != nil && scene.shard.durable == 0)
        let job = try scene.work(now: self.start + 100)
        #expect(job.batch == nil && job.isSync)
        #expect(scene.shard.failure == nil && scene.shard.durable == 1)
        #expect(try scene.payloads() == ["a"])
    }

    @Test("batches are used again, so that a steady load holds steady memory")
    func spares() throws {
        var scene = try LoggedShard(sync: .always)
        for round in 0..<50 as Range<Milliseconds> {
            for _ in 0..<20 { scene.append(bytes: 1000, now: self.start + round) }
            try scene.work(now: self.start + round)
        }
        #expect(scene.shard.heldBytes < 2 << 20)
        #expect(scene.shard.appendedBytes == 50 * 20 * UInt64(1000 + LogRecord.overheadBytes))
    }
}
