// `--load-rdb`: a node without data begins with an RDB file that another program wrote, Redis for instance. Every shard reads
// the file and keeps its own keys. It is a new history, whose first mutation is all of it; with a data directory it is dumped
// before the first client connects. A file beside the shards says that this is under way: what a crash leaves is not data.

import Engine
import LogFiles
import Logging
import Primitives
import Replication
import ReplicationLog
import Sockets

struct ForeignLoad: Sendable {
    /// In the data directory while it is under way.
    static let markerName = "load-rdb.partial"

    let path: String
    let shard: Int
    let shards: Int
    let seed: UInt64

    func run(
        into empty: ShardBeginning,
        _ history: History,
        _ options: ServerOptions,
        _ logger: Logger
    ) throws(ServerError) -> ShardBeginning {
        do {
            let beganAt = Clocks.monotonicNanoseconds
            let (shard, shards) = (self.shard, self.shards)
            let loader = SnapshotLoader(
                seed: self.seed,
                accepts: shards == 1 ? nil : { KeySlot.shard(of: $0, shards: shards) == shard },
                endingKeysAt: WallClock.milliseconds
            )
            let snapshot = try DumpFile.load(try FileStorage.file(at: self.path), loader)
            logger.notice(
                "loaded the file of --load-rdb",
                metadata: [
                    "shard": "\(shard)", "keys": "\(snapshot.keyCount)", "expired": "\(snapshot.facts.expiredCount)",
                    "milliseconds": "\((Clocks.monotonicNanoseconds - beganAt) / 1_000_000)",
                ]
            )
            var beginning = ShardBeginning(loaded: snapshot, isForeign: true)
            guard let store = empty.store else { return beginning }
            let record = HistoryRecord(history: history, sync: options.logSync)
            try store.files.replace(HistoryRecord.fileName, with: record.json)
            try store.log.prune(upTo: beginning.tip)
            beginning.store = ShardStore(
                log: store.log,
                files: store.files,
                history: record,
                dump: DumpRecord(),
                recovery: store.recovery,
                slots: SlotTable(
                    history: history,
                    limits: options.slotLimits,
                    loadedAt: WallClock.milliseconds
                )
            )
            return beginning
        } catch {
            throw ServerError(.loadRDB, "cannot load \(self.path)", underlying: error)
        }
    }
}

extension DataDirectory {
    /// Puts on record that what is in the shards' folders is not whole yet.
    func beginForeignLoad() throws(ServerError) {
        try self.changing { () throws(StorageError) in try self.root.replace(ForeignLoad.markerName, with: []) }
    }

    /// What was loaded is whole now.
    func endForeignLoad() throws(ServerError) {
        try self.changing { () throws(StorageError) in
            guard try self.root.contents(of: ForeignLoad.markerName) != nil else { return }
            try self.root.remove(ForeignLoad.markerName)
            try self.root.syncDirectory()
        }
    }

    /// Removes what a load has left that did not come to its end.
    func undoForeignLoad(_ logger: Logger) throws(ServerError) {
        try self.changing { () throws(StorageError) in
            guard try self.root.contents(of: ForeignLoad.markerName) != nil else { return }
            logger.warning("--load-rdb did not come to its end: what it has left is removed")
            for name in try self.folders.folders() where name.hasPrefix("shard-") {
                try self.folders.removeFolder(name)
            }
            try self.folders.syncFolders()
            try self.root.remove(ForeignLoad.markerName)
            try self.root.syncDirectory()
        }
    }

    private func changing(_ body: () throws(StorageError) -> Void) throws(ServerError) {
        do throws(StorageError) {
            try body()
        } catch {
            throw ServerError(.dataDirectory, "cannot use the data directory \(self.path)", underlying: error)
        }
    }
}
