// What the channel gives to the storage, in its order. A leader's own records stand in the log already; others are added to it
// here. Records count as stored as `--log-sync` says: durable under `always`, in the files otherwise.

import Channels
import DequeModule
import Engine
import Logging
import NIOCore
import Primitives
import Replication
import ReplicationLog

/// A job that has not been reported as stored.
struct GroupJob {
    let number: UInt64
    /// The log must have reached it; nil for what is done otherwise.
    var position: Position?
    var isDone = false
}

extension ShardGroup {
    func store(_ job: StorageJob) {
        guard !self.isReplacing else { return self.waitingJobs.append(job) }
        switch job.work {
        case .append(let records): self.append(records, job.number)
        case .vote(let ballot):
            self.file.ballot = ballot
            self.jobs.append(GroupJob(number: job.number))
            self.saveFile { $0.finish(job.number) }
        case .truncate(let seq): self.truncate(to: seq, job.number)
        case .install(let snapshot, _, let last, let discarded): self.install(snapshot, last, discarded, job.number)
        // Channels of data never skip.
        case .skip, .restart: preconditionFailure("a channel that carries data never skips records")
        }
    }

    private func append(_ records: [ChannelRecord], _ number: UInt64) {
        guard let last = records.last else { return }
        let now = WallClock.milliseconds
        let before = self.shard.engine.logTip
        let isInBacklog = self.isStreamRead
        var bytes = 0
        for record in records {
            self.records.append(record)
            bytes += record.payload.count
            guard record.seq >= before else { continue }
            GroupPayload.logged(record.payload).withUnsafeBytes {
                self.shard.engine.appendUndecided($0, term: record.term, now: now)
            }
            guard self.options.election == .nearest, self.channel.role != .leader else { continue }
            guard self.apply(record, isInBacklog: isInBacklog) else { return }
            self.shard.engine.group?.decided = self.shard.engine.tip
        }
        self.shard.engine.log?.isFarBehind = self.isFarBehind(bytesPerRecord: bytes / records.count)
        self.jobs.append(GroupJob(number: number, position: last.seq + 1))
        if self.shard.engine.logTip > before { self.shard.scheduleTurn() }
    }

    /// Whether the leader has so much more that nobody will ask this node for it soon.
    private func isFarBehind(bytesPerRecord: Int) -> Bool {
        guard self.channel.role == .replica, let lag = self.channel.lag else { return false }
        return Int(clamping: lag) > Self.bytesFarBehind / max(1, bytesPerRecord)
    }

    private static let bytesFarBehind = 64 << 20

    /// The log got further.
    func logMoved() { self.reportJobs() }

    func finish(_ number: UInt64) {
        guard let index = self.jobs.firstIndex(where: { $0.number == number }) else { return }
        self.jobs[index].isDone = true
        self.reportJobs()
    }

    private func reportJobs() {
        guard let log = self.shard.engine.log else { return }
        let reached = log.sync == .always ? log.durable : min(log.written, log.failure == nil ? .max : log.durable)
        var last: UInt64?
        while let job = self.jobs.first, job.isDone || job.position.map({ $0 <= reached }) ?? false {
            last = job.number
            self.jobs.removeFirst()
        }
        if let last { self.take(.stored(last)) }
    }

    // MARK: The group's own file

    /// - Parameter done: called on the loop once it is safe.
    private func saveFile(_ done: @escaping (ShardGroup) -> Void) {
        guard let readers = self.shard.node.logReaders, let root = self.shard.node.keeper?.directory.root else {
            return
        }
        let (name, bytes, logger) = (GroupFile.name(ofShard: self.shard.index), self.file.json, self.shard.node.logger)
        let bound = NIOLoopBound((self, done), eventLoop: self.shard.loop)
        let loop = self.shard.loop
        readers.perform {
            do throws(StorageError) {
                try root.replace(name, with: bytes)
                loop.execute { bound.value.1(bound.value.0) }
            } catch {
                // A vote that is not on disk is not given.
                logger.error("what this node promises cannot be stored", metadata: ["reason": "\(error)"])
                loop.scheduleTask(in: Self.fileRetry) { bound.value.0.saveFile(bound.value.1) }
            }
        }
    }

    private static let fileInterval: Milliseconds = 1000
    private static let fileRetry = TimeAmount.milliseconds(500)

    /// Writes down how far it is decided, at most once a second, so that a start need not hold back more than that.
    func saveFileRegularly() {
        let now = WallClock.milliseconds
        guard now - self.fileSavedAt >= Self.fileInterval || now < self.fileSavedAt else { return }
        let decided = min(self.shard.engine.stream.tip, self.shard.engine.log?.durable ?? 0)
        guard decided != self.file.commit else { return }
        self.fileSavedAt = now
        self.file.commit = decided
        self.saveFile { _ in }
    }

    // MARK: Cutting

    /// Removes records that lost; none of them was applied.
    private func truncate(to seq: Seq, _ number: UInt64) {
        self.jobs.append(GroupJob(number: number))
        self.isReplacing = true
        if seq >= self.records.first { self.records.truncate(to: seq) }
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        self.shard.truncateLog(to: seq) { result in
            let group = bound.value
            switch result {
            case .success:
                group.shard.node.logger.notice(
                    "records that were not decided were cut away",
                    metadata: ["shard": "\(group.shard.index)", "tail": "\(seq)"]
                )
                group.replaced(number)
            case .failure(let error): group.cannotGoOn("its log cannot be cut: \(error)")
            }
        }
    }

    func replaced(_ number: UInt64) {
        self.isReplacing = false
        self.finish(number)
        let waiting = self.waitingJobs
        self.waitingJobs = []
        for job in waiting { self.store(job) }
        self.shard.scheduleTurn()
    }

    func cannotGoOn(_ reason: String) {
        self.shard.node.logger.critical(
            "this shard takes no part in the group any more: restart the node",
            metadata: ["shard": "\(self.shard.index)", "reason": "\(reason)"]
        )
        self.take(.closed(forEverybody: false))
    }
}

extension Shard {
    /// Cuts the log behind a position. What the data hold is not cut.
    /// - Parameter done: called on the loop.
    func truncateLog(to position: Position, then done: @escaping @Sendable (Result<Void, LogError>) -> Void) {
        self.change { shard in
            shard.holdLog {
                guard let log = shard.log, let readers = shard.node.logReaders else { return }
                let (old, options) = (log.store.log, shard.node.options.log)
                readers.perform {
                    let result = Result { () throws(LogError) in try old.reopened(cutAt: position, options) }
                    shard.loop.execute {
                        shard.logTruncated(to: position, result)
                        shard.changed(.success(())) { _ in done(result.map { _ in }) }
                    }
                }
            }
        }
    }

    private func logTruncated(to position: Position, _ result: Result<ReplicationLog, LogError>) {
        if case .success(let cut) = result, let store = self.log?.store {
            self.log?.store = store.with(log: cut)
            self.engine.logTruncated(to: position, logMap: cut.map)
            self.showNumbering(self.historyRecord)
        }
        self.log?.isHeld = false
    }
}

extension ReplicationLog {
    /// Cuts the files behind a position, and opens them anew. Nobody else uses this log meanwhile, or any more.
    fileprivate func reopened(cutAt position: Position, _ options: LogOptions) throws(LogError) -> ReplicationLog {
        let reader = LogReader(self.storage, self.map, after: position)
        if position < self.last, let place = try reader.placeOfNext(through: position + 1) {
            try ReplicationLog.truncate(self.storage, segment: place.segment, at: place.offset)
        }
        return try ReplicationLog.open(self.storage, options: options, first: position + 1).log
    }
}
