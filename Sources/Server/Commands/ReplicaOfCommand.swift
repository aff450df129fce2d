// REPLICAOF, and SLAVEOF as it was called before. Source: https://redis.io/docs/latest/commands/replicaof/

import Keyspace
import Logging
import NIOCore
import Primitives
import RESP
import Synchronization

extension ClientConnection {
    func replicaOf(_ command: Command, _ writer: Writer) {
        if command[1].equalsIgnoringCase("NO"), command[2].equalsIgnoringCase("ONE") { return self.promote(writer) }
        guard let number = Decimal.read(command[2]), let port = UInt16(exactly: number), port > 0 else {
            return self.refuse("ERR Invalid master port", writer)
        }
        guard !command[1].isEmpty, command[1].count <= PrimaryAddress.longestHost else {
            return self.refuse("ERR Invalid master host", writer)
        }
        let primary = PrimaryAddress(host: command[1].text, port: port)
        guard let generation = self.shard.node.changeRole(to: primary) else {
            return writer.simple("OK Already connected to specified master")
        }
        self.shard.node.logger.notice("becoming a replica", metadata: ["primary": "\(primary)"])
        self.askAllShards {
            $0.follow(primary, generation: generation)
        } answer: { _, writer in
            writer.ok()
        }
    }

    /// The answer comes once every shard may take writes.
    private func promote(_ writer: Writer) {
        let node = self.shard.node
        guard let primary = node.primary, let generation = node.changeRole(to: nil) else { return writer.ok() }
        node.logger.notice("becoming a primary")
        self.wait(for: node.lead(generation: generation, on: self.shard.loop)) { failure, writer in
            guard let failure else { return writer.ok() }
            node.logger.error("cannot become a primary", metadata: ["reason": "\(failure)"])
            if node.role.withLock({ $0.generation == generation }) { node.follow(primary) }
            writer.error("ERR cannot become a primary: \(failure)")
        }
    }
}
