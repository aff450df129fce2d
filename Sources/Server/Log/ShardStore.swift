// What one shard has on disk, from its opening to its end: the log, and which history its numbering belongs to.

import Engine
import LogFiles
import Logging
import Primitives
import Replication
import ReplicationLog

final class ShardStore: Sendable {
    let log: ReplicationLog
    /// `history.json` and `slots.json`.
    let files: any LogStorage
    /// As it is while the node runs: without a clean-shutdown mark.
    let history: HistoryRecord
    let recovery: LogRecovery
    /// As the last run left them.
    let slots: SlotTable

    /// What took the place of a shard's data while the node runs.
    init(log: ReplicationLog, files: any LogStorage, history: HistoryRecord, slots: SlotTable) {
        self.log = log
        self.files = files
        self.history = history
        self.recovery = LogRecovery()
        self.slots = slots
    }

    /// The same files, under a history that has been written to them.
    func with(history: HistoryRecord) -> ShardStore {
        ShardStore(log: self.log, files: self.files, history: history, slots: self.slots)
    }

    /// Opens a shard's log, and settles its history before anything is numbered.
    init(
        _ directory: DataDirectory,
        shard: Int,
        options: ServerOptions,
        fresh: History,
        logger: Logger
    ) throws(ServerError) {
        do {
            let storage = try directory.storage(ofShard: shard)
            self.files = storage.shard
            let isRepaired = options.repairsLog ? try Self.repair(storage.log, shard, logger) : false
            (self.log, self.recovery) = try ReplicationLog.open(storage.log, options: options.log)
            let previous = try self.files.contents(of: HistoryRecord.fileName).map { try HistoryRecord(json: $0) }
            let start = HistoryStart.decide(
                previous: previous,
                recoveredTip: self.log.last,
                fresh: fresh,
                sync: options.logSync,
                wereRecordsLost: isRepaired,
                isFollower: options.replicaOf != nil
            )
            self.history = start.record
            try self.files.replace(HistoryRecord.fileName, with: start.record.json)
            self.slots = try Self.readSlots(self.files, start.record, options.slotLimits, shard, logger)
        } catch {
            throw ServerError(.dataDirectory, "cannot use the data of shard \(shard)", underlying: error)
        }
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
