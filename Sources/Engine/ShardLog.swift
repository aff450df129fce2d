// A shard's side of its log: what was numbered gathers here, leaves in one job at a time for whoever has the files then, and
// what comes back tells which replies may leave and what links may see.

package import Primitives
package import ReplicationLog

/// What is to be done with the files: write a batch, then perhaps sync.
package struct LogJob: Sendable {
    package var batch: LogBatch?
    package var isSync: Bool
    /// Segments whose records all lie at or before it leave the log.
    package var prunesUpTo: Position?
    /// Nobody is expected to read it soon (`ReplicationLog.uncaches`).
    package var isUncached = false

    /// Carries the job out; nobody else may use the log meanwhile.
    package func run(on log: ReplicationLog) -> LogOutcome {
        var outcome = LogOutcome(written: log.last, durable: log.durable)
        log.uncaches = self.isUncached
        do throws(LogError) {
            if let batch = self.batch {
                outcome.unwritten = batch
                try log.append(batch)
                outcome.unwritten = nil
            }
            if self.isSync { try log.sync() }
            if self.isUncached { log.uncache() }
        } catch {
            outcome.failure = LogFailure(reason: error.description, isNoSpace: error.isNoSpace)
        }
        // What cannot be pruned now is asked for again at the next sweep.
        if let limit = self.prunesUpTo, outcome.failure == nil {
            outcome.detached = (try? log.detach(upTo: min(limit, log.durable))) ?? []
        }
        outcome.written = log.last
        outcome.durable = log.durable
        outcome.released = log.takeReleased()
        return outcome
    }
}

/// What came of a job.
package struct LogOutcome: Sendable {
    /// Everything up to here is in the files, and up to `durable` it survives a loss of power.
    package var written: Position
    package var durable: Position
    /// Batches that are durable, in order.
    package var released: [LogBatch] = []
    /// The batch that could not be written; it must be tried again before any other.
    package var unwritten: LogBatch?
    package var failure: LogFailure?
    /// Segments that have left the log, and whose files are to be removed.
    package var detached: [LSN] = []
}

package struct LogFailure: Equatable, Sendable {
    package var reason: String
    package var isNoSpace: Bool
}

/// A class because `Engine` may have none: reading a field of an optional struct copies all of it, once a command.
package final class ShardLog {
    package let sync: LogSync
    private let indexInterval: Int
    /// The last LSN that was given out.
    package private(set) var last: Position
    package private(set) var written: Position
    package private(set) var durable: Position
    /// Why writes are refused now.
    package private(set) var failure: LogFailure?
    package private(set) var failureCount = 0
    private var gathering: LogBatch {
        didSet { self.gatheringUncounted = self.gathering }
    }
    /// The same batch: references to the other one would be counted for every record, which took a tenth of a command.
    private unowned(unsafe) var gatheringUncounted: LogBatch
    private var unwritten: LogBatch?
    private var spares: [LogBatch] = []
    /// Bytes given to the log's thread that are not durable yet.
    private var unsyncedBytes = 0
    /// Of the leadership whose records these are.
    package var term = LogRecord.defaultTerm
    /// What is appended is far behind those that others would read.
    package var isFarBehind = false
    /// Bytes of records since the start.
    package private(set) var appendedBytes: UInt64 = 0
    package private(set) var isJobOut = false
    private var isSyncOut = false
    private var syncedAt: Milliseconds = 0
    private var retryAt: Milliseconds = 0
    /// When the oldest record that is not durable was numbered; nil when all are.
    private var oldestUnsynced: Milliseconds?
    /// Somebody waits until everything up to here is durable, whatever the policy.
    private var wantedDurable: Position = 0
    private var prunesUpTo: Position?

    /// Bytes after which `everysec` does not wait for the second to end: what is not synced is held in memory, to be
    /// written again should the sync fail.
    static let unsyncedBytesLimit = 32 << 20
    /// Under `everysec` replies wait once a record has not been durable for so long, as in Redis.
    package static let latestSync: Milliseconds = 2000
    private static let retryInterval: Milliseconds = 100
    private static let syncInterval: Milliseconds = 1000
    /// Batches kept for their next use, if they have not grown beyond a usual turn.
    private static let mostSpares = 4
    private static let largestSpare = 4 << 20

    /// - Parameter tip: the last LSN of the log, all of it durable.
    package init(sync: LogSync, indexInterval: Int, tip: Position) {
        self.sync = sync
        self.indexInterval = indexInterval
        self.last = tip
        self.written = tip
        self.durable = tip
        let gathering = LogBatch(indexInterval: indexInterval)
        self.gathering = gathering
        self.gatheringUncounted = gathering
    }

    /// Lets the next job sync, whatever the policy, until everything up to a position is durable.
    package func requestSync(through position: Position) {
        self.wantedDurable = max(self.wantedDurable, min(position, self.last))
    }

    /// Lets the next job prune.
    func requestPruning(upTo position: Position) { self.prunesUpTo = position }

    /// Begins again with other files, at their tip. What has gathered and was not written is dropped with the old ones.
    func reset(tip: Position) {
        precondition(!self.isJobOut, "nobody else has the old files any more")
        self.last = tip
        self.written = tip
        self.durable = tip
        self.failure = nil
        self.gathering.removeAll()
        self.unwritten = nil
        self.unsyncedBytes = 0
        self.retryAt = 0
        self.oldestUnsynced = nil
        self.wantedDurable = 0
        self.prunesUpTo = nil
        self.isFarBehind = false
    }

    /// Numbers a mutation and keeps it for the next job.
    @discardableResult
    package func append(_ mutation: Bytes, now: Milliseconds) -> LSN {
        self.last += 1
        if self.oldestUnsynced == nil { self.oldestUnsynced = now }
        self.gatheringUncounted.append(
            lsn: self.last,
            term: self.term,
            timestamp: now,
            payload: mutation
        )
        return self.last
    }

    /// Whether a reply to what was numbered up to a position may leave: never before the system has it, so that a crash of
    /// the process alone costs nothing.
    package func mayReply(to position: Position, now: Milliseconds) -> Bool {
        if self.durable >= position { return true }
        // What a failed sync may have dropped is not told before it was written again and synced.
        guard self.failure == nil, self.written >= position else { return false }
        return switch self.sync {
        case .always: false
        // What is written and late is not told: a loss of power would cost more than the last two seconds.
        case .everysec: !self.isSyncLate(now)
        case .no: true
        }
    }

    private func isSyncLate(_ now: Milliseconds) -> Bool {
        self.oldestUnsynced.map { now - $0 > Self.latestSync } ?? false
    }

    /// Bytes of batches: gathered, on their way, and kept until they are durable.
    package var heldBytes: Int {
        self.gathering.allocatedBytes + self.unsyncedBytes + self.spares.reduce(0) { $0 + $1.allocatedBytes }
    }

    /// The next job; nil when there is nothing to do or one is out already.
    /// - Parameter isLast: the shard stops: everything is written and synced now.
    package func takeJob(now: Milliseconds, isLast: Bool = false) -> LogJob? {
        guard self.isJobDue(now: now, isLast: isLast) else { return nil }
        var batch = self.unwritten.take()
        if batch == nil, !self.gathering.isEmpty {
            batch = self.gathering
            self.appendedBytes += UInt64(self.gathering.used)
            self.unsyncedBytes += self.gathering.used
            self.gathering = self.spares.popLast() ?? LogBatch(indexInterval: self.indexInterval)
        }
        let isSync = isLast || self.isSyncDue(now, hasBatch: batch != nil)
        self.isJobOut = true
        self.isSyncOut = isSync
        return LogJob(batch: batch, isSync: isSync, prunesUpTo: self.prunesUpTo.take(), isUncached: self.isFarBehind)
    }

    func isJobDue(now: Milliseconds, isLast: Bool = false) -> Bool {
        guard !self.isJobOut, self.failure == nil || self.isRetryDue(now) || isLast else { return false }
        return isLast || self.prunesUpTo != nil || self.unwritten != nil || !self.gathering.isEmpty
            || self.isSyncDue(now, hasBatch: false)
    }

    /// A clock that was set back must not put it off.
    private func isRetryDue(_ now: Milliseconds) -> Bool {
        now >= self.retryAt || now < self.retryAt - Self.retryInterval
    }

    private func isSyncDue(_ now: Milliseconds, hasBatch: Bool) -> Bool {
        // Also where the files seem to end with what is durable: what a failed sync dropped is no longer in them.
        if self.failure != nil { return true }
        guard hasBatch || self.durable < self.written else { return false }
        if self.durable < self.wantedDurable { return true }
        switch self.sync {
        case .always: return true
        case .everysec:
            guard self.unsyncedBytes < Self.unsyncedBytesLimit, now >= self.syncedAt else { return true }
            // A slow sync leaves behind what was numbered while it went on, and that is as old as its beginning.
            return now - min(self.syncedAt, self.oldestUnsynced ?? self.syncedAt) >= Self.syncInterval
        case .no: return false
        }
    }

    /// A job is done, or has failed; a failed one is tried again by itself.
    /// - Parameter body: gets each mutation that has become durable, in order, under `always`.
    package func completed(_ outcome: LogOutcome, now: Milliseconds, _ body: (Bytes) -> Void) {
        self.isJobOut = false
        self.written = max(self.written, outcome.written)
        self.durable = outcome.durable
        self.failure = outcome.failure
        self.unwritten = outcome.unwritten
        if outcome.failure != nil {
            self.failureCount += 1
            self.retryAt = now + Self.retryInterval
        } else if self.isSyncOut {
            self.syncedAt = now
        }
        if self.durable == self.last {
            self.oldestUnsynced = nil
        } else if self.isSyncOut, outcome.failure == nil {
            // What is not durable still gathers; a batch that is tried again leaves alone what gathered behind it.
            self.oldestUnsynced = self.gathering.firstTimestamp
        }
        for batch in outcome.released {
            if self.sync == .always { batch.forEachRecord { _, mutation in body(mutation) } }
            self.unsyncedBytes -= batch.used
            batch.removeAll()
            if self.spares.count < Self.mostSpares, batch.allocatedBytes <= Self.largestSpare {
                self.spares.append(batch)
            }
        }
    }
}
