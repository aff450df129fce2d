// What a shard keeps in `history.json`: which numbering it goes on with, and what it needs to know at the next start to
// decide whether it still may. The file is synced before a history is used.

package import Primitives
package import ReplicationLog

package struct HistoryRecord: Equatable, Sendable {
    /// Ancestors kept; a replica that was away for more changes of history than this is copied anew.
    package static let mostAncestors = 64

    package let history: History
    /// The oldest first.
    package let ancestors: [Ancestor]
    /// The tip when the node stopped in order, everything synced; nil while it runs, and so after a crash.
    package var cleanShutdown: Position?
    /// What the node runs under. A weaker promise must be on disk before it holds.
    package var sync: LogSync
    /// The numbering is another node's: this one must not go on numbering under it.
    package var isFollowed: Bool

    package init(
        history: History,
        ancestors: [Ancestor] = [],
        cleanShutdown: Position? = nil,
        sync: LogSync,
        isFollowed: Bool = false
    ) {
        precondition(history != .none, "forty zeros are the history of those who have none")
        self.history = history
        self.ancestors = Array(ancestors.suffix(Self.mostAncestors))
        self.cleanShutdown = cleanShutdown
        self.sync = sync
        self.isFollowed = isFollowed
    }

    /// The same, of a node that does not number.
    package func followed() -> HistoryRecord {
        var record = self
        record.isFollowed = true
        return record
    }

    /// Whether a history numbers the same mutations as this one, up to a position.
    package func contains(_ history: History, upTo position: Position) -> Bool {
        if history == self.history { return true }
        return self.ancestors.sharedEnd(with: history).map { position <= $0 } ?? false
    }

    /// The record of a history that leaves this one at a position: at a promotion, or at a start after which nobody can say
    /// what replicas hold.
    ///
    /// What was shared with an older ancestor beyond that position is gone too, so its end moves back with it: a replica that
    /// stands there has mutations which this node numbers anew.
    package func left(at position: Position, for fresh: History) -> HistoryRecord {
        let shared = self.ancestors.map { Ancestor(history: $0.history, left: min($0.left, position)) }
        return HistoryRecord(
            history: fresh,
            ancestors: shared + [Ancestor(history: self.history, left: position)],
            sync: self.sync
        )
    }
}

/// Which history a shard runs with after a start, and why.
package struct HistoryStart: Equatable, Sendable {
    package enum Reason: String, CaseIterable, Sendable {
        /// There is no record: a new history without ancestors.
        case firstStart = "first-start"
        /// The history goes on: the last run ended in order, and the log holds what it held then.
        case cleanShutdown = "clean-shutdown"
        /// The history goes on: links were only sent what was synced.
        case sentWhatWasSynced = "sent-what-was-synced"
        /// A new history: replicas may hold more than the disk did.
        case replicasMayHoldMore = "replicas-may-hold-more"
        /// The history goes on: the node numbers nothing, and what it has is a beginning of what its primary has.
        case follows
        /// A new history: the last one was numbered by another node, which may go on with it.
        case followedBefore = "followed-before"
    }

    /// To be written, and synced, before the first write and the first link. It carries no clean-shutdown mark.
    package let record: HistoryRecord
    package let reason: Reason

    /// Decides from what the last run left behind.
    /// - Parameters:
    ///   - previous: the record found; nil at the first start.
    ///   - recoveredTip: everything up to here came back from the disk.
    ///   - fresh: a random history, used if a new one begins.
    ///   - sync: what the node runs under from now on.
    ///   - wereRecordsLost: damage was cut away with everything after it.
    ///   - isFollower: the node starts as a replica.
    package static func decide(
        previous: HistoryRecord?,
        recoveredTip: Position,
        fresh: History,
        sync: LogSync,
        wereRecordsLost: Bool = false,
        isFollower: Bool = false
    ) -> HistoryStart {
        guard let previous else {
            return HistoryStart(
                record: HistoryRecord(history: fresh, sync: sync, isFollowed: isFollower),
                reason: .firstStart
            )
        }
        var record = previous
        record.cleanShutdown = nil
        record.sync = sync
        if isFollower { return HistoryStart(record: record.followed(), reason: .follows) }
        if previous.isFollowed {
            return HistoryStart(record: record.left(at: recoveredTip, for: fresh), reason: .followedBefore)
        }
        if wereRecordsLost { return self.leave(record, at: recoveredTip, for: fresh) }
        if let mark = previous.cleanShutdown {
            if mark == recoveredTip { return HistoryStart(record: record, reason: .cleanShutdown) }
            // A log that ends before the mark lost something after all, whatever was promised.
            if mark > recoveredTip { return self.leave(record, at: recoveredTip, for: fresh) }
        }
        if previous.sync == .always { return HistoryStart(record: record, reason: .sentWhatWasSynced) }
        return self.leave(record, at: recoveredTip, for: fresh)
    }

    private static func leave(_ record: HistoryRecord, at position: Position, for fresh: History) -> HistoryStart {
        HistoryStart(record: record.left(at: position, for: fresh), reason: .replicasMayHoldMore)
    }
}
