// What a shard knows of its dumps: the newest one on disk, the one that is being written, and why the last one failed.

import Engine
import Primitives
import RESP
import ReplicationLog

/// A dump that counts.
struct DumpRecord: Equatable, Sendable {
    /// It holds everything up to here. 0 where there is none, which is as good as an empty one.
    var position: Position = 0
    /// nil where there is none.
    var bytes: Int?
    /// When it was safe on disk, or, of one that an earlier run wrote, begun; wall clock.
    var savedAt: Milliseconds?
}

/// Why there is no new dump.
struct DumpFailure: Error, CustomStringConvertible, Sendable {
    var description: String

    static let noDirectory = DumpFailure(
        description: "nothing is kept on disk: start the server with --data-dir to have it saved"
    )
    static let replaced = DumpFailure(description: "other data took the place of what was being saved")
    static let stopped = DumpFailure(description: "the server is stopping")
}

extension DumpDraft: SinkTarget {}

/// A dump that is being written.
final class RunningDump {
    let snapshot: SnapshotWriter
    let sink: FileSink<DumpDraft>
    let beganAt: Milliseconds
    /// Its file is synced; it waits until the log is durable up to its position.
    var isSynced = false

    init(_ snapshot: SnapshotWriter, _ sink: FileSink<DumpDraft>, beganAt: Milliseconds) {
        self.snapshot = snapshot
        self.sink = sink
        self.beganAt = beganAt
    }
}

struct ShardDumps {
    typealias Waiter = (Result<DumpRecord, DumpFailure>) -> Void

    /// After a failure nothing is tried by itself for so long; as in Redis.
    static let retryInterval: Milliseconds = 5000

    var newest = DumpRecord()
    var running: RunningDump?
    /// One is to begin as soon as it can.
    var isWanted = false
    var waiters: [Waiter] = []
    /// Why the last one failed; nil when it did not.
    var failure: DumpFailure?
    var failureCount = 0
    var count = 0
    /// How long the last one took; nil before the first.
    var lastDuration: Milliseconds?
    var retryAt: Milliseconds = 0
    /// The log is beyond its bounds, and only a dump would let it be pruned.
    var isLogBeyondBounds = false
    var sweptAt: Milliseconds = 0
    /// Where a slice is gathered.
    let writer = Writer()

    var isUnderWay: Bool { self.running != nil || self.isWanted }
}

/// A shard's dumps as an operator sees them.
struct DumpFacts: Sendable {
    var newest: DumpRecord
    /// Writes since then.
    var changes: UInt64
    var isUnderWay: Bool
    var runningSince: Milliseconds?
    var writtenBytes: Int
    var failure: String?
    var failures: Int
    var count: Int
    var lastDuration: Milliseconds?
}

extension Shard {
    var dumpFacts: DumpFacts {
        DumpFacts(
            newest: self.dumps.newest,
            changes: self.engine.tip - min(self.dumps.newest.position, self.engine.tip),
            isUnderWay: self.dumps.isUnderWay,
            runningSince: self.dumps.running?.beganAt,
            writtenBytes: self.dumps.running?.snapshot.byteCount ?? 0,
            failure: self.dumps.failure?.description,
            failures: self.dumps.failureCount,
            count: self.dumps.count,
            lastDuration: self.dumps.lastDuration
        )
    }
}
