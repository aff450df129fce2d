// Writing dumps in the background: the shard encodes a view of its data slice by slice, the file thread writes, syncs and
// renames. A dump counts once the log is durable up to its position, so that the log always goes on where a dump ends.

import Engine
import Keyspace
import Logging
import NIOCore
import Primitives
import RESP
import Replication
import ReplicationLog

extension Shard {
    /// Bytes of a slice: some tenth of a millisecond.
    private static let sliceBytes = 128 << 10

    /// Saves the data as soon as that can begin; whoever asks while one is under way is told of the next one that ends.
    /// - Parameter done: called on the loop.
    func saveDump(_ done: ShardDumps.Waiter? = nil) {
        self.loop.preconditionInEventLoop()
        guard self.log != nil else {
            done?(.failure(.noDirectory))
            return
        }
        if let done { self.dumps.waiters.append(done) }
        guard self.dumps.running == nil else { return }
        self.dumps.isWanted = true
        self.beginDump()
    }

    /// Begins a dump that is wanted; where all views are taken, the next tick tries again.
    func beginDump() {
        guard self.dumps.isWanted, self.dumps.running == nil, let log = self.log, let keeper = self.node.keeper else {
            return
        }
        self.group?.noteLastRecord()
        let facts = SnapshotFacts(
            history: self.engine.stream.history,
            position: self.engine.tip,
            now: WallClock.milliseconds,
            version: Product.version,
            record: self.engine.group?.lastRecord
        )
        guard let snapshot = SnapshotWriter(on: &self.engine.keyspace, facts) else { return }
        self.dumps.isWanted = false
        let files = log.store.files
        let sink = FileSink(keeper, loop: self.loop) { () throws(StorageError) in try DumpDraft(files) }
        let running = RunningDump(snapshot, sink, beganAt: facts.now)
        self.dumps.running = running
        sink.onRoom = { [unowned self] in
            // Not held here: it holds the sink.
            if let running = self.dumps.running { self.continueDump(running) }
        }
        self.continueDump(running)
    }

    private func continueDump(_ running: RunningDump) {
        guard self.dumps.running === running, !running.snapshot.isFinished else { return }
        if running.sink.hasFailed {
            running.snapshot.close(on: &self.engine.keyspace)
            running.sink.end()
            return self.syncDump(running)
        }
        guard !running.sink.isFull else { return }
        let start = self.events.begin()
        let writer = self.dumps.writer
        let isWhole = running.snapshot.write(from: &self.engine.keyspace, into: writer, limit: Self.sliceBytes)
        running.sink.append(Array(writer.bytes))
        writer.removeAll()
        self.events.end(.dumpSlice, since: start)
        guard isWhole else {
            self.later { shard in if let running = shard.dumps.running { shard.continueDump(running) } }
            return
        }
        running.sink.end()
        self.syncDump(running)
    }

    private func syncDump(_ running: RunningDump) {
        let bound = NIOLoopBound(running, eventLoop: self.loop)
        running.sink.finish(
            { draft throws(LogError) in try LogError.wrapping { () throws(StorageError) in try draft.sync() } },
            { result in
                let running = bound.value
                guard self.dumps.running === running else { return }
                if case .failure(let error) = result { return self.endDump(running, .failure(error)) }
                running.isSynced = true
                self.engine.log?.requestSync(through: running.snapshot.facts.position)
                self.commitDump()
                self.dispatchLogJob()
            }
        )
    }

    /// Lets a dump count, once the log has what it holds.
    func commitDump() {
        guard let running = self.dumps.running, running.isSynced, let log = self.engine.log else { return }
        if let failure = log.failure {
            running.sink.discard()
            let message = "the log cannot be written, which must have what a dump has: \(failure.reason)"
            return self.endDump(running, .failure(LogError(.storage, message)))
        }
        guard log.durable >= running.snapshot.facts.position else { return }
        // A dump of what is not decided would bring it back.
        if let group = self.engine.group, group.decided < running.snapshot.facts.position { return }
        running.isSynced = false
        let bound = NIOLoopBound(running, eventLoop: self.loop)
        running.sink.finish(
            { draft throws(LogError) in
                try LogError.wrapping { () throws(StorageError) in try draft.commit() }
                return draft.bytes
            },
            { result in
                guard self.dumps.running === bound.value else { return }
                self.endDump(bound.value, result)
            }
        )
    }

    /// - Parameter result: the bytes of the dump that counts now.
    private func endDump(_ running: RunningDump, _ result: Result<Int, LogError>) {
        self.dumps.running = nil
        let now = WallClock.milliseconds
        let outcome: Result<DumpRecord, DumpFailure>
        switch result {
        case .success(let bytes):
            let record = DumpRecord(position: running.snapshot.facts.position, bytes: bytes, savedAt: now)
            self.dumps.newest = record
            self.dumps.failure = nil
            self.dumps.count += 1
            self.dumps.lastDuration = now - running.beganAt
            outcome = .success(record)
            self.node.logger.info(
                "saved a dump",
                metadata: [
                    "shard": "\(self.index)", "position": "\(record.position)", "bytes": "\(bytes)",
                    "keys": "\(running.snapshot.keyCount)", "milliseconds": "\(now - running.beganAt)",
                ]
            )
            self.sweepLog(now: now)
        case .failure(let error):
            let failure = DumpFailure(description: "\(error)")
            if self.dumps.failure == nil {
                self.node.logger.error(
                    "a dump could not be saved: the one before it stays",
                    metadata: ["shard": "\(self.index)", "reason": "\(failure)"]
                )
            }
            self.dumps.failure = failure
            self.dumps.failureCount += 1
            self.dumps.retryAt = now + ShardDumps.retryInterval
            outcome = .failure(failure)
        }
        self.refreshWriteRefusal()
        self.tellDumpWaiters(outcome)
    }

    /// Gives up a dump under way: other data takes the place of its own, or the shard stops.
    func abandonDump(_ reason: DumpFailure) {
        self.dumps.isWanted = false
        if let running = self.dumps.running {
            self.dumps.running = nil
            running.snapshot.close(on: &self.engine.keyspace)
            running.sink.discard()
        }
        self.tellDumpWaiters(.failure(reason))
    }

    private func tellDumpWaiters(_ outcome: Result<DumpRecord, DumpFailure>) {
        let waiters = self.dumps.waiters
        self.dumps.waiters = []
        for waiter in waiters { waiter(outcome) }
    }

    // MARK: By itself

    /// About ten times a second: dumps that the log's length asks for, and what the log may let go.
    func tickDumps() {
        guard let log = self.log else { return }
        let now = WallClock.milliseconds
        self.beginDump()
        guard now - self.dumps.sweptAt >= Self.dumpSweepInterval || now < self.dumps.sweptAt else { return }
        self.dumps.sweptAt = now
        self.sweepLog(now: now)
        let limit = self.node.options.snapshotLogBytes
        let isLogLong = limit > 0 && log.store.log.map.retainedBytes(after: self.dumps.newest.position) >= limit
        guard isLogLong || self.dumps.isLogBeyondBounds, !self.dumps.isUnderWay,
            now >= self.dumps.retryAt || now < self.dumps.retryAt - ShardDumps.retryInterval
        else { return }
        self.saveDump()
    }

    private static let dumpSweepInterval: Milliseconds = 1000

    func sweepLog(now: Milliseconds) {
        let options = self.node.options
        let sweep = self.engine.sweepLog(
            dumped: self.dumps.newest.position,
            bounds: LogBounds(maxBytes: options.logMaxBytes, maxAge: options.logMaxAge),
            now: now
        )
        self.dumps.isLogBeyondBounds = sweep.needsDump
        self.tell(sweep.lost)
        if !sweep.lost.isEmpty { self.board.publish(invalidated: self.engine.replicas.slots) }
        self.dispatchLogJob()
    }

    /// Why writes are refused though the log can be written: it would grow beyond its bounds.
    var dumpRefusal: String? {
        guard self.dumps.isLogBeyondBounds, let failure = self.dumps.failure else { return nil }
        return "MISCONF The log has passed --log-max-size or --log-max-age, and no dump can be saved (\(failure)):"
            + " writes go on by themselves when one can"
    }
}
