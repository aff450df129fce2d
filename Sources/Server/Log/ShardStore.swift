// What one shard has on disk, from its opening to its end: the log, and which history its numbering belongs to.

import Engine
import LogFiles
import Logging
import Primitives
import Replication
import ReplicationLog

final class ShardStore: Sendable {
    let log: ReplicationLog
    /// The newest dump, `history.json` and `slots.json`.
    let files: any LogStorage
    /// As it is while the node runs: without a clean-shutdown mark.
    let history: HistoryRecord
    /// The newest dump, when the shard was opened or its data replaced.
    let dump: DumpRecord
    let recovery: LogRecovery
    /// As the last run left them.
    let slots: SlotTable

    /// What took the place of a shard's data while the node runs.
    init(
        log: ReplicationLog,
        files: any LogStorage,
        history: HistoryRecord,
        dump: DumpRecord,
        recovery: LogRecovery = LogRecovery(),
        slots: SlotTable
    ) {
        self.log = log
        self.files = files
        self.history = history
        self.dump = dump
        self.recovery = recovery
        self.slots = slots
    }

    /// The same files, under a history that has been written to them.
    func with(history: HistoryRecord) -> ShardStore {
        ShardStore(log: self.log, files: self.files, history: history, dump: self.dump, slots: self.slots)
    }

    /// The same files, with a log that was opened anew.
    func with(log: ReplicationLog) -> ShardStore {
        ShardStore(log: log, files: self.files, history: self.history, dump: self.dump, slots: self.slots)
    }

    /// Opens what a shard has on disk, and settles its history before anything is numbered.
    /// - Parameter seed: of the loaded data's hash; secret.
    /// - Returns: with the newest dump's data, if there is one.
    static func open(
        _ directory: DataDirectory,
        shard: Int,
        options: ServerOptions,
        fresh: History,
        seed: UInt64,
        logger: Logger
    ) throws(ServerError) -> (store: ShardStore, loaded: LoadedSnapshot?) {
        do {
            let storage = try directory.storage(ofShard: shard)
            try Self.removeDraft(storage.shard)
            var dump = try DumpFile.read(storage.shard, shard: shard, seed: seed, logger)
            let isRepaired = options.repairsLog ? try Self.repair(storage.log, shard, logger) : false
            // A log that is not there yet begins where the dump ends.
            let (log, recovery) = try ReplicationLog.open(
                storage.log,
                options: options.log,
                first: (dump?.snapshot?.position ?? 0) + 1
            )
            if let damage = dump?.damage {
                try DumpFile.setAside(storage.shard, log, damage, shard, logger)
                dump = nil
            }
            let previous = try storage.shard.contents(of: HistoryRecord.fileName).map { try HistoryRecord(json: $0) }
            let start = try Self.start(previous, dump, log, options, fresh, isRepaired)
            // Not before the history is known: what the log lacks is given up here for good.
            if let position = dump?.snapshot?.position, log.last < position { try log.prune(upTo: position) }
            try storage.shard.replace(HistoryRecord.fileName, with: start.record.json)
            let store = ShardStore(
                log: log,
                files: storage.shard,
                history: start.record,
                dump: dump?.record ?? DumpRecord(),
                recovery: recovery,
                slots: try Self.readSlots(storage.shard, start.record, options.slotLimits, shard, logger)
            )
            return (store, dump?.snapshot)
        } catch {
            throw ServerError(.dataDirectory, "cannot use the data of shard \(shard)", underlying: error)
        }
    }

    /// What a dump that was not finished has left.
    private static func removeDraft(_ files: any LogStorage) throws(StorageError) {
        do throws(StorageError) {
            try files.remove(DumpDraft.fileName)
        } catch {
            guard error.code == .missing else { throw error }
        }
    }

    /// Which history the shard runs with.
    private static func start(
        _ previous: HistoryRecord?,
        _ dump: DumpFile?,
        _ log: ReplicationLog,
        _ options: ServerOptions,
        _ fresh: History,
        _ isRepaired: Bool
    ) throws(RecoveryError) -> HistoryStart {
        let oldest = log.map.oldest
        guard let dump, let snapshot = dump.snapshot, let position = snapshot.position, let history = snapshot.history
        else {
            guard oldest == 0 else { throw RecoveryError.noDump(oldest: oldest) }
            return HistoryStart.decide(
                previous: previous,
                recoveredTip: log.last,
                fresh: fresh,
                sync: options.logSync,
                wereRecordsLost: isRepaired,
                isFollower: options.replicaOf != nil
            )
        }
        guard oldest <= position else { throw RecoveryError.gap(dump: position, oldest: oldest) }
        // Without a record the dump may be a copy, of a node that has gone on since.
        let known = previous ?? HistoryRecord(history: history, sync: options.logSync)
        guard known.contains(history, upTo: position) else {
            throw RecoveryError.foreignDump(history: history, position: position)
        }
        return HistoryStart.decide(
            previous: known,
            recoveredTip: max(log.last, position),
            fresh: fresh,
            sync: options.logSync,
            wereRecordsLost: isRepaired || previous == nil,
            isFollower: options.replicaOf != nil
        )
    }

    /// A file that cannot be read is set aside, and nothing is pruned until its replicas had time to come back.
    private static func readSlots(
        _ files: any LogStorage,
        _ history: HistoryRecord,
        _ limits: SlotLimits,
        _ shard: Int,
        _ logger: Logger
    ) throws(StorageError) -> SlotTable {
        let now = WallClock.milliseconds
        var wereLost = false
        if let json = try files.contents(of: SlotTable.fileName) {
            do throws(NodeFileError) {
                let (table, warnings) = try SlotTable.read(
                    json,
                    history: history.history,
                    ancestors: history.ancestors,
                    limits: limits,
                    loadedAt: now
                )
                for warning in warnings {
                    logger.warning("a slot was skipped", metadata: ["shard": "\(shard)", "reason": "\(warning)"])
                }
                return table
            } catch {
                wereLost = true
                let aside = SlotTable.corruptFileName(now: now)
                try files.rename(SlotTable.fileName, to: aside)
                logger.error(
                    "the slots could not be read and were set aside",
                    metadata: ["shard": "\(shard)", "file": "\(aside)", "reason": "\(error)"]
                )
            }
        }
        return SlotTable(
            history: history.history,
            ancestors: history.ancestors,
            limits: limits,
            loadedAt: now,
            slotsWereLost: wereLost
        )
    }

    /// Puts on record that everything up to the tip is on disk and nothing was sent beyond it.
    func markCleanShutdown() throws(StorageError) {
        var record = self.history
        record.cleanShutdown = self.log.durable
        try self.files.replace(HistoryRecord.fileName, with: record.json)
    }
}
