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
    let files: FileStorage
    /// As it is while the node runs: without a clean-shutdown mark.
    let history: HistoryRecord
    let recovery: LogRecovery

    /// Opens a shard's log, and settles its history before anything is numbered.
    init(_ directory: DataDirectory, shard: Int, options: ServerOptions, fresh: History) throws(ServerError) {
        do {
            let storage = try directory.storage(ofShard: shard)
            self.files = storage.shard
            (self.log, self.recovery) = try ReplicationLog.open(storage.log, options: options.log)
            let previous = try self.files.contents(of: HistoryRecord.fileName).map { try HistoryRecord(json: $0) }
            let start = HistoryStart.decide(
                previous: previous,
                recoveredTip: self.log.last,
                fresh: fresh,
                sync: options.logSync
            )
            self.history = start.record
            try self.files.replace(HistoryRecord.fileName, with: start.record.json)
        } catch {
            throw ServerError(.dataDirectory, "cannot use the data of shard \(shard)", underlying: error)
        }
    }

    /// Puts on record that everything up to the tip is on disk and nothing was sent beyond it.
    func markCleanShutdown() throws(StorageError) {
        var record = self.history
        record.cleanShutdown = self.log.durable
        try self.files.replace(HistoryRecord.fileName, with: record.json)
    }
}
