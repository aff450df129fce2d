import Primitives
import ReplicationLog
import Testing

@testable import Engine

@Suite struct ShardLogFaultTests {
    private let failure = LogFailure(reason: "Input/output error", isNoSpace: false)

    private func log(_ sync: LogSync) -> ShardLog { ShardLog(sync: sync, indexInterval: 4, tip: 0) }

    private func append(_ log: ShardLog, now: Milliseconds) {
        [UInt8(1)].withUnsafeBytes { _ = log.append($0, now: now) }
    }

    /// Takes a job that must be there, and says what came of it.
    private func complete(
        _ log: ShardLog,
        from began: Milliseconds,
        to ended: Milliseconds,
        written: Position,
        durable: Position,
        failure: LogFailure? = nil,
        keepsBatch: Bool = false
    ) throws -> LogJob {
        let jobTaken = log.takeJob(now: began)
        let job = try #require(jobTaken)
        var outcome = LogOutcome(written: written, durable: durable)
        outcome.failure = failure
        if keepsBatch { outcome.unwritten = job.batch }
        log.completed(outcome, now: ended) { _ in }
        return job
    }

    @Test("under always a reply leaves once it is durable, and not before")
    func always() throws {
        let log = self.log(.always)
        self.append(log, now: 0)
        #expect(!log.mayReply(to: 1, now: 0))
        let job = try self.complete(log, from: 0, to: 5, written: 1, durable: 1)
        #expect(job.isSync && log.mayReply(to: 1, now: 5) && !log.mayReply(to: 2, now: 5))
    }

    @Test("under everysec a reply leaves once it is written, unless a record has not been durable for two seconds")
    func everysec() throws {
        let log = self.log(.everysec)
        _ = try self.appendAndComplete(log, from: 10_000, to: 10_001)
        self.append(log, now: 10_100)
        #expect(!log.mayReply(to: 2, now: 10_100))
        let write = try self.complete(log, from: 10_100, to: 10_110, written: 2, durable: 1)
        #expect(!write.isSync, "synced a moment ago")
        let early = log.takeJob(now: 11_000)
        #expect(early == nil)
        let syncTaken = log.takeJob(now: 11_001)
        let sync = try #require(syncTaken)
        #expect(sync.isSync && sync.batch == nil)
        self.append(log, now: 12_000)
        #expect(log.mayReply(to: 2, now: 12_100) && !log.mayReply(to: 2, now: 12_101), "written, and late")
        log.completed(LogOutcome(written: 2, durable: 2), now: 12_200) { _ in }
        #expect(log.mayReply(to: 2, now: 12_200) && !log.mayReply(to: 3, now: 12_200))
    }

    private func appendAndComplete(
        _ log: ShardLog,
        from began: Milliseconds,
        to ended: Milliseconds
    ) throws -> LogJob {
        self.append(log, now: began)
        return try self.complete(log, from: began, to: ended, written: log.last, durable: log.last)
    }

    @Test("after a slow sync the next one is due at once for what was numbered meanwhile")
    func slowSync() throws {
        let log = self.log(.everysec)
        self.append(log, now: 10_000)
        let jobTaken = log.takeJob(now: 10_000)
        let job = try #require(jobTaken)
        #expect(job.isSync)
        self.append(log, now: 10_001)
        log.completed(LogOutcome(written: 1, durable: 1), now: 15_000) { _ in }
        #expect(!log.mayReply(to: 2, now: 15_000))
        let next = log.takeJob(now: 15_000)
        #expect(next?.isSync == true)
    }

    @Test("a batch that is tried again leaves what gathered behind it as late as it is")
    func gatheredBehindFailure() throws {
        let log = self.log(.everysec)
        self.append(log, now: 10_000)
        _ = try self.complete(
            log,
            from: 10_000,
            to: 10_010,
            written: 0,
            durable: 0,
            failure: self.failure,
            keepsBatch: true
        )
        self.append(log, now: 10_020)
        _ = try self.complete(log, from: 12_000, to: 12_030, written: 1, durable: 1)
        #expect(!log.mayReply(to: 2, now: 12_030))
    }

    @Test("a failed sync is tried again, though the files end with what is durable", arguments: LogSync.allCases)
    func failedSync(sync: LogSync) throws {
        let log = self.log(sync)
        self.append(log, now: 10_000)
        _ = try self.complete(log, from: 10_000, to: 10_010, written: 0, durable: 0, failure: self.failure)
        #expect(log.failure == self.failure && log.failureCount == 1)
        let early = log.takeJob(now: 10_109)
        #expect(early == nil)
        let job = try self.complete(log, from: 10_110, to: 10_120, written: 1, durable: 1)
        #expect(job.isSync && job.batch == nil)
        let late = log.takeJob(now: 20_000)
        #expect(log.failure == nil && log.durable == 1 && late == nil)
    }

    @Test("a clock that is set back does not put off the next attempt")
    func clockSetBack() throws {
        let log = self.log(.always)
        self.append(log, now: 1_000_000)
        _ = try self.complete(log, from: 1_000_000, to: 1_000_000, written: 0, durable: 0, failure: self.failure)
        let early = log.takeJob(now: 1_000_050)
        let back = log.takeJob(now: 500_000)
        #expect(early == nil && back != nil)
    }

    @Test("what a stopping shard still has is written and synced, whatever failed before")
    func last() throws {
        let log = self.log(.no)
        self.append(log, now: 0)
        _ = try self.complete(log, from: 0, to: 0, written: 0, durable: 0, failure: self.failure, keepsBatch: true)
        let jobTaken = log.takeJob(now: 1, isLast: true)
        let job = try #require(jobTaken)
        #expect(job.isSync && job.batch?.last == 1)
    }
}
