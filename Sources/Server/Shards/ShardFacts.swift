// What a shard tells about itself when somebody asks for the whole node. A plain value, so that it can travel.

import Engine
import Keyspace
import NIOCore
import Primitives
import Replication
import ReplicationLog
import Sockets

struct ShardFacts: Sendable {
    var index: Int
    var keys: Int
    var expiringKeys: Int
    var keyspace: KeyspaceStatistics
    var statistics: ShardStatistics
    var history: History
    var ancestors: [Ancestor]
    var tip: Position
    var oldest: Position
    var backlogLimit: Int
    var backlogUsed: Int
    var backlogAllocated: Int
    /// Chunks alive and private copies.
    var bufferBytes: Int
    var linkBytes: Int
    var links: [LinkFacts]
    /// The peers of `links`, `host:port`.
    var addresses: [Sockets.SocketAddress?]
    var resumes: [ResumeSource: Int]
    var closed: [LinkCloseCause: Int]
    var copies: CopyFacts
    var events: [BackgroundEvents.Tally]
    var clients: Int
    var clientBytes: Int
    /// Waits for replicas, and for the end of a pause.
    var waitingClients: Int
    /// nil without a data directory.
    var log: LogFacts?
    /// nil on a primary.
    var follower: FollowerFacts?
    /// nil for a node that is in no group.
    var group: GroupFacts?
    var dump: DumpFacts
}

/// A shard's log as an operator sees it.
struct LogFacts: Sendable {
    var bounds: LogMap.Bounds
    /// The last LSN that was given out.
    var last: Position
    var failure: LogFailure?
    var failures: Int
    /// Memory of batches on their way to the disk.
    var heldBytes: Int
    var bytesSinceDump: Int
}

extension Shard {
    var facts: ShardFacts {
        self.loop.preconditionInEventLoop()
        // Whoever reads a tip here may hand it to the acceptor at once, as a position.
        self.publish()
        self.admitParkedLinks()
        return ShardFacts(
            index: self.index,
            keys: self.engine.keyspace.count,
            expiringKeys: self.engine.keyspace.expiringCount,
            keyspace: self.engine.keyspace.statistics,
            statistics: self.statistics,
            history: self.engine.stream.history,
            ancestors: self.engine.replicas.slots.ancestors,
            tip: self.engine.stream.tip,
            oldest: self.engine.stream.backlog.oldest,
            backlogLimit: self.engine.stream.backlog.limitBytes,
            backlogUsed: self.engine.stream.backlog.usedBytes,
            backlogAllocated: self.engine.stream.backlog.allocatedBytes,
            bufferBytes: self.engine.stream.bufferBytes,
            linkBytes: self.engine.stream.linkBytes,
            links: self.engine.stream.facts(now: WallClock.milliseconds),
            addresses: self.engine.stream.links.map { Socket(descriptor: $0.transport).peerAddress },
            resumes: self.engine.stream.resumes,
            closed: self.engine.stream.closed,
            copies: self.copyFacts,
            events: self.events.tallies,
            clients: self.clients.count,
            clientBytes: self.clients.values.reduce(0) { $0 + $1.heldBytes + ClientConnection.ownBytes },
            waitingClients: self.commitWaits.count + self.pauses.waiting,
            log: self.logFacts,
            follower: self.follower?.facts,
            group: self.group?.facts,
            dump: self.dumpFacts
        )
    }
}
