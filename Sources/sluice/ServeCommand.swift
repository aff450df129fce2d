import ArgumentParser
import Glibc
import Logging
import Probes
import Server

/// `sluice serve`: settings come from flags, then the environment, then a file, then the defaults.
struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs a node that clients and replicas connect to.",
        discussion: """
            Every setting can also stand in the environment, as SLUICE_ and its name in capitals (SLUICE_BACKLOG_SIZE=64mb), \
            or in a file, a name and a value a line (backlog-size 64mb). Flags come before the environment, and the \
            environment before the file. Sizes take the suffixes kb, mb and gb.
            """
    )

    @Argument(help: "A configuration file.")
    var file: String?

    @Option(help: "Address to listen on. (default: 127.0.0.1)")
    var bind: String?

    @Option(help: "Port for clients; 0 takes a free one. (default: 6399)")
    var port: String?

    @Option(help: "Port for replicas; shard i listens on this port + i. (default: the client port + 10000)")
    var replicationPort: String?

    @Option(help: "Event loops, each with its own part of the keys; up to the number of processors. (default: 1)")
    var shards: String?

    @Option(help: "Bytes of recent mutations kept in memory per shard. (default: 256mb)")
    var backlogSize: String?

    @Option(help: "Bytes of one chunk of the backlog. (default: the smaller of 1mb and a sixteenth of the backlog)")
    var chunkSize: String?

    @Option(
        help: "Bytes that may wait unsent in the kernel for one replica; a slower one waits in position. (default: 2mb)"
    )
    var linkOutputLimit: String?

    @Option(
        help: "shared: replicas read one copy of the stream; copy: each gets its own, as a control. (default: shared)"
    )
    var fanOut: String?

    @Option(help: "Seconds without progress or acknowledgement after which a replica's link is closed. (default: 60)")
    var linkTimeout: String?

    @Option(help: "Clients at the same time. (default: 10000)")
    var maxclients: String?

    @Option(help: "Port for Prometheus, which finds /metrics there; 0 takes a free one. (default: none)")
    var metricsPort: String?

    @Option(help: "Bytes of unfinished input of one client. (default: 1gb)")
    var clientQueryBufferLimit: String?

    @Option(
        help: "Microseconds, of wall and processor time, past which background work counts as slow. (default: 1000)"
    )
    var slowEvent: String?

    @Option(help: "Directory that keeps the data; one process at a time. (default: none, nothing is kept)")
    var dataDir: String?

    @Option(
        help: """
            When the disk is waited for. always: a reply, and a replica, gets to know of a write once it is synced, and \
            nothing acknowledged is lost to a loss of power. everysec: synced once a second, and a loss of power costs at \
            most two seconds. no: the system decides. Under all three a crash of the process loses nothing acknowledged. \
            (default: everysec, and always in a group)
            """
    )
    var logSync: String?

    @Option(help: "Bytes after which the log begins a new file. (default: 64mb)")
    var logSegmentSize: String?

    @Option(help: "Records per entry of the log's seek index. (default: 64)")
    var logIndexInterval: String?

    @Option(
        help: "no: refuse to start on a damaged log; truncate: give up everything from the damage on. (default: no)"
    )
    var logRepair: String?

    @Option(
        help: """
            Bytes of log after which a shard's data is saved again in the background, and the log before it let go; \
            0: at the end and by BGSAVE only. (default: 512mb)
            """
    )
    var snapshotLogSize: String?

    @Option(
        help: """
            Bytes of log per shard, at most: reaching them saves the data, and gives up slots that hold more; 0: no bound. \
            (default: 0)
            """
    )
    var logMaxSize: String?

    @Option(help: "Seconds that a record stays in the log, at most, in the same way; 0: no bound. (default: 0)")
    var logMaxAge: String?

    @Option(help: "An RDB file, of Redis for instance, that a node without data begins with. (default: none)")
    var loadRdb: String?

    @Option(help: "Replicas that are remembered between their connections, at most. (default: 1024)")
    var maxSlots: String?

    @Option(help: "Bytes of log that one away replica may hold back; 0: no limit. (default: 10gb)")
    var slotMaxRetained: String?

    @Option(help: "Mutations that a replica may be behind before its slot is lost; 0: no limit. (default: 0)")
    var slotMaxLag: String?

    @Option(help: "Seconds that a replica may be away before its slot is lost; 0: for ever. (default: 86400)")
    var slotIdleTimeout: String?

    @Option(help: "Seconds after which a replica that never acknowledged anything is forgotten. (default: 60)")
    var reconnectWindow: String?

    @Option(
        help: """
            What a write waits for before its reply. local: for no replica; ack:<n>: until n replicas have it on disk; \
            quorum: a majority of the replicas and this node; regions:<n>: replicas in n regions. (default: local)
            """
    )
    var commit: String?

    @Option(help: "Milliseconds after which such a write is answered -NOREPLICAS; 0: never. (default: 1000)")
    var commitTimeout: String?

    @Option(help: "Replicas that must be connected and current, or writes are refused; 0: none. (default: 0)")
    var minReplicasToWrite: String?

    @Option(help: "Seconds within which such a replica must have acknowledged something. (default: 10)")
    var minReplicasMaxLag: String?

    @Option(help: "Microseconds from which on a command is remembered in SLOWLOG; -1: never. (default: 10000)")
    var slowlogLogSlowerThan: String?

    @Option(help: "Commands that SLOWLOG remembers. (default: 128)")
    var slowlogMaxLen: String?

    @Option(help: "Snapshots for replicas that a shard produces at the same time, 1 to 3; more wait. (default: 2)")
    var maxSnapshots: String?

    @Option(help: "Milliseconds within which replicas that need a snapshot share one. (default: 50)")
    var snapshotJoinWindow: String?

    @Option(help: "Bytes a second that snapshots may produce, over all shards; 0: no limit. (default: 0)")
    var snapshotRate: String?

    @Option(
        help: "Bytes that a replica may fall behind others of its snapshot; it then begins again. (default: 64mb)"
    )
    var snapshotBuffer: String?

    @Option(help: "Bytes of one piece of a snapshot; replicas of the short form get at most 64kb. (default: 64kb)")
    var snapshotChunkSize: String?

    @Option(help: "host:port of a primary's port for clients: follow it. (default: none, take writes)")
    var replicaOf: String?

    @Option(help: "host:port of one stream, for a node with one shard: follow it. (default: none)")
    var replicaOfStream: String?

    @Option(help: "What the primary calls this node. (default: a random name, kept in the data directory)")
    var replicaId: String?

    @Option(help: "Where this node stands, for a primary that counts regions. (default: none)")
    var region: String?

    @Option(
        help: """
            id@host:port,… of all members of a replicated group, this node included: the ports that members use among \
            themselves. They elect a leader per shard. (default: none)
            """
    )
    var group: String?

    @Option(help: "Which of the members this node is: its id, from 0 to 65535.")
    var nodeId: String?

    @Option(help: "Milliseconds between two heartbeats of a group, 100 to 300000, the same everywhere. (default: 500)")
    var heartbeat: String?

    @Option(
        help: """
            quorum: a majority elects, and decides every write before its reply: nothing acknowledged is lost while a \
            majority survives. nearest: whoever misses the leader leads at once, without asking: for data whose \
            availability matters more than its last writes, which can be discarded, and are counted then. (default: quorum)
            """
    )
    var election: String?

    @Option(help: "Bytes of records that a member asks for at once; 0: as many as the leader gives. (default: 256kb)")
    var channelChunkSize: String?

    @Option(help: "Share of the link's speed that catching up of members may use, above 0 and up to 1. (default: 0.5)")
    var channelBudget: String?

    @Option(help: "Bytes a second of this node's link to the other members. (default: 125000000)")
    var linkSpeed: String?

    @Option(help: "Share of that budget that catching up in the background may use. (default: 0.3)")
    var backgroundFraction: String?

    @Option(
        help: """
            As what this node catches up: foreground (within the leader's budget), background (within a fraction of it) or \
            realtime (it never waits). (default: foreground)
            """
    )
    var catchUpClass: String?

    @Option(
        help: """
            What a leader does whose disk takes nothing. withdraw: lets another member lead; evict-oldest: saves its data, to \
            let go of old log, and stays. (default: withdraw)
            """
    )
    var onDiskPressure: String?

    @Option(help: "A file with 16 bytes or more that all members share and nobody else knows.")
    var groupSecretFile: String?

    @Option(help: "PEM file with this member's certificate, for TLS between members. (default: none, no TLS)")
    var groupTlsCert: String?

    @Option(help: "PEM file with the key of that certificate.")
    var groupTlsKey: String?

    @Option(help: "PEM file with the authority that signed the members' certificates.")
    var groupTlsCa: String?

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String = "notice"

    private var flags: [(name: String, value: String?)] {
        [
            ("bind", self.bind), ("port", self.port), ("replication-port", self.replicationPort),
            ("shards", self.shards), ("backlog-size", self.backlogSize), ("chunk-size", self.chunkSize),
            ("link-output-limit", self.linkOutputLimit), ("fan-out", self.fanOut),
            ("link-timeout", self.linkTimeout), ("maxclients", self.maxclients), ("metrics-port", self.metricsPort),
            ("client-query-buffer-limit", self.clientQueryBufferLimit), ("slow-event", self.slowEvent),
            ("data-dir", self.dataDir), ("log-sync", self.logSync), ("log-segment-size", self.logSegmentSize),
            ("log-index-interval", self.logIndexInterval), ("log-repair", self.logRepair),
            ("snapshot-log-size", self.snapshotLogSize), ("log-max-size", self.logMaxSize),
            ("log-max-age", self.logMaxAge), ("load-rdb", self.loadRdb),
            ("max-slots", self.maxSlots), ("slot-max-retained", self.slotMaxRetained),
            ("slot-max-lag", self.slotMaxLag), ("slot-idle-timeout", self.slotIdleTimeout),
            ("reconnect-window", self.reconnectWindow), ("commit", self.commit),
            ("commit-timeout", self.commitTimeout), ("min-replicas-to-write", self.minReplicasToWrite),
            ("slowlog-log-slower-than", self.slowlogLogSlowerThan), ("slowlog-max-len", self.slowlogMaxLen),
            ("min-replicas-max-lag", self.minReplicasMaxLag), ("max-snapshots", self.maxSnapshots),
            ("snapshot-join-window", self.snapshotJoinWindow), ("snapshot-rate", self.snapshotRate),
            ("snapshot-buffer", self.snapshotBuffer), ("snapshot-chunk-size", self.snapshotChunkSize),
            ("replica-of", self.replicaOf), ("replica-of-stream", self.replicaOfStream),
            ("replica-id", self.replicaId), ("region", self.region), ("group", self.group), ("node-id", self.nodeId),
            ("heartbeat", self.heartbeat), ("election", self.election), ("channel-chunk-size", self.channelChunkSize),
            ("channel-budget", self.channelBudget), ("link-speed", self.linkSpeed),
            ("background-fraction", self.backgroundFraction), ("catch-up-class", self.catchUpClass),
            ("on-disk-pressure", self.onDiskPressure), ("group-secret-file", self.groupSecretFile),
            ("group-tls-cert", self.groupTlsCert), ("group-tls-key", self.groupTlsKey),
            ("group-tls-ca", self.groupTlsCa),
        ]
    }

    func run() throws {
        let options = try self.options()
        guard let level = Logger.Level(rawValue: self.logLevel.lowercased()) else {
            throw ValidationError("--log-level must be one of trace, debug, info, notice, warning, error, critical")
        }
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        var logger = Logger(label: "sluice")
        logger.logLevel = level

        // Blocked before the first thread starts, so that every thread inherits it and only `sigwait` sees the signals.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        // A file size limit then shows as an error of write(2), which the log knows how to meet.
        signal(SIGXFSZ, SIG_IGN)

        // Every client and replica is a descriptor, and the usual limit of 1024 is a tenth of --maxclients.
        DescriptorLimit.raise()
        let metrics = try options.metricsPort.map { try MetricsService(host: options.bind, port: $0) }
        let server = try Server(options: options, logger: logger) {
            // As if it had been sent from outside: `sigwait` below gets it.
            kill(getpid(), SIGTERM)
        }
        logger.notice(
            "ready",
            metadata: [
                "clients": "\(options.bind):\(server.clientPort)",
                "replicas": "\(server.replicationPorts.map(String.init).joined(separator: ","))",
            ].merging(metrics.map { ["metrics": "\(options.bind):\($0.port)"] } ?? [:]) { $1 }
        )
        var received: CInt = 0
        sigwait(&signals, &received)
        logger.notice("stopping", metadata: ["signal": "\(received)"])
        server.stop()
        metrics?.stop()
    }

    private func options() throws -> ServerOptions {
        var options = ServerOptions()
        if let file = self.file {
            guard let text = TextFile.read(file) else { throw ValidationError("cannot read the file \(file)") }
            do {
                try options.read(file: text)
            } catch {
                throw ValidationError("\(file): \(error)")
            }
            options.configFile = file
        }
        for name in ServerOptions.names {
            let variable = "SLUICE_" + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
            guard let value = getenv(variable) else { continue }
            try self.set(&options, name, String(cString: value), from: variable)
        }
        for (name, value) in self.flags {
            if let value { try self.set(&options, name, value, from: "--\(name)") }
        }
        return options
    }

    private func set(_ options: inout ServerOptions, _ name: String, _ value: String, from source: String) throws {
        do {
            try options.set(name, to: value)
        } catch {
            throw ValidationError("\(source): \(error)")
        }
    }
}
