// From a parsed command to whoever carries it out.

import Engine
import Keyspace
import Primitives
import RESP
import Replication

extension ClientConnection {
    /// Carries out one command; its reply is appended to the writer, or comes later (`isAwaiting`).
    func execute(_ command: Command, _ writer: Writer) {
        let table = self.shard.node.table
        self.shard.statistics.commands += 1
        guard let index = table.index(of: command[0]) else {
            return self.refuse(CommandError.unknown(command), writer)
        }
        self.session.lastCommand = index
        guard table.specs[index].accepts(argumentCount: command.count) else {
            return self.refuse(CommandError.wrongArity("\(table.specs[index].name)"), writer)
        }
        switch table.specs[index].scope {
        case .keyspace, .allShards:
            self.shard.engine.execute(table.specs[index].id, command, now: self.shard.now, writer)
            self.shard.noteWrites()
        case .connection:
            self.serve(table.specs[index].id, command, writer)
        }
    }

    func refuse(_ message: String, _ writer: Writer) {
        self.shard.statistics.errors += 1
        writer.error(message)
    }
}
