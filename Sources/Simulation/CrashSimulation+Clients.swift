// Clients that write, and the replies that they get.

internal import Engine
internal import Keyspace
internal import Primitives
internal import RESP
internal import ReplicationLog

extension CrashSimulation {
    static let keys = (0..<6).map { "key:\($0)" }

    /// A client's command: refused while the log fails, else carried out. Its reply leaves, or waits.
    func command() throws {
        self.report.commands += 1
        guard self.engine.log?.failure == nil else {
            self.report.refused += 1
            return
        }
        let bytes = self.randomCommand()
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

    private func randomCommand() -> [UInt8] {
        let writer = Writer()
        func put(_ words: String...) {
            writer.array(words.count)
            for word in words { writer.bulk(word) }
        }
        let key = Self.keys.randomElement(using: &self.generator) ?? ""
        // Now and then a value that goes over the sectors of a disk, and over a segment.
        let isLarge = Int.random(in: 0..<20, using: &self.generator) == 0
        let length = Int.random(in: 0...(isLarge ? 1_500 : 20), using: &self.generator)
        switch Int.random(in: 0..<12, using: &self.generator) {
        case 0...2: put("SET", key, String(repeating: "v", count: length))
        case 3...5: put("INCR", key)
        case 6...7: put("APPEND", key, String(repeating: "a", count: length))
        case 8: put("SET", key, "1", "PX", String(Int.random(in: 1...900, using: &self.generator)))
        case 9: put("DEL", key)
        case 10: put("PEXPIRE", key, String(Int.random(in: 1...900, using: &self.generator)))
        default: put("EXPIRE", key, "1")
        }
        return Array(writer.bytes)
    }
}

extension Engine {
    /// Carries out a command that a client sent.
    mutating func carryOut(_ bytes: Bytes, now: Milliseconds, _ reply: Writer) {
        var parser = CommandParser()
        guard case .command(bytes.count) = parser.next(in: bytes),
            let index = CrashSimulation.table.index(of: parser.current[0])
        else { preconditionFailure("the simulation's own commands are known") }
        self.execute(CrashSimulation.table.specs[index].id, parser.current, now: now, reply)
    }

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
