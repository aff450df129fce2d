// What is to take the place of a shard's data on disk, as it is made: a dump, an empty log that begins behind it, and the
// history that it belongs to. All of it is synced before it takes the place (`FolderSwap`), in one step.
//
// Used by one thread at a time.

package import Primitives
package import Replication
package import ReplicationLog

/// Names of what a shard keeps in its folder.
package enum ShardFiles {
    package static let dump = "dump.rdb"
    /// Below the shard's folder.
    package static let log = "log"

    package static func folder(ofShard index: Int) -> String { "shard-\(index)" }
}

package final class StagedShard {
    private let root: any FolderStorage
    private let swap: FolderSwap
    private let files: any LogStorage
    private let dump: any StoredFileHandle
    package private(set) var dumpBytes = 0

    /// Begins an empty folder beside the shard's.
    package init(_ root: any FolderStorage, shard: Int) throws(StorageError) {
        self.root = root
        self.swap = FolderSwap(ShardFiles.folder(ofShard: shard))
        self.files = try self.swap.begin(in: root)
        self.dump = try self.files.open(ShardFiles.dump, create: true)
    }

    /// Adds to the dump.
    package func append(_ bytes: Bytes) throws(StorageError) {
        try self.dump.writeAll(bytes, at: self.dumpBytes)
        self.dumpBytes += bytes.count
    }

    /// Makes everything whole and safe, and ready to take the old one's place.
    /// - Parameter position: of the dump; the log begins behind it.
    /// - Returns: the files, and the log, open.
    package func finish(
        _ history: HistoryRecord,
        position: Position,
        options: LogOptions
    ) throws(LogError) -> (files: any LogStorage, log: ReplicationLog) {
        let logFiles = try LogError.wrapping { () throws(StorageError) in
            try self.dump.sync()
            return try self.root.folder(self.swap.staged + "/" + ShardFiles.log)
        }
        let log = try ReplicationLog.open(logFiles, options: options, first: position + 1).log
        try LogError.wrapping { () throws(StorageError) in
            // It syncs the folder, too, with the names of the dump and of the log's folder.
            try self.files.replace(HistoryRecord.fileName, with: history.json)
        }
        return (self.files, log)
    }

    /// Takes the place of the shard's folder.
    /// - Returns: what could not be tidied up, and will be at the next start.
    /// - Throws: when the old folder is still in its place.
    package func commit() throws(StorageError) -> StorageError? { try self.swap.commit(in: self.root) }

    /// Removes what it has taken the place of.
    package func removeOld() throws(StorageError) { try self.swap.removeOld(in: self.root) }

    /// Keeps the part of it that nobody else has.
    package func keepOld(_ records: ClosedRange<LSN>) throws(StorageError) -> DiscardedRecords? {
        try self.swap.keepOld(records, logFolder: ShardFiles.log, in: self.root)
    }

    /// Throws it away.
    package func abandon() throws(StorageError) { try self.swap.abandon(in: self.root) }
}
