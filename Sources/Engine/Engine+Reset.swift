// A shard that starts again while the node runs: under another history, or with other data.

package import Keyspace
package import Primitives
package import Replication
package import ReplicationLog

extension Engine {
    /// Goes on under another history; data, numbering and log stay. Whoever waits for replicas goes on waiting: up to here both
    /// histories number the same mutations.
    package mutating func changeHistory(to history: History, ancestors: [Ancestor], now: Milliseconds) {
        self.leaveLinks(now: now)
        self.stream.historyChanged(to: history)
        self.replicas.slots.historyBegan(history, ancestors: ancestors)
    }

    /// Starts again with other data at a position: the backlog is empty, the log is another one, and nobody who waited for
    /// the old numbering waits any more.
    ///
    /// The caller ends the log's job first, and lets go of replies that wait for it.
    /// - Parameters:
    ///   - logMap: of the log that takes the old one's place; nil without a data directory.
    ///   - replaceData: puts the data of that position in the place of the old.
    /// - Returns: those who waited for replicas.
    package mutating func reset(
        history: History,
        ancestors: [Ancestor],
        tip: Position,
        logMap: LogMap?,
        now: Milliseconds,
        _ replaceData: (inout Keyspace) -> Void
    ) -> [CommitOutcome] {
        precondition((self.log == nil) == (logMap == nil), "a shard has a log for good, or none")
        self.leaveLinks(now: now)
        self.keyspace.now = now
        replaceData(&self.keyspace)
        self.keyspace.allKeysChanged()
        // What data is replaced by is no mutation of this stream.
        self.keyspace.mutations.removeAll()
        self.stream.reset(history: history, tip: tip)
        self.log?.reset(tip: tip)
        self.logMap = logMap
        self.tip = tip
        if let group = self.group {
            _ = group.take()
            group.decided = tip
        }
        self.replicas.slots.historyBegan(history, ancestors: ancestors)
        self.replicas.registry.numberingEnded()
        self.replicas.hasProgressed = true
        return self.replicas.waiter.endAll()
    }

    /// What links still say was said of the old history: their replicas count as gone from now on.
    private mutating func leaveLinks(now: Milliseconds) {
        for link in self.stream.links {
            self.replicas.slots.linkClosed(number: link.number, now: now)
            self.replicas.registry.linkClosed(number: link.number, now: now)
        }
        self.replicas.hasProgressed = true
    }
}
