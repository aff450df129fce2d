// Commands of the connection and of the node as a whole; the keyspace's are in the `Keyspace` module.

import Keyspace
import Primitives
import RESP

extension ClientConnection {
    func serve(_ id: CommandID, _ command: Command, _ writer: Writer) {
        switch id {
        case .ping: self.ping(command, writer)
        case .echo: writer.bulk(command[1])
        case .quit:
            writer.ok()
            self.end()
        case .hello: self.hello(command, writer)
        case .reset:
            self.dropTransaction()
            self.session.version = .resp2
            self.session.name = ""
            self.session.isReadOnly = false
            self.session.readsConsistently = false
            writer.version = .resp2
            writer.simple("RESET")
        case .select: self.select(command, writer)
        case .client: self.client(command, writer)
        case .command: self.shard.node.table.describe(command, writer)
        case .config: self.config(command, writer)
        case .info: self.info(command)
        case .role:
            let node = self.shard.node
            self.askAllShards {
                $0.facts
            } answer: {
                RoleReport.write($0, primary: node.primary, $1)
            }
        case .time:
            let now = WallClock.microseconds
            writer.array(2)
            writer.bulk(decimal: now / 1_000_000)
            writer.bulk(decimal: now % 1_000_000)
        case .memory: self.memory(command, writer)
        case .object: self.object(command, writer)
        case .save: self.save(command, writer)
        case .bgsave: self.backgroundSave(command, writer)
        case .lastsave: self.lastSave(writer)
        case .shutdown: self.shutdown(command, writer)
        case .wait: self.waitForReplicas(command, writer)
        case .waitaof: self.waitForDisks(command, writer)
        case .slots: self.slots(command, writer)
        case .token: self.token()
        case .waitForPlaces: self.waitForPlaces(command, writer)
        case .digest: self.digest()
        case .debug: self.debug(command, writer)
        case .slowlog: self.slowlog(command, writer)
        case .multi: self.multi(writer)
        case .exec: self.refuse("ERR EXEC without MULTI", writer)
        case .discard: self.discard(writer)
        case .watch: self.watch(command, writer)
        case .unwatch:
            self.unwatch()
            writer.ok()
        case .topology: self.topology()
        case .replicaof, .slaveof: self.replicaOf(command, writer)
        case .failover: self.failover(command, writer)
        case .takeover: self.takeover(command, writer)
        case .cluster: self.cluster(command, writer)
        case .readonly: self.readOnly(true, writer)
        case .readwrite: self.readOnly(false, writer)
        case .read: self.read(command, writer)
        default: self.refuse(CommandError.unknown(command), writer)
        }
    }

    private func ping(_ command: Command, _ writer: Writer) {
        switch command.count {
        case 1: writer.simple("PONG")
        case 2: writer.bulk(command[1])
        default: self.refuse(CommandError.wrongArity("ping"), writer)
        }
    }

    private func select(_ command: Command, _ writer: Writer) {
        switch Decimal.read(command[1]) {
        case nil: self.refuse("ERR invalid DB index", writer)
        case 0: writer.ok()
        default: self.refuse("ERR DB index is out of range", writer)
        }
    }

    /// HELLO [version [AUTH user password] [SETNAME name]]. Source: https://redis.io/docs/latest/commands/hello/
    private func hello(_ command: Command, _ writer: Writer) {
        var version = self.session.version
        var name: String?
        if command.count > 1 {
            guard let number = Decimal.read(command[1]) else {
                return self.refuse("ERR Protocol version is not an integer or out of range", writer)
            }
            guard let known = ProtocolVersion(rawValue: number) else {
                return self.refuse("NOPROTO unsupported protocol version", writer)
            }
            version = known
        }
        var index = 2
        while index < command.count {
            let left = command.count - index - 1
            if command[index].equalsIgnoringCase("AUTH"), left >= 2 {
                return self.refuse("ERR this server has no passwords: send HELLO without AUTH", writer)
            } else if command[index].equalsIgnoringCase("SETNAME"), left >= 1 {
                guard let valid = self.validName(command[index + 1], writer) else { return }
                name = valid
                index += 2
            } else {
                return self.refuse("ERR Syntax error in HELLO option '\(command[index].text)'", writer)
            }
        }
        self.session.version = version
        writer.version = version
        if let name { self.session.name = name }
        writer.map(7)
        writer.bulk("server")
        writer.bulk("redis")
        writer.bulk("version")
        writer.bulk(Product.redisVersion)
        writer.bulk("proto")
        writer.integer(version.rawValue)
        writer.bulk("id")
        writer.integer(self.number)
        writer.bulk("mode")
        writer.bulk(self.isInGroup ? "cluster" : "standalone")
        writer.bulk("role")
        writer.bulk(self.shard.node.isReplica ? "replica" : "master")
        writer.bulk("modules")
        writer.array(0)
    }

    private func info(_ command: Command) {
        let sections = (1..<max(1, command.count)).map { command[$0].text.lowercased() }
        let node = self.shard.node
        self.askAllShards {
            $0.facts
        } answer: { facts, writer in
            writer.verbatim(InfoReport(node: node, shards: facts).text(sections: sections))
        }
    }

    private func memory(_ command: Command, _ writer: Writer) {
        if command[1].equalsIgnoringCase("STATS"), command.count == 2 {
            let node = self.shard.node
            self.askAllShards {
                $0.facts
            } answer: {
                MemoryReport(node: node, shards: $0).write($1)
            }
        } else if command[1].equalsIgnoringCase("USAGE"), command.count >= 3 {
            self.executeOnKeys(self.session.lastCommand ?? 0, command, firstKey: 2, writer)
        } else if command[1].equalsIgnoringCase("HELP"), command.count == 2 {
            writer.array(3)
            writer.simple("MEMORY <subcommand> [<arg> ...]. Subcommands are:")
            writer.simple("STATS -- Memory of the allocator and of replication.")
            writer.simple("USAGE <key> [SAMPLES <count>] -- Bytes that a key and its value take.")
        } else {
            self.refuse(
                "ERR unknown subcommand or wrong number of arguments for '\(command[1].text)'. Try MEMORY HELP.",
                writer
            )
        }
    }
}
