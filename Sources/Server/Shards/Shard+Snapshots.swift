// Snapshots for replicas, as the shard's loop does them: a slice between two rounds of the clients, never a long one.

import Engine
import Keyspace
import Logging
import NIOCore
import Primitives
import Replication
import Sockets
import Synchronization

/// What the shard keeps for its snapshots.
struct ShardSnapshots {
    fileprivate var isTurnScheduled = false
    /// When the timer is due that has been set.
    fileprivate var timerAt: Milliseconds?
    /// `ShardStatistics.reads` at the last slice.
    fileprivate var notedReads = 0
    /// `SnapshotStatistics.settled` as the board knows it.
    fileprivate var notedSettled = 0
    /// Processor time of the latest beginning of a pass; nil before the first.
    fileprivate(set) var triggerNanoseconds: UInt64?
    fileprivate(set) var longestTriggerNanoseconds: UInt64 = 0
}

/// What a slice may take: little while clients are served, for they wait for it.
struct SliceBudget {
    /// Nanoseconds after which no further piece is begun; one takes some 50 µs.
    var production: UInt64
    /// Bytes that links are given; a megabyte takes some 300 µs.
    var sendBytes: Int
    /// Until the next slice, which comes after the sockets in any case: longer while clients are served. Much longer would be no
    /// favour to them: what they write meanwhile is produced too, and the frames must not leave the backlog before.
    var pause: TimeAmount

    static let busy = SliceBudget(production: 150_000, sendBytes: 256 << 10, pause: .microseconds(40))
    static let idle = SliceBudget(production: 400_000, sendBytes: 3 << 19, pause: .zero)
}

extension Shard {
    /// To be called when links that are copied may have something to get.
    func scheduleSnapshotTurn(after pause: TimeAmount = SliceBudget.idle.pause) {
        guard !self.snapshots.isTurnScheduled, !self.isStopped else { return }
        self.snapshots.isTurnScheduled = self.later(after: pause) { $0.snapshotTurn() }
    }

    private func snapshotTurn() {
        self.snapshots.isTurnScheduled = false
        guard !self.isStopped else { return }
        let now = WallClock.milliseconds
        let budget: SliceBudget = self.statistics.reads == self.snapshots.notedReads ? .idle : .busy
        self.snapshots.notedReads = self.statistics.reads
        // Before anything is sent: what may be told now is told at once.
        self.engine.settleSnapshots(now: now)
        self.beginSnapshots(now: now)
        // Nothing is produced before every link that takes bytes has what there is: one that was blocked for a moment catches up.
        var hasMore = self.sendSnapshots(limit: budget.sendBytes, now: now)
        if !hasMore, self.produceSnapshots(budget, now: now) {
            hasMore = self.sendSnapshots(limit: budget.sendBytes, now: now)
        }
        if self.engine.settleSnapshots(now: now) { self.scheduleTurn() }
        self.noteSettledWaits()
        self.endClosingLinks()
        if hasMore || self.engine.stream.snapshots.hasWork(now: now) {
            self.scheduleSnapshotTurn(after: budget.pause)
        } else if let due = self.engine.stream.snapshots.dueAt(now: now) {
            self.setSnapshotTimer(due, now: now)
        }
    }

    private func beginSnapshots(now: Milliseconds) {
        guard self.engine.stream.snapshots.isPassDue(now: now) else { return }
        let event = self.events.begin()
        let start = Clocks.threadProcessorNanoseconds
        self.group?.noteLastRecord()
        guard self.engine.triggerSnapshots(version: Product.version, now: now) else { return }
        let length = Clocks.threadProcessorNanoseconds - start
        self.events.end(.snapshotTrigger, since: event)
        self.snapshots.triggerNanoseconds = length
        self.snapshots.longestTriggerNanoseconds = max(self.snapshots.longestTriggerNanoseconds, length)
        self.node.logger.info(
            "a snapshot for replicas begins",
            metadata: [
                "shard": "\(self.index)", "position": "\(self.engine.tip)",
                "replicas": "\(self.engine.stream.snapshots.sendingCount)",
            ]
        )
    }

    /// - Returns: whether anything was asked for.
    private func produceSnapshots(_ budget: SliceBudget, now: Milliseconds) -> Bool {
        guard self.engine.stream.snapshots.hasWork(now: now) else { return false }
        let event = self.events.begin()
        let end = event.wall + budget.production
        while self.engine.produceSnapshot(now: now), Clocks.monotonicNanoseconds < end {}
        self.events.end(.snapshotSlice, since: event)
        return true
    }

    private func sendSnapshots(limit: Int, now: Milliseconds) -> Bool {
        var sent = 0
        let hasMore = self.engine.stream.sendSnapshots(limit: limit, now: now) { number, transport, bytes in
            self.transmit(bytes, to: transport, number, &sent)
        }
        self.statistics.linkOutputBytes += sent
        return hasMore
    }

    /// What is due at a time that no event tells of.
    private func setSnapshotTimer(_ due: Milliseconds, now: Milliseconds) {
        if let at = self.snapshots.timerAt, at <= due, at > now { return }
        self.snapshots.timerAt = due
        self.loop.scheduleTask(in: .milliseconds(max(1, due - now))) {
            self.snapshots.timerAt = nil
            self.scheduleSnapshotTurn()
        }
    }

    /// Tells the acceptor of links that wait for a snapshot no more.
    func noteSettledWaits() {
        let settled = self.engine.stream.snapshots.statistics.settled
        guard settled != self.snapshots.notedSettled else { return }
        self.board.waitsEnded(settled - self.snapshots.notedSettled)
        self.snapshots.notedSettled = settled
    }
}

/// Snapshots of one shard as an operator sees them.
struct CopyFacts: Sendable {
    var passes: Int
    var waiting: Int
    var sending: Int
    var statistics: SnapshotStatistics
    var causes: [SnapshotCause: Int]
    var refusedResumes: Int
    /// Of pieces on their way.
    var heldBytes: Int
    /// Of entries that were changed before a view had come to them.
    var viewBytes: Int
    /// nil before the first pass.
    var triggerNanoseconds: UInt64?
    var longestTriggerNanoseconds: UInt64
}

extension Shard {
    var copyFacts: CopyFacts {
        let snapshots = self.engine.stream.snapshots
        return CopyFacts(
            passes: snapshots.passCount,
            waiting: snapshots.waitingCount,
            sending: snapshots.sendingCount,
            statistics: snapshots.statistics,
            causes: self.engine.stream.snapshotCauses,
            refusedResumes: self.engine.stream.refusedResumes,
            heldBytes: snapshots.heldBytes,
            viewBytes: self.engine.keyspace.viewBytes,
            triggerNanoseconds: self.snapshots.triggerNanoseconds,
            longestTriggerNanoseconds: self.snapshots.longestTriggerNanoseconds
        )
    }
}
