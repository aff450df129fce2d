// The shard's side of its log: jobs go out at the end of a turn, and replies wait for what comes back.

import DequeModule
import Engine
import Keyspace
import Logging
import NIOCore
import Primitives
import Replication
import ReplicationLog

/// The log of a shard that runs.
final class ShardLogParts {
    /// Replaced where the shard starts again with other data, or under another history.
    var store: ShardStore
    let writer: LogWriter
    /// The log's files are about to be replaced: nothing is written to them any more.
    var isHeld = false
    /// Waits until nobody has the log.
    var whenIdle: (() -> Void)?

    init(store: ShardStore, writer: LogWriter) {
        self.store = store
        self.writer = writer
    }
}

/// A reply that waits until what was numbered up to a position may be told.
struct ReplyGate {
    enum Waiter {
        case client(ClientConnection)
        /// Is told whether it may be told.
        case other((Bool) -> Void)
    }

    var position: Position
    var waiter: Waiter
}

/// What a reply tells of is gone: other data took its place before it was on disk.
struct ReplyLost: Error, CustomStringConvertible {
    var description: String { "other data took the place of what was written" }
}

extension Shard {
    /// Writes what has gathered, here or on the log's thread, unless that has a job already.
    func dispatchLogJob() {
        // At the end the log's thread takes no more jobs: what gathers then is `finishLog`'s.
        guard !self.isStopped, let log = self.log, !log.isHeld,
            let job = self.engine.takeLogJob(now: WallClock.milliseconds)
        else { return }
        if self.logPace.isQuick(job) {
            self.logReported(LogReport(job, on: log.store.log))
        } else {
            log.writer.carryOut(job, on: log.store.log)
        }
    }

    func logReported(_ report: LogReport) {
        self.logPace.took(report.nanoseconds, isSync: report.isSync)
        self.logCompleted(report.outcome)
    }

    private func logCompleted(_ outcome: LogOutcome) {
        let before = self.engine.log?.failure
        self.now = WallClock.milliseconds
        self.engine.logCompleted(outcome, now: self.now)
        self.remove(outcome.detached)
        if !outcome.detached.isEmpty { self.group?.pruned() }
        self.noteFailure(before)
        self.group?.logMoved()
        self.publish()
        self.dispatchLogJob()
        self.releaseReplies()
        self.finishCommits()
        self.commitDump()
        if let whenIdle = self.log?.whenIdle.take() { whenIdle() }
        self.follower?.logMoved()
        if !self.engine.stream.links.isEmpty || !self.parkedLinks.isEmpty { self.scheduleTurn() }
    }

    /// Removes files of segments that have left the log. Those that a crash leaves leave it again.
    private func remove(_ segments: [LSN]) {
        guard !segments.isEmpty, let storage = self.log?.store.log.storage else { return }
        let (index, logger) = (self.index, self.node.logger)
        self.node.keeper?.run {
            do throws(LogError) {
                try ReplicationLog.remove(segments, from: storage)
            } catch {
                logger.warning(
                    "segments that the log let go could not be removed; the next start will",
                    metadata: ["shard": "\(index)", "reason": "\(error)"]
                )
            }
        }
    }

    private func noteFailure(_ before: LogFailure?) {
        let failure = self.engine.log?.failure
        guard failure != before else { return }
        self.refreshWriteRefusal()
        let metadata: Logger.Metadata = ["shard": "\(self.index)"]
        if let failure {
            guard before == nil else { return }
            self.node.logger.error(
                "the log cannot be written: writes are refused until it can",
                metadata: metadata.merging(["reason": "\(failure.reason)"]) { $1 }
            )
        } else {
            self.node.logger.notice("the log can be written again", metadata: metadata)
        }
    }

    // MARK: Replies

    /// The position that replies made now must wait for; nil when they may leave at once. While the log fails writes are
    /// refused and reads go on: what waits then is older than the failure.
    var replyPosition: Position? {
        guard self.log != nil, self.engine.log?.failure == nil else { return nil }
        // A member of a group that does not serve carries nothing out that could be told too early.
        if let group = self.group, !group.isServing { return nil }
        let tip = self.engine.tip
        return self.engine.mayReply(to: tip, now: self.now) ? nil : tip
    }

    func hold(until position: Position, _ waiter: ReplyGate.Waiter) {
        self.gates.append(ReplyGate(position: position, waiter: waiter))
    }

    /// A future of a value that is told once what was numbered so far may be.
    func held<Value: Sendable>(_ value: Value) -> EventLoopFuture<Value> {
        guard let position = self.replyPosition else { return self.loop.makeSucceededFuture(value) }
        let promise = self.loop.makePromise(of: Value.self)
        self.hold(until: position, .other { $0 ? promise.succeed(value) : promise.fail(ReplyLost()) })
        return promise.futureResult
    }

    func releaseReplies() {
        self.now = WallClock.milliseconds
        while let gate = self.gates.first, self.engine.mayReply(to: gate.position, now: self.now) {
            self.gates.removeFirst()
            switch gate.waiter {
            case .client(let connection): connection.advanceHold()
            case .other(let release): release(true)
            }
        }
    }

    // MARK: Links

    func dispatchDiskRequests() {
        guard let log = self.log, let readers = self.node.logReaders else { return }
        for request in self.engine.stream.takeDiskRequests() {
            // Under `always` the stream's tip is durable; otherwise it may be ahead of the files, which can even go back for a
            // while after a failed sync.
            let limit = min(self.engine.stream.tip, log.store.log.map.written)
            readers.read(request, for: self, log.store.log, through: limit, self.engine.stream.backlog.pool)
        }
    }

    var logFacts: LogFacts? {
        guard let store = self.log?.store, let log = self.engine.log else { return nil }
        return LogFacts(
            bounds: store.log.map.bounds,
            last: log.last,
            failure: log.failure,
            failures: log.failureCount,
            heldBytes: log.heldBytes,
            bytesSinceDump: store.log.map.retainedBytes(after: self.dumps.newest.position)
        )
    }

    // MARK: Beginning and end

    var isLogSafe: Bool { self.engine.log.map { $0.durable == $0.last } ?? false }

    /// Nobody is there any more to be told anything; the promises behind the replies end all the same.
    private func dropWaiters() {
        for gate in self.gates {
            if case .other(let release) = gate.waiter { release(true) }
        }
        self.gates.removeAll()
        for token in Array(self.commitWaits.keys) { self.cancelCommit(token) }
        self.dropPauses()
        self.dropDigests()
        self.cancelPlaceWait(of: nil)
    }

    /// Writes and syncs what is left, once the log's thread has ended and nothing else writes.
    func finishLog() {
        defer { self.dropWaiters() }
        guard let store = self.log?.store else { return }
        // A batch that failed before goes first, then what has gathered behind it.
        for _ in 0..<2 where !self.isLogSafe {
            guard let job = self.engine.takeLogJob(now: WallClock.milliseconds, isLast: true) else { break }
            self.engine.logCompleted(job.run(on: store.log), now: WallClock.milliseconds)
        }
    }

    /// The last thing that a shard does.
    func markEnd() {
        guard let store = self.log?.store else { return }
        if let slots = self.engine.replicas.slots.takeFinalSave(now: WallClock.milliseconds) {
            do throws(StorageError) {
                try store.files.replace(SlotTable.fileName, with: slots)
            } catch {
                self.node.logger.error("the slots could not be saved", metadata: ["reason": "\(error)"])
            }
        }
        do throws(StorageError) {
            if self.isLogSafe { try store.markCleanShutdown() }
        } catch {
            self.node.logger.error("cannot mark the clean shutdown", metadata: ["reason": "\(error)"])
        }
    }
}
