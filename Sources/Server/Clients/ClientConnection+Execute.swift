// From a parsed command to whoever carries it out.

import Engine
import Keyspace
import Primitives
import RESP
import Replication
import ReplicationLog

extension ClientConnection {
    /// Carries out one command; its reply is appended to the writer, or comes later (`isAwaiting`).
    /// - Returns: false when the command must wait until the batch before it is back.
    func execute(_ command: Command, _ writer: Writer) -> Bool {
        if self.isQueueing { return self.queue(command, writer) }
        let table = self.shard.node.table
        guard let index = table.index(of: command[0]) else {
            return self.afterBatch { self.refuse(CommandError.unknown(command), writer) }
        }
        guard table.specs[index].accepts(argumentCount: command.count) else {
            return self.afterBatch { self.refuseArity(of: table.specs[index], writer) }
        }
        self.session.lastCommand = index
        if self.shard.timing.isTimed(table.specs[index].timing) { return self.executeTimed(index, command, writer) }
        return self.carryOut(index, command, writer)
    }

    /// - Parameter index: of the command in the table.
    @inline(__always)
    func carryOut(_ index: Int, _ command: Command, _ writer: Writer) -> Bool {
        let table = self.shard.node.table
        let id = table.specs[index].id
        switch table.specs[index].scope {
        case .keyspace where self.isAlone, .allShards where self.isAlone:
            guard self.executeHere(index, command, writer) else { return false }
        case .keyspace:
            guard self.route(index, command, writer) else { return false }
        case .allShards:
            guard self.batch.isEmpty else { return false }
            if self.mayRun(index, command, writer) {
                self.join(id, command, writer)
            } else if self.isAwaiting {
                return false
            }
        case .connection: return self.afterBatch { self.serve(id, command, writer) }
        }
        self.shard.statistics.commands += 1
        return true
    }

    /// Runs what cannot travel in a batch: only with no batch open.
    private func afterBatch(_ body: () -> Void) -> Bool {
        guard self.batch.isEmpty else { return false }
        self.shard.statistics.commands += 1
        body()
        return true
    }

    /// On this connection's own shard.
    /// - Parameter index: of the command in the table.
    /// - Returns: false when the command must wait (`isAwaiting`).
    func executeHere(_ index: Int, _ command: Command, _ writer: Writer) -> Bool {
        if self.shard.isGuarded || command.length > Shard.longestLoggedCommand,
            !self.mayRun(index, command, writer)
        {
            return !self.isAwaiting
        }
        let before = writer.count
        self.shard.engine.execute(self.shard.node.table.specs[index].id, command, now: self.shard.now, writer)
        if self.shard.noteWrites() {
            self.session.lastWrites.note(self.shard.engine.tip, shard: self.shard.index)
            if self.asksReplicas { self.writeReplies.append(before..<writer.count) }
        } else if self.isInGroup {
            // A read may have seen what is never decided.
            self.writeReplies.append(before..<writer.count)
        }
        if writer.count > before, writer.bytes[before] == UInt8(ascii: "-") { self.shard.statistics.errors += 1 }
        return true
    }

    /// Whether a command may run on this shard now. One that may not is answered, or waits for the end of a pause.
    private func mayRun(_ index: Int, _ command: Command, _ writer: Writer) -> Bool {
        switch self.shard.verdict(index, command, isReadOnly: self.session.isReadOnly) {
        case .runs: return true
        case .refused(let message): self.refuse(message, writer)
        case .waits: self.waitForPauseEnd()
        }
        return false
    }

    func refuse(_ message: String, _ writer: Writer) {
        self.shard.statistics.errors += 1
        writer.error(message)
    }
}

extension Shard {
    /// Why this command may not write now; nil when it may.
    func refusal(_ index: Int, _ command: Command, isReadOnly: Bool) -> String? {
        if let group = self.group,
            let refusal = group.refusal(self.node.table.specs[index], command, isReadOnly: isReadOnly)
        {
            return refusal
        }
        guard self.writeRefusal != nil || command.length > Self.longestLoggedCommand,
            self.node.table.specs[index].flags.contains(.write)
        else { return nil }
        if let refusal = self.writeRefusal { return refusal }
        guard self.log != nil else { return nil }
        return "ERR the command is longer than \(Self.longestLoggedCommand) bytes, the most that the log takes"
    }

    /// What a command turns into may be a little longer than itself.
    static let longestLoggedCommand = LogRecord.longestPayload - 1024
}
