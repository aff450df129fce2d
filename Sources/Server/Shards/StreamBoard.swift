// Where a shard shows its stream's state to the acceptor, which answers handshakes from it without asking: a question to
// another thread would cost several times what the whole handshake takes.
//
// The tip is shown before any of its bytes are sent, so no replica can claim a position that the board does not cover.

import Primitives
import Replication
import ReplicationLog
import Synchronization

final class StreamBoard: Sendable {
    /// What changes only where the shard starts again, under another history or with other data.
    private struct Numbering {
        var history: History
        var ancestors: [Ancestor]
        /// nil without a data directory.
        var log: LogMap?
        /// Counts the changes: an answer that was given under an earlier numbering no longer holds.
        var count: UInt64 = 0
    }

    private let numbering: Mutex<Numbering>
    private let tip = Atomic<Position>(0)
    private let oldest = Atomic<Position>(0)
    /// One more than the position from which the log could not be read on; 0 where nothing is known to be wrong with it.
    private let unreadable = Atomic<Position>(0)
    /// Links that wait for a snapshot: counted up where they are granted one, and down by the shard.
    private let waiting = Atomic<Int>(0)
    /// Replicas whose slot was invalidated; nearly always none.
    private let invalidated = Mutex<Set<String>>([])
    private let hasInvalidated = Atomic<Bool>(false)

    init(history: History, ancestors: [Ancestor] = [], log: LogMap? = nil) {
        self.numbering = Mutex(Numbering(history: history, ancestors: ancestors, log: log))
    }

    func publish(tip: Position, oldest: Position) {
        self.oldest.store(oldest, ordering: .relaxed)
        self.tip.store(tip, ordering: .sequentiallyConsistent)
    }

    func publish(unreadable: Position?) {
        self.unreadable.store(unreadable.map { $0 + 1 } ?? 0, ordering: .relaxed)
    }

    // MARK: Waiting for snapshots

    /// Counts a link that is to wait; false when too many do.
    func admitWaiting() -> Bool {
        guard self.waiting.wrappingAdd(1, ordering: .relaxed).newValue <= SnapshotOptions.mostWaiting else {
            self.waitsEnded(1)
            return false
        }
        return true
    }

    /// A link waits that the acceptor had not let wait.
    func waitBegan() { self.waiting.wrappingAdd(1, ordering: .relaxed) }

    func waitsEnded(_ count: Int) { self.waiting.wrappingSubtract(count, ordering: .relaxed) }

    /// Shows another numbering with its positions, in one step.
    func reset(history: History, ancestors: [Ancestor], log: LogMap?, tip: Position, oldest: Position) {
        self.numbering.withLock { numbering in
            let count = numbering.count + 1
            numbering = Numbering(history: history, ancestors: ancestors, log: log, count: count)
            self.publish(tip: tip, oldest: oldest)
            self.publish(unreadable: nil)
        }
    }

    func publish(invalidated slots: SlotTable) {
        let ids = Set(slots.slots.lazy.filter { !$0.isValid }.map(\.id))
        self.invalidated.withLock { $0 = ids }
        self.hasInvalidated.store(!ids.isEmpty, ordering: .releasing)
    }

    func isInvalidated(_ id: String) -> Bool {
        self.hasInvalidated.load(ordering: .acquiring) && self.invalidated.withLock { $0.contains(id) }
    }

    var currentTip: Position { self.tip.load(ordering: .sequentiallyConsistent) }

    var summary: StreamSummary { self.view.summary }

    /// The stream as it is now, and which numbering that is.
    var view: (summary: StreamSummary, numbering: UInt64) {
        self.numbering.withLock { numbering in
            let tip = self.currentTip
            let unreadable = self.unreadable.load(ordering: .relaxed)
            let summary = StreamSummary(
                history: numbering.history,
                ancestors: numbering.ancestors,
                tip: tip,
                oldest: self.oldest.load(ordering: .relaxed),
                oldestOnDisk: numbering.log?.oldest,
                unreadable: unreadable == 0 ? nil : unreadable - 1
            )
            return (summary, numbering.count)
        }
    }
}
