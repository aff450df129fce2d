// Whether a node is a primary or a replica, and of whom. Every shard carries a change out on its own loop; what is written
// here is what the node is asked to be, by whoever asked last.

import NIOCore
import Primitives
import Synchronization

struct NodeRole: Sendable {
    /// Whom the node follows; nil for a primary.
    var primary: PrimaryAddress?
    /// Rises with every change, so that two that overlap end alike on every shard.
    var generation: UInt64 = 0
}

extension Node {
    /// Whom the node follows; nil for a primary.
    var primary: PrimaryAddress? { self.role.withLock { $0.primary } }

    var isReplica: Bool { self.primary != nil }

    /// Writes a new role down.
    /// - Returns: its generation; nil when it is the present one.
    func changeRole(to primary: PrimaryAddress?) -> UInt64? {
        self.role.withLock { role in
            guard role.primary != primary else { return nil }
            role.primary = primary
            role.generation += 1
            return role.generation
        }
    }
}

extension Node {
    /// Begins what the node is to be from its start.
    func follow(_ primary: PrimaryAddress?) {
        guard let primary, let generation = self.changeRole(to: primary) else { return }
        for shard in self.shards { shard.loop.execute { shard.follow(primary, generation: generation) } }
    }
}
