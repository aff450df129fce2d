// Where a shard shows its stream's state to the acceptor, which answers handshakes from it without asking: a question to
// another thread would cost several times what the whole handshake takes.
//
// The tip is shown before any of its bytes are sent, so no replica can claim a position that the board does not cover.

import Primitives
import Replication
import ReplicationLog
import Synchronization

final class StreamBoard: Sendable {
    private let history: History
    private let ancestors: [Ancestor]
    /// nil without a data directory.
    private let log: LogMap?
    private let tip = Atomic<Position>(0)
    private let oldest = Atomic<Position>(0)
    /// Replicas whose slot was invalidated; nearly always none.
    private let invalidated = Mutex<Set<String>>([])
    private let hasInvalidated = Atomic<Bool>(false)

    init(history: History, ancestors: [Ancestor] = [], log: LogMap? = nil) {
        self.history = history
        self.ancestors = ancestors
        self.log = log
    }

    func publish(tip: Position, oldest: Position) {
        self.oldest.store(oldest, ordering: .relaxed)
        self.tip.store(tip, ordering: .sequentiallyConsistent)
    }

    func publish(invalidated slots: SlotTable) {
        let ids = Set(slots.slots.lazy.filter { !$0.isValid }.map(\.id))
        self.invalidated.withLock { $0 = ids }
        self.hasInvalidated.store(!ids.isEmpty, ordering: .releasing)
    }

    func isInvalidated(_ id: String) -> Bool {
        self.hasInvalidated.load(ordering: .acquiring) && self.invalidated.withLock { $0.contains(id) }
    }

    var summary: StreamSummary {
        let tip = self.tip.load(ordering: .sequentiallyConsistent)
        return StreamSummary(
            history: self.history,
            ancestors: self.ancestors,
            tip: tip,
            oldest: self.oldest.load(ordering: .relaxed),
            oldestOnDisk: self.log?.oldest
        )
    }
}
