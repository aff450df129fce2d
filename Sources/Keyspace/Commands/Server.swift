// Commands on a shard as a whole, as parts that a server of several shards joins, and as replies where one shard is enough.

import Primitives
package import RESP

extension Keyspace {
    /// Whether a FLUSHALL or FLUSHDB is well-formed; answers with an error when it is not.
    package static func acceptsFlush(_ command: Command, _ reply: Writer) -> Bool {
        if command.count == 1 { return true }
        if command.count == 2, command[1].equalsIgnoringCase("SYNC") || command[1].equalsIgnoringCase("ASYNC") {
            return true
        }
        reply.error(CommandError.syntax)
        return false
    }

    /// Removes every key. The memory goes back in slices, whether SYNC was asked for or not.
    package mutating func flush() {
        guard self.count > 0 else { return }
        self.removeAll()
        self.mutations.append(arguments: 1) { $0.bulk("FLUSHALL") }
    }

    mutating func flush(_ command: Command, _ reply: Writer) {
        guard Self.acceptsFlush(command, reply) else { return }
        self.flush()
        reply.ok()
    }

    mutating func keys(_ command: Command, _ reply: Writer) {
        self.scratch.removeAll()
        reply.array(self.keys(matching: command[1], into: self.scratch))
        reply.raw(self.scratch.bytes)
    }

    mutating func scan(_ command: Command, _ reply: Writer) {
        guard let request = ScanRequest(command, reply) else { return }
        self.scratch.removeAll()
        var next: UInt64 = 0
        var count = 0
        if let cursor = ScanCursor(number: request.number), ScanCursor.shard(ofNumber: request.number) == 0 {
            let part = self.scan(from: cursor, request, into: self.scratch)
            next = part.next?.number(shard: 0) ?? 0
            count = part.count
        }
        reply.array(2)
        reply.bulk(String(next))
        reply.array(count)
        reply.raw(self.scratch.bytes)
    }

    mutating func randomkey(_ reply: Writer) {
        if !self.randomKey(into: reply) { reply.null() }
    }

    /// MEMORY USAGE: the allocator's bytes of the key's block and of a collection's nodes, and the key's slot in the table.
    mutating func memory(_ command: Command, _ reply: Writer) {
        guard command[1].equalsIgnoringCase("USAGE") else {
            return reply.error(CommandError.unknownSubcommand(command))
        }
        guard command.count > 2 else { return reply.error(CommandError.wrongArity("memory|usage")) }
        for index in stride(from: 3, to: command.count, by: 2) {
            guard command[index].equalsIgnoringCase("SAMPLES"), index + 1 < command.count else {
                return reply.error(CommandError.syntax)
            }
            // A string is one piece, and a tree is measured well enough: how many samples were asked for makes no difference.
            guard let samples = Decimal.read(command[index + 1]) else { return reply.error(CommandError.notAnInteger) }
            guard samples >= 0 else { return reply.error(CommandError.syntax) }
        }
        guard let entry = self.read(command[2]) else { return reply.null() }
        reply.integer(entry.allocatedBytes + (entry.box?.allocatedBytes ?? 0) + MemoryLayout<UInt64>.size)
    }
}
