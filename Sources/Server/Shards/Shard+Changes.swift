// A shard that starts again while the node runs: under another history, or with a snapshot's data. Both are on disk before
// they are used. One at a time; what is asked for meanwhile waits its turn.

import DequeModule
import Engine
import Keyspace
import Logging
import NIOCore
import Primitives
import Replication
import ReplicationLog

/// Changes of a shard's history or data, in the order in which they were asked for.
struct ShardChanges {
    fileprivate var waiting: Deque<() -> Void> = []
    fileprivate(set) var isUnderWay = false
}

extension HistoryRecord {
    fileprivate func under(_ sync: LogSync) -> HistoryRecord {
        HistoryRecord(history: self.history, ancestors: self.ancestors, sync: sync, isFollowed: self.isFollowed)
    }
}

/// Why a shard goes on as it was.
struct ChangeFailure: Error, CustomStringConvertible {
    var description: String
}

extension Shard {
    typealias ChangeResult = Result<Void, ChangeFailure>

    /// Goes on under another history once it is safe on disk; data and numbering stay. Downstream links end then.
    /// - Parameter done: called on the loop.
    func changeHistory(to record: HistoryRecord, then done: @escaping (ChangeResult) -> Void) {
        let record = record.under(self.node.options.logSync)
        self.change { shard in
            guard let log = shard.log, let readers = shard.node.logReaders else {
                shard.historyChanged(to: record)
                return shard.changed(.success(()), done)
            }
            let bound = NIOLoopBound(done, eventLoop: shard.loop)
            readers.save(record, in: log.store) { failure in
                shard.loop.execute {
                    if let failure {
                        shard.changed(.failure(ChangeFailure(description: "\(failure)")), bound.value)
                    } else {
                        if let store = shard.log?.store.with(history: record) { shard.log?.store = store }
                        shard.historyChanged(to: record)
                        shard.changed(.success(()), bound.value)
                    }
                }
            }
        }
    }

    /// Starts again with other data at a position. With a data directory what was staged takes the place of what is on disk
    /// first; until then, and where that fails, everything stays as it was.
    /// - Parameters:
    ///   - staged: nil without a data directory.
    ///   - replaceData: puts the new data in the place of the old one.
    ///   - done: called on the loop.
    func install(
        at position: Position,
        staged: StagedDump?,
        history: HistoryRecord,
        discarding records: ClosedRange<LSN>? = nil,
        then done: @escaping (ChangeResult) -> Void,
        replaceData: @escaping (inout Keyspace) -> Void
    ) {
        precondition((staged == nil) == (self.log == nil), "what is kept on disk is replaced there first")
        let history = history.under(self.node.options.logSync)
        self.change { shard in
            guard let staged else {
                shard.dataReplaced(at: position, history, store: nil, replaceData)
                return shard.changed(.success(()), done)
            }
            let installation = Installation(
                position: position,
                staged: staged,
                history: history,
                discarded: records,
                replaceData: replaceData,
                done: done
            )
            shard.finishStaging(NIOLoopBound(installation, eventLoop: shard.loop))
        }
    }

    private struct Installation {
        var position: Position
        var staged: StagedDump
        var history: HistoryRecord
        var discarded: ClosedRange<LSN>?
        var replaceData: (inout Keyspace) -> Void
        var done: (ChangeResult) -> Void
    }

    private func finishStaging(_ bound: NIOLoopBound<Installation>) {
        let installation = bound.value
        installation.staged.finish(
            installation.history,
            position: installation.position,
            options: self.node.options.log
        ) { result in
            switch result {
            case .success(let whole): self.holdLog { self.commit(bound, whole) }
            case .failure(let error): self.installationFailed(bound.value, "\(error)")
            }
        }
    }

    /// Lets nobody write to the log any more, and calls back once nobody does.
    func holdLog(_ body: @escaping () -> Void) {
        guard let log = self.log, let engineLog = self.engine.log, !self.isStopped else { return }
        log.isHeld = true
        if engineLog.isJobOut { log.whenIdle = body } else { body() }
    }

    private func commit(_ bound: NIOLoopBound<Installation>, _ whole: StagedDump.Whole) {
        guard !self.isStopped else { return }
        bound.value.staged.commit { result in
            switch result {
            case .success(let untidied):
                let installation = bound.value
                if let untidied {
                    self.node.logger.warning(
                        "a snapshot was installed, and its folder not given its name: the next start will",
                        metadata: ["shard": "\(self.index)", "reason": "\(untidied)"]
                    )
                }
                let store = ShardStore(
                    log: whole.log,
                    files: whole.files,
                    history: installation.history,
                    dump: DumpRecord(
                        position: installation.position,
                        bytes: whole.dumpBytes,
                        savedAt: WallClock.milliseconds
                    ),
                    slots: self.engine.replicas.slots
                )
                self.dataReplaced(
                    at: installation.position,
                    installation.history,
                    store: store,
                    installation.replaceData
                )
                self.tidy(installation)
                self.changed(.success(()), installation.done)
            case .failure(let error): self.installationFailed(bound.value, "\(error)")
            }
        }
    }

    /// Removes the folder that was replaced, but for records that nobody else has.
    private func tidy(_ installation: Installation) {
        guard let records = installation.discarded else { return installation.staged.removeOld() }
        let (logger, shard) = (self.node.logger, self.index)
        installation.staged.keepOld(records) { result in
            let metadata: Logger.Metadata = [
                "shard": "\(shard)", "first": "\(records.lowerBound)", "last": "\(records.upperBound)",
            ]
            switch result {
            case .success(let kept):
                logger.warning(
                    "records that the leader does not have were discarded, and their log kept: see sluice log dump",
                    metadata: metadata.merging(["folder": "\(kept?.folder ?? "none")"]) { $1 }
                )
            case .failure(let error):
                logger.error(
                    "records that the leader does not have were discarded, and their log could not be kept",
                    metadata: metadata.merging(["reason": "\(error)"]) { $1 }
                )
            }
        }
    }

    private func installationFailed(_ installation: Installation, _ reason: String) {
        self.log?.isHeld = false
        self.changed(.failure(ChangeFailure(description: reason)), installation.done)
        self.scheduleTurn()
    }

    // MARK: On the loop, once everything is safe

    private func historyChanged(to record: HistoryRecord) {
        self.admitParkedLinks()
        self.engine.changeHistory(to: record.history, ancestors: record.ancestors, now: WallClock.milliseconds)
        self.showNumbering(record)
    }

    /// - Parameter store: what is on disk now; nil without a data directory.
    private func dataReplaced(
        at position: Position,
        _ record: HistoryRecord,
        store: ShardStore?,
        _ replaceData: (inout Keyspace) -> Void
    ) {
        self.admitParkedLinks()
        self.closeHeldClients()
        self.abandonDump(.replaced)
        for link in self.engine.stream.links where link.hasReadLog { self.node.logReaders?.forget(link: link.number) }
        if let store {
            self.log?.store = store
            self.dumps.newest = store.dump
            self.dumps.failure = nil
        }
        self.log?.isHeld = false
        let waiting = self.engine.reset(
            history: record.history,
            ancestors: record.ancestors,
            tip: position,
            logMap: store?.log.map,
            now: WallClock.milliseconds,
            replaceData
        )
        self.notedTip = position
        for outcome in waiting { self.commitWaits.removeValue(forKey: outcome.token)?(outcome) }
        self.showNumbering(record)
        self.refreshWriteRefusal()
    }

    func showNumbering(_ record: HistoryRecord) {
        self.numbering += 1
        self.board.reset(
            history: record.history,
            ancestors: record.ancestors,
            log: self.log?.store.log.map,
            tip: self.engine.stream.tip,
            oldest: self.engine.stream.backlog.oldest
        )
        self.board.publish(invalidated: self.engine.replicas.slots)
        // Says goodbye to the links.
        self.scheduleTurn()
    }

    /// Replies that still wait tell of data that is gone, and that the disk never had: who waits for them must not take
    /// them for true.
    private func closeHeldClients() {
        for gate in self.gates {
            switch gate.waiter {
            case .client(let connection): connection.close()
            case .other(let release): release(false)
            }
        }
        self.gates.removeAll()
    }

    // MARK: One at a time

    func change(_ body: @escaping (Shard) -> Void) {
        self.loop.preconditionInEventLoop()
        guard !self.changes.isUnderWay else { return self.changes.waiting.append { body(self) } }
        self.changes.isUnderWay = true
        body(self)
    }

    func changed(_ result: ChangeResult, _ done: (ChangeResult) -> Void) {
        self.changes.isUnderWay = false
        done(result)
        guard !self.changes.isUnderWay, let next = self.changes.waiting.popFirst() else { return }
        self.changes.isUnderWay = true
        next()
    }
}
