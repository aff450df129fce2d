// REPLICAOF, and SLAVEOF as it was called before. Source: https://redis.io/docs/latest/commands/replicaof/

import Keyspace
import Logging
import NIOCore
import Primitives
import RESP
import Synchronization

extension ClientConnection {
    /// Who leads is the group's to decide.
    static let memberRefusal = "ERR This node is a member of a group, which decides itself who leads"

    func replicaOf(_ command: Command, _ writer: Writer) {
        guard !self.isInGroup else { return self.refuse(Self.memberRefusal, writer) }
        if command[1].equalsIgnoringCase("NO"), command[2].equalsIgnoringCase("ONE") { return self.promote(writer) }
        guard let number = Decimal.read(command[2]), let port = UInt16(exactly: number), port > 0 else {
            return self.refuse("ERR Invalid master port", writer)
        }
        guard !command[1].isEmpty, command[1].count <= PrimaryAddress.longestHost else {
            return self.refuse("ERR Invalid master host", writer)
        }
        guard self.shard.node.failover.withLock({ $0.stage == .none }) else {
            return self.refuse("ERR REPLICAOF not allowed while failing over.", writer)
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
        guard let promotion = self.shard.node.promote(on: self.shard.loop) else { return writer.ok() }
        self.wait(for: promotion) { failure, writer in
            if let failure { writer.error("ERR cannot become a primary: \(failure)") } else { writer.ok() }
        }
    }
}
