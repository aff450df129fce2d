// COMMAND and its subcommands, answered from the table. Source: https://redis.io/docs/latest/commands/command/
//
// Deviation: tips, key specifications, arguments and subcommands are given as empty lists; a client finds keys by the first
// key, the last key and the step.

import Primitives
package import RESP

extension CommandTable {
    /// Answers a COMMAND of any form.
    package func describe(_ command: Command, _ reply: Writer) {
        guard command.count > 1 else { return self.information(self.specs.indices, reply) }
        let word = command[1]
        if word.equalsIgnoringCase("COUNT") {
            guard command.count == 2 else { return reply.error(CommandError.wrongArity("command|count")) }
            reply.integer(self.specs.count)
        } else if word.equalsIgnoringCase("INFO") {
            guard command.count > 2 else { return self.information(self.specs.indices, reply) }
            reply.array(command.count - 2)
            for index in 2..<command.count {
                if let found = self.index(of: command[index]) {
                    Self.information(self.specs[found], reply)
                } else {
                    reply.null()
                }
            }
        } else if word.equalsIgnoringCase("DOCS") {
            self.documentation(command, reply)
        } else if word.equalsIgnoringCase("LIST") {
            self.list(command, reply)
        } else if word.equalsIgnoringCase("GETKEYS") {
            self.keys(command, reply)
        } else if word.equalsIgnoringCase("HELP") {
            guard command.count == 2 else { return reply.error(CommandError.wrongArity("command|help")) }
            Self.help(reply)
        } else {
            reply.error(CommandError.unknownSubcommand(command))
        }
    }

    private func information(_ indices: Range<Int>, _ reply: Writer) {
        reply.array(indices.count)
        for index in indices { Self.information(self.specs[index], reply) }
    }

    private static func information(_ spec: CommandSpec, _ reply: Writer) {
        reply.array(10)
        reply.bulk(spec.name)
        reply.integer(spec.arity)
        let flags = CommandSpec.Flags.named.filter { spec.flags.contains($0.flag) }
        reply.set(flags.count)
        for flag in flags { reply.simple(flag.name) }
        reply.integer(spec.keys.first)
        reply.integer(spec.keys.last)
        reply.integer(spec.keys.step)
        let categories = CommandSpec.Categories.named.filter { spec.categories.contains($0.category) }
        reply.set(categories.count)
        for category in categories { reply.simple("@\(category.name)") }
        for _ in 0..<3 { reply.set(0) }
    }

    private func documentation(_ command: Command, _ reply: Writer) {
        let chosen =
            command.count == 2
            ? Array(self.specs.indices) : (2..<command.count).compactMap { self.index(of: command[$0]) }
        reply.map(chosen.count)
        for index in chosen {
            let spec = self.specs[index]
            reply.bulk(spec.name)
            reply.map(3)
            reply.bulk("summary")
            reply.bulk(spec.summary)
            reply.bulk("since")
            reply.bulk(spec.since)
            reply.bulk("group")
            reply.bulk(spec.group)
        }
    }

    private func list(_ command: Command, _ reply: Writer) {
        // Redis gives the whole list as a set and a part of it as an array.
        guard command.count > 2 else {
            reply.set(self.specs.count)
            for spec in self.specs { reply.bulk(spec.name) }
            return
        }
        var chosen = self.specs
        if command.count == 5, command[2].equalsIgnoringCase("FILTERBY") {
            let value = command[4]
            if command[3].equalsIgnoringCase("PATTERN") {
                chosen.removeAll { !Glob(value).matches(Bytes($0.name)) }
            } else if command[3].equalsIgnoringCase("ACLCAT") {
                let category = CommandSpec.Categories.named.first { value.equalsIgnoringCase($0.name) }?.category
                chosen.removeAll { spec in category.map { !spec.categories.contains($0) } ?? true }
            } else if command[3].equalsIgnoringCase("MODULE") {
                // There are no modules.
                chosen.removeAll()
            } else {
                return reply.error(CommandError.syntax)
            }
        } else {
            return reply.error(CommandError.syntax)
        }
        reply.array(chosen.count)
        for spec in chosen { reply.bulk(spec.name) }
    }

    private func keys(_ command: Command, _ reply: Writer) {
        guard command.count > 3 else { return reply.error(CommandError.wrongArity("command|getkeys")) }
        guard let found = self.index(of: command[2]) else { return reply.error("ERR Invalid command specified") }
        let spec = self.specs[found]
        let isMovable = spec.flags.contains(.movableKeys)
        guard spec.keys.first > 0 || isMovable else { return reply.error("ERR The command has no key arguments") }
        guard spec.accepts(argumentCount: command.count - 2) else {
            return reply.error("ERR Invalid number of arguments specified for command")
        }
        let argumentCount = command.count - 2
        let indices =
            isMovable
            ? CommandSpec.countedKeys(command[3], argumentCount: argumentCount)
            : spec.keyIndices(argumentCount: argumentCount)
        guard !isMovable || indices.contains(2) else {
            return reply.error("ERR Invalid arguments specified for command")
        }
        reply.array(indices.reduce(0) { count, _ in count + 1 })
        for index in indices { reply.bulk(command[index + 2]) }
    }

    private static func help(_ reply: Writer) {
        let lines: [StaticString] = [
            "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
            "(no subcommand)",
            "    Describes all commands.",
            "COUNT",
            "    Counts the commands.",
            "LIST [FILTERBY MODULE|ACLCAT|PATTERN <value>]",
            "    Names the commands, or some of them.",
            "INFO [<command-name> ...]",
            "    Describes commands; all of them without a name.",
            "DOCS [<command-name> ...]",
            "    Explains commands; all of them without a name.",
            "GETKEYS <full-command>",
            "    Returns the keys of a whole command.",
            "HELP",
            "    Prints this help.",
        ]
        reply.array(lines.count)
        for line in lines { reply.simple(line) }
    }
}

extension CommandSpec.Flags {
    fileprivate static let named: [(flag: Self, name: StaticString)] = [
        (.write, "write"), (.readonly, "readonly"), (.denyOOM, "denyoom"), (.admin, "admin"), (.noScript, "noscript"),
        (.loading, "loading"), (.stale, "stale"), (.fast, "fast"), (.noAuth, "no_auth"), (.allowBusy, "allow_busy"),
        (.skipSlowlog, "skip_slowlog"), (.movableKeys, "movablekeys"), (.noAsyncLoading, "no_async_loading"),
        (.noMulti, "no_multi"),
    ]
}

extension CommandSpec.Categories {
    fileprivate static let named: [(category: Self, name: StaticString)] = [
        (.keyspace, "keyspace"), (.read, "read"), (.write, "write"), (.set, "set"), (.sortedSet, "sortedset"),
        (.list, "list"), (.hash, "hash"), (.string, "string"), (.admin, "admin"),
        (.fast, "fast"), (.slow, "slow"), (.dangerous, "dangerous"), (.connection, "connection"),
        (.transaction, "transaction"),
    ]
}
