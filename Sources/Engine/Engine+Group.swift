// A shard of a group: the data of a leader are ahead of what is decided, and the log of a follower is ahead of its data.
//
//     decided ≤ tip = end of the log        at the leader: it executes first, and then lets the others decide
//     decided = tip ≤ end of the log        at a follower: it applies what is decided
//
// What waits for its decision is kept by whoever drives the shard. Links see what is decided, at both.

import Keyspace
package import Primitives
import RESP
import Replication
package import ReplicationLog

/// What a shard of a group numbers, and how far that is decided.
package final class GroupNumbering {
    /// What was numbered since the last call of `take`.
    private var payloads: [[UInt8]] = []
    private(set) var bytes = 0
    /// Replies to what was numbered up to here may leave.
    package var decided: Position
    /// Of the last record that the data hold.
    package var lastRecord: RecordFacts?

    init(decided: Position) { self.decided = decided }

    fileprivate func add(_ mutation: Bytes) {
        self.payloads.append(Array(mutation))
        self.bytes += mutation.count
    }

    package var isEmpty: Bool { self.payloads.isEmpty }

    /// The mutations that were numbered and that nobody else has seen, in their order.
    package func take() -> [[UInt8]] {
        defer {
            self.payloads.removeAll(keepingCapacity: true)
            self.bytes = 0
        }
        return self.payloads
    }
}

extension Engine {
    /// Makes the shard one of a group, before anybody uses it.
    /// - Parameter position: what the data hold; the log may go on behind it.
    package mutating func joinGroup(at position: Position) {
        precondition(self.log.map { $0.last >= position } ?? false, "a shard of a group has a log, and data out of it")
        self.group = GroupNumbering(decided: position)
        self.isInGroup = true
        self.tip = position
        self.stream.reset(history: self.stream.history, tip: position)
    }

    /// The end of the log; at a follower what is not decided yet is part of it.
    package var logTip: Position { self.log?.last ?? self.tip }

    mutating func numberInGroup(_ mutation: Bytes) {
        self.log?.append(mutation, now: self.keyspace.now)
        self.group?.add(mutation)
    }

    /// Adds a record of another node's, or one that changes nothing, behind the log. The data follow when it is decided.
    package func appendUndecided(_ payload: Bytes, term: UInt64, now: Milliseconds) {
        guard let log = self.log else { return }
        log.term = term
        log.append(payload, now: now)
    }

    /// Applies the record after the tip, and shows it to links.
    /// - Parameter isInBacklog: false while there are no links, and whoever comes can read it from the log.
    package mutating func applyDecided(
        _ payload: Bytes,
        _ replay: inout Replay,
        isInBacklog: Bool = true,
        now: Milliseconds
    ) throws(ReplayError) {
        self.keyspace.now = now
        try replay.apply(payload, lsn: self.tip + 1, to: &self)
        self.tip += 1
        if isInBacklog { self.stream.backlog.append(payload) } else { self.stream.backlog.pass() }
    }

    /// Shows links a record that the data hold already.
    package mutating func showDecided(_ payload: Bytes) { self.stream.backlog.append(payload) }

    /// The log was cut behind a position, and opened again.
    package mutating func logTruncated(to position: Position, logMap: LogMap) {
        precondition(self.tip <= position, "what the data hold is not cut")
        self.log?.reset(tip: position)
        self.logMap = logMap
    }
}
