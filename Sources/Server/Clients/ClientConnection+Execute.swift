// From a parsed command to whoever carries it out.

import Engine
import Keyspace
import Primitives
import RESP
import Replication

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
            self.executeHere(id, command, writer)
        case .keyspace: self.route(table.specs[index], command, writer)
        case .allShards: return self.afterBatch { self.join(id, command, writer) }
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
    func executeHere(_ id: CommandID, _ command: Command, _ writer: Writer) {
        let before = writer.count
        self.shard.engine.execute(id, command, now: self.shard.now, writer)
        self.shard.noteWrites()
        if writer.count > before, writer.bytes[before] == UInt8(ascii: "-") { self.shard.statistics.errors += 1 }
    }

    func refuse(_ message: String, _ writer: Writer) {
        self.shard.statistics.errors += 1
        writer.error(message)
    }
}
