/// Settings of a server that cases vary; nil leaves the default.
package struct EngineSettings: Sendable, Equatable {
    /// The bundled engine's modes of fan-out.
    package enum FanOut: String, Sendable, CaseIterable {
        case shared
        case copy
    }

    /// When the bundled engine syncs its log to disk.
    package enum LogSync: String, Sendable, CaseIterable {
        case always
        case everysec
        case no
    }

    package var fanOut = FanOut.shared
    /// The recent mutations that are kept in memory; Redis's repl-backlog-size.
    package var backlogBytes: Int?
    /// Where the bundled engine keeps its data; without one it keeps none.
    package var dataDirectory: String?
    package var logSync: LogSync?
    /// Bytes of log after which the bundled engine saves its data and lets the log go; 0: never for that reason.
    package var snapshotLogBytes: Int?
    /// Records between two entries of the log's seek index.
    package var logIndexInterval: Int?

    /// Bytes of one chunk of a full copy, of the bundled engine.
    package var snapshotChunkBytes: Int?
    /// `host:port` of the primary that the bundled engine follows from its start.
    package var replicaOf: String?

    /// Redis sends no PING down the stream, so that every byte of it is a write of the load.
    package var isStreamQuiet = false

    package init() {}

    /// As flags of `sluice serve`.
    var flags: [String] {
        var flags = ["--fan-out", self.fanOut.rawValue]
        if let backlogBytes { flags += ["--backlog-size", String(backlogBytes)] }
        if let dataDirectory { flags += ["--data-dir", dataDirectory] }
        if let snapshotLogBytes { flags += ["--snapshot-log-size", String(snapshotLogBytes)] }
        if let logSync { flags += ["--log-sync", logSync.rawValue] }
        if let snapshotChunkBytes { flags += ["--snapshot-chunk-size", String(snapshotChunkBytes)] }
        if let replicaOf { flags += ["--replica-of", replicaOf] }
        if let logIndexInterval { flags += ["--log-index-interval", String(logIndexInterval)] }
        return flags
    }
}
