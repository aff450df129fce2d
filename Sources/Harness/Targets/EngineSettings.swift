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

    /// How a server is watched from outside, at the price of its speed; nil leaves it alone.
    package enum Watch: Sendable {
        /// Every request for memory reaches one arena, which tells at the end what it has handed out.
        case allocations
        /// Its system calls are counted, in a file of its directory that is written at the end.
        case systemCalls

        static let summaryName = "system-calls"
    }

    package var watch: Watch?

    package init() {}

    /// As settings of `sluice serve`.
    var forSluice: [ServerSetting] {
        let settings: [(String, String?)] = [
            ("fan-out", self.fanOut.rawValue), ("backlog-size", self.backlogBytes.map(String.init)),
            ("data-dir", self.dataDirectory), ("snapshot-log-size", self.snapshotLogBytes.map(String.init)),
            ("log-sync", self.logSync?.rawValue), ("snapshot-chunk-size", self.snapshotChunkBytes.map(String.init)),
            ("replica-of", self.replicaOf), ("log-index-interval", self.logIndexInterval.map(String.init)),
        ]
        return settings.compactMap { name, value in value.map { ServerSetting(name, $0) } }
    }

    /// The backlog of a server of another make, where a case asks for none: that of the bundled engine.
    private static let defaultBacklogBytes = 256 << 20
    /// Seconds between two PINGs in a stream that is to be quiet: a day.
    private static let quietPingSeconds = 86_400

    /// As settings of a Redis or Valkey server. It keeps no files, sends copies straight from its child at once, and never
    /// closes a slow replica: what the bundled engine does by itself.
    var forRedis: [ServerSetting] {
        let settings = [
            ServerSetting("save", ""), ServerSetting("appendonly", "no"), ServerSetting("repl-diskless-sync", "yes"),
            ServerSetting("repl-diskless-sync-delay", "0"),
            ServerSetting("repl-backlog-size", String(self.backlogBytes ?? Self.defaultBacklogBytes)),
            ServerSetting("client-output-buffer-limit", "replica 0 0 0"), ServerSetting("rdbcompression", "no"),
        ]
        let ping = ServerSetting("repl-ping-replica-period", String(Self.quietPingSeconds))
        return settings + (self.isStreamQuiet ? [ping] : [])
    }
}
