// Who carries a job of the log out: the shard itself while the disk is quicker than waking another thread twice, and the
// log's own thread once it is not, so that no hiccup of a disk stops the shard for longer than the one that showed it.

import Engine
import ReplicationLog
import Sockets

struct LogPace {
    /// Jobs that have to be quick in a row before the shard carries them out itself.
    private static let quickInRow = 8
    /// A job that takes no longer is quick; nanoseconds.
    private static let quickNanoseconds: UInt64 = 500_000

    private var writes = 0
    private var syncs = 0

    /// Whether jobs of this kind have been quick of late.
    func isQuick(_ job: LogJob) -> Bool {
        // Pruning syncs a directory.
        job.prunesUpTo == nil && (job.isSync ? self.syncs : self.writes) >= Self.quickInRow
    }

    mutating func took(_ nanoseconds: UInt64, isSync: Bool) {
        let isQuick = nanoseconds <= Self.quickNanoseconds
        if isSync {
            self.syncs = isQuick ? min(self.syncs + 1, Self.quickInRow) : 0
        } else {
            self.writes = isQuick ? min(self.writes + 1, Self.quickInRow) : 0
        }
    }
}

/// A job that was carried out, and how long it took.
struct LogReport: Sendable {
    var outcome: LogOutcome
    var isSync: Bool
    var nanoseconds: UInt64

    /// Carries a job out, on the thread that has the log now.
    init(_ job: LogJob, on log: ReplicationLog) {
        let beganAt = Clocks.monotonicNanoseconds
        self.outcome = job.run(on: log)
        self.isSync = job.isSync
        self.nanoseconds = Clocks.monotonicNanoseconds - beganAt
    }
}
