// A node becomes a member of its group.

import Channels
import NIOCore
import Primitives

extension Server {
    /// Makes every shard a member, and begins to look for the others.
    /// - Returns: nil for a node that is in no group.
    static func joinGroup(_ node: Node) throws(ServerError) -> GroupTransport? {
        let options = node.options.group
        guard options.isEnabled, let own = options.node else { return nil }
        let shards = node.shards
        let mailboxes = shards.map { GroupMailbox(loop: $0.loop) }
        let transport = GroupTransport(
            options,
            node: own,
            secret: try Self.readSecret(options),
            facts: GroupHello.Facts(
                shards: UInt16(shards.count),
                clientPort: node.options.port,
                replicationPort: node.replicationPorts.first ?? 0,
                heartbeat: UInt32(clamping: options.heartbeat),
                election: options.election
            ),
            replicationHost: Self.reachable(node.options.bind),
            tls: try GroupTLS(options),
            mailboxes: mailboxes,
            logger: node.logger
        )
        do throws(ServerError) {
            try transport.start()
        } catch {
            transport.stop()
            throw error
        }
        for (shard, mailbox) in zip(shards, mailboxes) {
            shard.loop.execute {
                guard let start = shard.groupStart.take() else { return }
                shard.group = ShardGroup(shard, start, transport, mailbox)
                shard.refreshGuard()
            }
        }
        node.join(transport)
        return transport
    }

    /// Where this process reaches what it listens on.
    private static func reachable(_ bind: String) -> String {
        switch bind {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: bind
        }
    }

    private static func readSecret(_ options: GroupOptions) throws(ServerError) -> MemberSecret {
        guard let path = options.secretFile else { preconditionFailure("a member has a secret: that was checked") }
        guard let secret = SecretFile.read(path, limit: GroupOptions.longestSecret) else {
            throw ServerError(.invalidOption, "cannot read --group-secret-file \(path)")
        }
        guard secret.count >= GroupOptions.shortestSecret else {
            throw ServerError(
                .invalidOption,
                "--group-secret-file \(path) must hold \(GroupOptions.shortestSecret) bytes or more, not \(secret.count)"
            )
        }
        return MemberSecret(secret)
    }
}
