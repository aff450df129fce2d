// What the shards of one process share: settings, counters, and one another. Everything here may be used from any thread.

import Engine
import Keyspace
import Logging
import Primitives
import Replication
import Sockets
import Synchronization

final class Node: Sendable {
    let options: ServerOptions
    let logger: Logger
    /// Forty random hex digits, new at each start (`run_id`).
    let runID: String
    /// Where replicas connect, one a shard.
    let replicationPorts: [UInt16]
    let startedAt: Milliseconds
    let table = CommandTable()
    /// Waits for the links' descriptors, on the port's thread.
    let poller: Poller
    let settings: Mutex<Settings>
    let role = Mutex(NodeRole())
    let failover = Mutex(FailoverState())
    /// What the node is called by the primaries that it follows.
    let replicaID: String
    let totalConnections = Atomic<Int>(0)
    let rejectedConnections = Atomic<Int>(0)
    let connectedClients = Atomic<Int>(0)
    let peakAllocatedBytes = Atomic<Int>(0)
    let handshakes = HandshakeCounters()
    let slowlog = Mutex(Slowlog())
    let shutdown = ShutdownRequest()
    /// nil without a data directory.
    let logReaders: LogReaders?
    /// nil without a data directory.
    let keeper: FileKeeper?
    private let nextClient = Atomic<Int64>(1)
    private let nextLink = Atomic<UInt64>(1)
    private let nextCommit = Atomic<UInt64>(1)
    /// Complete before the first connection.
    private let members = Mutex<[Shard]>([])
    private let transport = Mutex<GroupTransport?>(nil)

    init(
        options: ServerOptions,
        replicationPorts: [UInt16],
        logger: Logger,
        runID: String,
        replicaID: String,
        poller: Poller,
        logReaders: LogReaders?,
        keeper: FileKeeper?
    ) {
        self.options = options
        self.replicationPorts = replicationPorts
        self.logReaders = logReaders
        self.keeper = keeper
        self.poller = poller
        self.logger = logger
        self.runID = runID
        self.replicaID = replicaID
        self.startedAt = WallClock.milliseconds
        self.settings = Mutex(Settings(options))
    }

    var currentSettings: Settings { self.settings.withLock { $0 } }

    var shards: [Shard] { self.members.withLock { $0 } }

    /// nil for a node that is in no group.
    var groupTransport: GroupTransport? { self.transport.withLock { $0 } }

    func join(_ transport: GroupTransport) { self.transport.withLock { $0 = transport } }

    func add(_ shard: Shard) { self.members.withLock { $0.append(shard) } }

    /// Lets go of the shards, which hold on to the node: once nothing runs any more.
    func removeShards() { self.members.withLock { $0 = [] } }

    /// Returns once everything that the log's threads were given is done.
    func stopLogThreads() {
        self.keeper?.drain()
        self.logReaders?.stop()
        for shard in self.shards { shard.log?.writer.stop() }
    }

    func newClientNumber() -> Int64 { self.nextClient.wrappingAdd(1, ordering: .relaxed).oldValue }

    func newCommitToken() -> UInt64 { self.nextCommit.wrappingAdd(1, ordering: .relaxed).oldValue }

    func newLinkNumber() -> UInt64 { self.nextLink.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// What `CONFIG SET` may change while the node runs.
struct Settings: Sendable {
    var maxClients: Int
    var backlogBytes: Int
    var linkTimeoutSeconds: Int
    var queryBufferLimit: Int
    var minReplicasToWrite: Int
    var minReplicasMaxLagSeconds: Int
    /// Commands that take so many microseconds or more are remembered; negative: none.
    var slowlogMicroseconds: Int
    var slowlogLength: Int

    init(_ options: ServerOptions) {
        self.maxClients = options.maxClients
        self.backlogBytes = options.stream.backlogBytes
        self.linkTimeoutSeconds = Int(options.stream.linkTimeout / 1000)
        self.queryBufferLimit = options.queryBufferLimit
        self.minReplicasToWrite = options.minReplicasToWrite
        self.minReplicasMaxLagSeconds = options.minReplicasMaxLagSeconds
        self.slowlogMicroseconds = options.slowlogMicroseconds
        self.slowlogLength = options.slowlogLength
    }
}

/// Handshakes as the acceptor answered them.
final class HandshakeCounters: Sendable {
    let accepted = Atomic<Int>(0)
    let malformed = Atomic<Int>(0)
    /// Refused because too many wait for a snapshot.
    let tooManyWaiting = Atomic<Int>(0)
}
