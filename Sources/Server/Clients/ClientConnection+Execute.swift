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
        let table = self.shard.node.table
        guard let index = table.index(of: command[0]) else {
            return self.afterBatch { self.refuse(CommandError.unknown(command), writer) }
        }
        guard table.specs[index].accepts(argumentCount: command.count) else {
            return self.afterBatch { self.refuse(CommandError.wrongArity("\(table.specs[index].name)"), writer) }
        }
        self.session.lastCommand = index
        let id = table.specs[index].id
        switch table.specs[index].scope {
        case .keyspace where self.isAlone, .allShards where self.isAlone:
            self.executeHere(index, command, writer)
        case .keyspace: self.route(index, command, writer)
        case .allShards:
            return self.afterBatch {
                if let refusal = self.shard.refusal(index, command) { return self.refuse(refusal, writer) }
                self.join(id, command, writer)
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
    func executeHere(_ index: Int, _ command: Command, _ writer: Writer) {
        if let refusal = self.shard.refusal(index, command) { return self.refuse(refusal, writer) }
        let before = writer.count
        self.shard.engine.execute(self.shard.node.table.specs[index].id, command, now: self.shard.now, writer)
        if self.shard.noteWrites() {
            self.session.lastWrites.note(self.shard.engine.tip, shard: self.shard.index)
            if self.asksReplicas { self.writeReplies.append(before..<writer.count) }
        }
        if writer.count > before, writer.bytes[before] == UInt8(ascii: "-") { self.shard.statistics.errors += 1 }
    }

    func refuse(_ message: String, _ writer: Writer) {
        self.shard.statistics.errors += 1
        writer.error(message)
    }
}

extension Shard {
    /// Why this command may not write now; nil when it may.
    func refusal(_ index: Int, _ command: Command) -> String? {
        guard self.writeRefusal != nil || command.length > Self.longestLoggedCommand,
            self.node.table.specs[index].flags.contains(.write)
        else { return nil }
        if let refusal = self.writeRefusal { return refusal }
        guard self.log != nil else { return nil }
        return "ERR the command is longer than \(Self.longestLoggedCommand) bytes, the most that the log takes"
    }

    /// What a command turns into may be a little longer than itself.
    private static let longestLoggedCommand = LogRecord.longestPayload - 1024
}
