// What `INFO`, `ROLE` and the harness are told of a stream.

package import Primitives

/// One link as an operator sees it.
package struct LinkFacts: Sendable {
    package var number: UInt64
    package var id: String
    /// `online`, or `closing`.
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
                state: link.state == .streaming ? "online" : "closing",
                sent: self.sentPosition(of: link),
                acknowledged: link.acknowledged,
                durable: link.durable,
                lagSeconds: max(0, (now - link.acknowledgedAt) / 1000),
                behindBytes: link.cursor.map { self.backlog.bytesBehind($0) } ?? 0,
                region: link.request.region,
                isBlocked: link.isBlocked
            )
        }
    }

    /// Everything up to here has been given to a link's transport.
    package func sentPosition(of link: Link) -> Position {
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

    /// Bytes of chunks alive, held by the backlog or by a link, and of private copies.
    package var bufferBytes: Int {
        self.links.reduce(self.backlog.pool.aliveBytes) { $0 + ($1.copies?.allocatedBytes ?? 0) }
    }
}
