// What a shard has on disk when it starts: the newest dump, the log behind it, and whose numbering that is. Opened in the order
// in which a server does it.

internal import Engine
internal import Primitives
internal import RESP
internal import Replication
internal import ReplicationLog

struct StoredShard {
    let files: any LogStorage
    let log: ReplicationLog
    /// nil where there is none.
    let dump: LoadedSnapshot?
    /// As the last run left it; nil at the first start.
    let previous: HistoryRecord?

    private static let folder = ShardFiles.folder(ofShard: 0)
    private static let logFolder = StoredShard.folder + "/" + ShardFiles.log

    init(opening root: FaultyFolders, _ options: LogOptions) throws {
        _ = try FolderSwap(Self.folder).repair(in: root)
        self.files = try root.folder(Self.folder)
        try root.syncFolders()
        // What a dump that was not finished has left.
        if try self.files.contents(of: DumpDraft.fileName) != nil { try self.files.remove(DumpDraft.fileName) }
        self.dump = try self.files.contents(of: ShardFiles.dump).map { bytes in
            let loader = SnapshotLoader(seed: 1)
            try bytes.withUnsafeBytes { try loader.load($0) }
            return try loader.finish()
        }
        let dumped = self.dump?.position ?? 0
        self.log = try ReplicationLog.open(root.folder(Self.logFolder), options: options, first: dumped + 1).log
        self.previous = try self.files.contents(of: HistoryRecord.fileName).map { try HistoryRecord(json: $0) }
        guard self.log.map.oldest <= dumped, self.log.last >= dumped else {
            let range = "\(self.log.map.oldest) to \(self.log.last)"
            throw StreamSimulation.Violation(reason: "a log from \(range) came back with a dump of \(dumped)")
        }
    }

    /// The disk of a shard's log.
    static func logStorage(in root: FaultyFolders) throws -> FaultyStorage { try root.storage(Self.logFolder) }
}
