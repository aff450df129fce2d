// A shard's data comes back: the newest dump, then the log after it.

import Channels
import Engine
import Keyspace
import Primitives
import RESP
import Replication
import ReplicationLog

/// What a shard begins with.
struct ShardBeginning: @unchecked Sendable {
    /// nil without a data directory.
    var store: ShardStore?
    /// Data of the newest dump, or of `--load-rdb`; nil where there is neither. Handed from one thread to another, and used by
    /// one at a time.
    var loaded: LoadedSnapshot?
    /// The data came from `--load-rdb`, and is on disk once it is dumped.
    var isForeign = false
    /// What the shard has promised its group; nil outside of one.
    var group: GroupFile?

    /// Foreign data is a history's first mutation.
    /// How far the log is replayed: in a group only what is known to be decided.
    var replayEnd: Position {
        guard let store = self.store, let group = self.group, group.election == .quorum else { return self.tip }
        return min(store.log.last, max(store.dump.position, group.commit))
    }

    var tip: Position { self.store?.log.last ?? (self.isForeign ? 1 : 0) }
}

extension Shard {
    /// Brings the data back. On the loop, before anything else.
    func recover() throws(ServerError) {
        guard let beginning = self.beginning.take() else { return }
        let end = beginning.replayEnd
        if let loaded = beginning.loaded { self.engine.keyspace.adopt(loaded.takeKeyspace()) }
        guard let store = beginning.store else { return }
        if beginning.isForeign {
            try self.saveForeign(store)
        } else if end > store.dump.position {
            try self.replay(store, through: end)
        }
        guard let file = beginning.group else { return }
        self.engine.joinGroup(at: end)
        self.notedTip = end
        self.publish()
        do throws(LogError) {
            self.groupStart = try GroupStart(
                file,
                store.log,
                applied: end,
                dump: (store.dump.position, beginning.loaded?.facts.record)
            )
        } catch {
            throw ServerError(.dataDirectory, "the end of shard \(self.index)'s log cannot be read", underlying: error)
        }
    }

    private func replay(_ store: ShardStore, through end: Position) throws(ServerError) {
        let reader = LogReader(store.log.storage, store.log.map, after: store.dump.position)
        var replay = Replay(table: self.node.table)
        var failure: ReplayError?
        var progress = RecoveryProgress(
            shard: self.index,
            end: end,
            bytes: store.log.map.retainedBytes(after: store.dump.position),
            self.node.logger
        )
        self.engine.keyspace.decidesExpiry = false
        do throws(LogError) {
            while reader.position < end, failure == nil {
                let limit = min(end, reader.position + RecoveryProgress.interval)
                try reader.read(through: limit) { record in
                    do throws(ReplayError) {
                        try replay.apply(record.payload, lsn: record.lsn, to: &self.engine)
                        return true
                    } catch {
                        failure = error
                        return false
                    }
                }
                progress.reached(reader.position)
            }
        } catch {
            throw ServerError(
                .dataDirectory,
                "the log of shard \(self.index) cannot be recovered; `--log-repair truncate` gives up everything from the"
                    + " damage on",
                underlying: error
            )
        }
        if let failure {
            throw ServerError(.dataDirectory, "the log of shard \(self.index) cannot be recovered", underlying: failure)
        }
        self.engine.keyspace.decidesExpiry = true
        progress.ended(records: replay.records, keys: self.engine.keyspace.count)
    }

    /// Makes loaded data durable before anybody sees it.
    private func saveForeign(_ store: ShardStore) throws(ServerError) {
        let facts = SnapshotFacts(
            history: store.history.history,
            position: self.engine.tip,
            now: WallClock.milliseconds,
            version: Product.version
        )
        guard let snapshot = SnapshotWriter(on: &self.engine.keyspace, facts) else {
            preconditionFailure("nobody else looks at the data yet")
        }
        do throws(StorageError) {
            let draft = try DumpDraft(store.files)
            let writer = Writer()
            var isWhole = false
            while !isWhole {
                isWhole = snapshot.write(from: &self.engine.keyspace, into: writer, limit: 1 << 20)
                try draft.append(writer.bytes)
                writer.removeAll()
            }
            try draft.sync()
            try draft.commit()
            self.dumps.newest = DumpRecord(position: facts.position, bytes: draft.bytes, savedAt: facts.now)
        } catch {
            throw ServerError(.loadRDB, "what --load-rdb gave cannot be kept", underlying: error)
        }
    }
}
