// The thread that accepts connections — replicas' and clients' — and answers replicas' handshakes by itself, from what the
// shards have shown on their boards. A handshake through a SwiftNIO child channel costs seventeen system calls; here it is
// five. Once acknowledged, a replica is handed to its shard, which writes to it directly; this thread keeps watching for
// what it says, for room to write, and for its end.

import Glibc
import Logging
import Primitives
import Replication
import Sockets
import Synchronization

final class LinkPort: Sendable {
    private let listeners: [Listener]
    private let node: Node
    private let isStopping = Atomic<Bool>(false)

    enum Role: Sendable {
        case clients
        case replicas(Shard)
    }

    struct Listener: Sendable {
        let socket: Socket
        let role: Role
        /// All of its peers are on this machine.
        fileprivate let isLocal: Bool

        init(socket: Socket, role: Role) {
            self.socket = socket
            self.role = role
            self.isLocal = socket.localAddress.map { Pacing.isLoopback($0.host) } ?? false
        }
    }

    /// Accepts per turn, so that a storm of connections does not hold up those that are there.
    private static let acceptsPerTurn = 64
    /// How often time-outs are looked at.
    private static let sweepMilliseconds: Int32 = 500

    init(listeners: [Listener], node: Node) throws(SocketError) {
        self.listeners = listeners
        self.node = node
        for (index, listener) in listeners.enumerated() {
            // Accepted sockets inherit all of this, which saves system calls for each.
            listener.socket.setNoDelay()
            // What comes in is answered at once: one packet instead of two.
            listener.socket.delayAcknowledgements()
            if case .replicas = listener.role { listener.socket.setUnsentLimit(bytes: node.options.linkOutputLimit) }
            try node.poller.add(listener.socket, .readable, token: Self.token(ofListener: index))
        }
    }

    /// Listeners take the highest tokens; links are numbered from 1.
    private static func token(ofListener index: Int) -> UInt64 { UInt64.max - 1 - UInt64(index) }

    func stop() {
        self.isStopping.store(true, ordering: .releasing)
        self.node.poller.wakeUp()
    }

    /// The thread's body: returns after `stop`.
    func run() {
        var links = PortLinks(node: self.node)
        var nextClientShard = 0
        var sweptAt = Clocks.monotonicNanoseconds
        while !self.isStopping.load(ordering: .acquiring) {
            self.node.poller.wait(timeoutMilliseconds: links.hasUnread ? 0 : Self.sweepMilliseconds) { event in
                let listener = UInt64.max - 1 - event.token
                if listener < UInt64(self.listeners.count) {
                    self.accept(self.listeners[Int(listener)], &links, &nextClientShard)
                } else {
                    links.ready(event)
                }
            }
            links.readOn()
            links.deliver()
            let now = Clocks.monotonicNanoseconds
            if now - sweptAt > UInt64(Self.sweepMilliseconds) * 1_000_000 {
                sweptAt = now
                links.sweep(now: now)
            }
        }
        for listener in self.listeners { listener.socket.close() }
        links.closeUnfinished()
        links.deliver()
    }

    private func accept(_ listener: Listener, _ links: inout PortLinks, _ nextClientShard: inout Int) {
        for _ in 0..<Self.acceptsPerTurn {
            guard let socket = listener.socket.accept() else {
                if errno == EMFILE || errno == ENFILE {
                    // Out of descriptors: without a pause the waiting connection would keep this thread spinning.
                    self.node.logger.warning("out of file descriptors; raise the limit with ulimit -n")
                    usleep(10_000)
                }
                return
            }
            if !listener.isLocal { Pacing.restoreUnlessLocal(socket) }
            switch listener.role {
            case .replicas(let shard): links.accepted(socket, for: shard)
            case .clients:
                let shards = self.node.shards
                nextClientShard = (nextClientShard + 1) % shards.count
                shards[nextClientShard].adopt(client: socket)
            }
        }
    }
}
