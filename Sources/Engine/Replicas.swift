// What a shard remembers about its replicas between their connections, and who waits for them.

import Primitives
package import Replication

package struct Replicas {
    package var slots: SlotTable
    package var registry: ReplicaRegistry
    package var waiter = CommitWaiter()
    /// Somebody came, left or got further since the waiters were last looked at.
    var hasProgressed = false
    /// How fast the log grows, for the forecast of when a slot is lost.
    var growth = LogGrowth()
    var sweptAt: Milliseconds = 0

    package init(slots: SlotTable) {
        self.slots = slots
        self.registry = ReplicaRegistry(reconnectWindow: slots.limits.reconnectWindow)
    }
}

/// The log's rate of growth, smoothed over some ten seconds.
struct LogGrowth {
    private(set) var bytesPerSecond = 0.0
    private var bytes: UInt64 = 0
    private var at: Milliseconds?

    private static let weight = 0.2

    /// - Parameter bytes: appended since the start.
    mutating func sample(_ bytes: UInt64, now: Milliseconds) {
        if let at = self.at, now > at {
            let rate = Double(bytes - self.bytes) * 1000 / Double(now - at)
            self.bytesPerSecond += Self.weight * (rate - self.bytesPerSecond)
        }
        self.at = now
        self.bytes = bytes
    }
}
