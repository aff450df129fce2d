import Primitives
import ReplicationLog
import Simulation

@testable import Engine

/// A shard's log over a disk that fails on request. Jobs are carried out when the test says so.
struct LoggedShard {
    let storage = FaultyStorage()
    let log: ReplicationLog
    let shard: ShardLog
    /// What links would have been shown, under `always`.
    private(set) var shown: [String] = []

    init(sync: LogSync) throws {
        self.log = try ReplicationLog.open(self.storage).log
        self.shard = ShardLog(sync: sync, indexInterval: LogOptions().indexInterval, tip: 0)
    }

    @discardableResult
    mutating func append(_ text: String, now: Milliseconds) -> LSN {
        Array(text.utf8).withUnsafeBytes { self.shard.append($0, now: now) }
    }

    mutating func append(bytes: Int, now: Milliseconds) {
        [UInt8](repeating: 7, count: bytes).withUnsafeBytes { _ = self.shard.append($0, now: now) }
    }

    mutating func complete(_ job: LogJob, now: Milliseconds) {
        self.shard.completed(job.run(on: self.log), now: now) { self.shown.append($0.text) }
    }

    struct NothingToDo: Error {}

    /// Takes the next job; it is an error if there is none.
    mutating func take(now: Milliseconds, isLast: Bool = false) throws -> LogJob {
        guard let job = self.shard.takeJob(now: now, isLast: isLast) else { throw NothingToDo() }
        return job
    }

    func hasJob(now: Milliseconds, isLast: Bool = false) -> Bool {
        self.shard.isJobDue(now: now, isLast: isLast)
    }

    /// Takes the next job and carries it out.
    @discardableResult
    mutating func work(now: Milliseconds) throws -> LogJob {
        let job = try self.take(now: now)
        self.complete(job, now: now)
        return job
    }

    /// Everything in the log's files.
    func payloads() throws -> [String] {
        var payloads: [String] = []
        try LogReader(self.storage, self.log.map, after: 0).read(through: self.log.last) {
            payloads.append($0.payload.text)
            return true
        }
        return payloads
    }
}
