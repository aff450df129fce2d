// Clients that write, and the replies that they get.

internal import Engine
internal import Keyspace
internal import Primitives
internal import RESP
internal import ReplicationLog

extension CrashSimulation {
    static let clientCommands = ClientCommands(keyCount: 6)

    /// A client's command: refused while the log fails, else carried out. Its reply leaves, or waits.
    func command() throws {
        self.report.commands += 1
        guard self.engine.log?.failure == nil else {
            self.report.refused += 1
            return
        }
        let bytes = Self.clientCommands.next(using: &self.generator)
        bytes.withUnsafeBytes { self.engine.carryOut($0, now: self.now, Writer()) }
        let tip = self.engine.tip
        self.events.append(Event(act: .command(bytes), time: self.now, tip: tip))
        self.waiting.append(Reply(position: tip, madeAt: self.now))
        if self.scenario.repliesAtOnce { return try self.replyLeaves() }
        if !self.engine.mayReply(to: tip, now: self.now) { self.report.held += 1 }
    }

    /// Lets go of the replies that may leave now, in order.
    func release() throws {
        while let first = self.waiting.first, self.engine.mayReply(to: first.position, now: self.now) {
            try self.replyLeaves()
        }
    }

    private func replyLeaves() throws {
        var reply = self.waiting.removeFirst()
        reply.leftAt = self.now
        self.left.append(reply)
        self.report.acknowledged += 1
        guard self.scenario.sync != .no, reply.position <= self.suspect, let log = self.engine.log else { return }
        guard log.durable >= reply.position else {
            throw Violation(reason: "a reply to \(reply.position) follows a failed sync, and \(log.durable) is durable")
        }
    }
}

extension Engine {
    /// Every key with its value and its expiry, as the commands tell them at time 0, when nothing has expired.
    mutating func contents(of keys: [String]) -> [[UInt8]] {
        var contents: [[UInt8]] = []
        let (writer, reply) = (Writer(), Writer())
        for key in keys {
            for name in ["GET", "PEXPIRETIME"] {
                writer.removeAll()
                writer.array(2)
                writer.bulk(name)
                writer.bulk(key)
                reply.removeAll()
                self.carryOut(writer.bytes, now: 0, reply)
                contents.append(Array(reply.bytes))
            }
        }
        return contents
    }
}
