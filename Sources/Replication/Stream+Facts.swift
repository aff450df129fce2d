// What `INFO`, `ROLE` and the harness are told of a stream.

package import Primitives

/// One link as an operator sees it.
package struct LinkFacts: Sendable {
    package var number: UInt64
    package var id: String
    /// As in Redis: `wait_bgsave`, `send_bulk`, `online`; or `closing`.
    package var state: String
    /// Everything up to here has been given to the transport.
    package var sent: Position
    /// Everything up to here has been applied by the replica; nil when it never said.
    package var acknowledged: Position?
    package var durable: Position?
    /// Whole seconds since the last acknowledgement, as in Redis.
    package var lagSeconds: Int64
    /// Bytes between the link's place and the tip.
    package var behindBytes: Int
    package var region: String?
    package var isBlocked: Bool
}

extension Stream {
    package func facts(now: Milliseconds) -> [LinkFacts] {
        self.links.map { link in
            LinkFacts(
                number: link.number,
                id: link.request.id,
                state: link.state.name,
                sent: self.sentPosition(of: link),
                acknowledged: link.acknowledged,
                durable: link.durable,
                lagSeconds: max(0, (now - link.acknowledgedAt) / 1000),
                behindBytes: link.cursor.map { self.backlog.bytesBehind($0) }
                    ?? self.snapshots.behindBytes(of: link.number),
                region: link.request.region,
                isBlocked: link.isBlocked
            )
        }
    }

    /// Begins to count anew how replicas were served (`CONFIG RESETSTAT`).
    package mutating func resetStatistics() {
        self.resumes = [:]
        self.snapshotCauses = [:]
        self.refusedResumes = 0
    }

    /// Everything up to here has been given to a link's transport.
    package func sentPosition(of link: Link) -> Position {
        switch link.state {
        // What it asked for may be counted in another history.
        case .waiting, .sending: return 0
        case .streaming, .closing, .ended: break
        }
        if link.isCaughtUp(at: self.tip) { return self.tip }
        return link.cursor.map { self.backlog.position(of: $0) } ?? link.position
    }

    /// Memory of the links themselves, without what they share.
    package var linkBytes: Int {
        var bytes = self.links.capacity * MemoryLayout<Link>.stride
        for link in self.links {
            bytes += link.copies?.allocatedBytes ?? 0
            bytes += link.control.capacity + link.request.id.utf8.count
        }
        return bytes
    }

    /// Bytes of chunks alive, held by the backlog or by a link, of private copies, and of snapshots on their way.
    package var bufferBytes: Int {
        let shared = self.backlog.pool.aliveBytes + self.snapshots.heldBytes
        return self.links.reduce(shared) { $0 + ($1.copies?.allocatedBytes ?? 0) }
    }
}

extension Link.State {
    var name: String {
        switch self {
        case .waiting: "wait_bgsave"
        case .sending: "send_bulk"
        case .streaming: "online"
        case .closing, .ended: "closing"
        }
    }
}
