// How much of the log stays: what slots need, and everything after the newest durable dump; and no more than its bounds allow.

package import Primitives
package import Replication
import ReplicationLog

/// Bounds of a shard's log; nil for none.
package struct LogBounds: Equatable, Sendable {
    package var maxBytes: Int?
    package var maxAge: Milliseconds?

    package init(maxBytes: Int? = nil, maxAge: Milliseconds? = nil) {
        self.maxBytes = maxBytes
        self.maxAge = maxAge
    }
}

package struct LogSweep: Equatable, Sendable {
    /// The bounds want records to go that the newest dump does not cover.
    package var needsDump = false
    /// Slots that stood in the way of the bounds.
    package var lost: [SlotLoss] = []
}

extension Engine {
    /// Lets the log's next job prune what nobody needs, and tells what the bounds still want.
    /// - Parameter dumped: the position of the newest durable dump; 0 without any.
    package mutating func sweepLog(dumped: Position, bounds: LogBounds, now: Milliseconds) -> LogSweep {
        guard let log = self.log, let map = self.logMap else { return LogSweep() }
        var sweep = LogSweep()
        if bounds.maxBytes != nil || bounds.maxAge != nil {
            let wanted = map.excess(maxBytes: bounds.maxBytes, oldest: bounds.maxAge.map { now - $0 })
            sweep.needsDump = wanted > dumped
            let limit = min(wanted, dumped)
            if limit > 0 { sweep.lost = self.replicas.slots.invalidate(holding: limit, now: now) }
        }
        let limit = min(self.replicas.slots.retentionFloor(now: now) ?? dumped, dumped)
        if map.hasSegments(upTo: limit) { log.requestPruning(upTo: limit) }
        return sweep
    }
}
