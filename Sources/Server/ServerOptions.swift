package import Primitives
package import Replication
package import ReplicationLog

/// Everything that a node is told at its start. The executable fills it from flags, environment and file.
package struct ServerOptions: Sendable {
    package var bind = "127.0.0.1"
    /// Clients connect here; 0 takes a free port.
    package var port: UInt16 = 6399
    /// Shard *i* listens for replicas on this port + *i*; nil: `port` + 10000.
    package var replicationPort: UInt16?
    /// Event loops, each with its own part of the keys.
    package var shards = 1
    package var stream = StreamOptions()
    /// Bytes of one chunk of the backlog; nil: the smaller of 1 MiB and a sixteenth of the backlog.
    package var chunkBytes: Int?
    /// Bytes that may wait unsent in the kernel for one link.
    package var linkOutputLimit = 2 << 20
    package var maxClients = 10_000
    /// Where the executable shows metrics over HTTP; nil: nowhere. The server itself tells them to swift-metrics.
    package var metricsPort: UInt16?
    /// Bytes of unfinished input of one client (Redis: client-query-buffer-limit).
    package var queryBufferLimit = 1 << 30
    /// A background event that takes longer, in wall and processor time, is counted as slow; microseconds.
    package var slowEventMicroseconds = 1000
    /// Where the log is kept; nil: nothing is kept.
    package var dataDirectory: String?
    package var logSync = LogSync.everysec { didSet { self.isLogSyncGiven = true } }
    private(set) var isLogSyncGiven = false
    package var log = LogOptions()
    /// Damage found at the start is cut away, with everything after it, instead of refusing to start.
    package var repairsLog = false
    /// A dump is saved once the log since the last one is longer, in bytes; 0: never for that reason.
    package var snapshotLogBytes = 512 << 20
    /// Bounds of each shard's log; nil for none.
    package var logMaxBytes: Int?
    package var logMaxAge: Milliseconds?
    /// An RDB file that a node without data begins with.
    package var loadRDB: String?
    package var slotLimits = SlotLimits()
    /// What every write waits for before its reply; nil: for nobody.
    package var commitRule: CommitRule?
    package var commitTimeout: Milliseconds = 1000
    /// Writes are refused with fewer replicas that have acknowledged something within the lag; 0 never refuses.
    package var minReplicasToWrite = 0
    package var minReplicasMaxLagSeconds = 10
    /// Commands that take so many microseconds or more are remembered (SLOWLOG); negative: none.
    package var slowlogMicroseconds = 10_000
    package var slowlogLength = 128
    /// Whom the node follows from its start; nil for a primary.
    package var replicaOf: PrimaryAddress?
    /// What the node is called by its primary; nil: a name of its own, kept in the data directory.
    package var replicaID: String?
    /// Where the node stands, as its primary counts regions.
    package var region: String?
    /// The replicated group that the node is a member of.
    package var group = GroupOptions()
    package var configFile: String?

    package init() {}

    /// The stream's options with what follows from others filled in.
    var resolvedStream: StreamOptions {
        var stream = self.stream
        // Shards share nothing: each has its part of the node's rate.
        stream.snapshots.bytesPerSecond = (stream.snapshots.bytesPerSecond + self.shards - 1) / self.shards
        stream.chunkBytes = self.chunkBytes ?? max(1024, min(1 << 20, stream.backlogBytes / 16))
        return stream
    }

    /// The first port for replicas.
    package var firstReplicationPort: UInt16? {
        if let port = self.replicationPort { return port }
        return self.port == 0 ? 0 : UInt16(exactly: Int(self.port) + 10_000)
    }
}

/// A node that cannot start, and what to do about it.
package struct ServerError: Error, CustomStringConvertible, Sendable {
    package struct Code: Hashable, Sendable {
        private let name: String
        package static let loadRDB = Code(name: "load RDB")
        package static let invalidOption = Code(name: "invalid option")
        package static let cannotListen = Code(name: "cannot listen")
        package static let dataDirectory = Code(name: "data directory")
        package static let resources = Code(name: "resources")
    }
    package var code: Code
    package var message: String
    package var underlying: (any Error)?

    package init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    package var description: String {
        self.underlying.map { "\(self.message) (\($0))" } ?? self.message
    }
}
