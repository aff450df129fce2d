// Commands on one set. Source: https://redis.io/docs/latest/commands/?group=set

import Primitives
import RESP

extension Keyspace {
    mutating func sadd(_ command: Command, _ reply: Writer) {
        let place = self.place(of: command[1])
        guard let box = self.changeOrMake(command[1], .set, at: place, reply) else { return }
        var added = 0
        for index in 2..<command.count where box.add(command[index]) { added += 1 }
        if added > 0 { self.mutations.verbatim() }
        reply.integer(added)
    }

    mutating func smembers(_ command: Command, _ reply: Writer) {
        let found = self.read(command[1], .set, reply)
        guard !found.isWrong else { return }
        reply.set(found.box?.count ?? 0)
        found.box?.main.visit(from: 0) {
            reply.bulk($0.member)
            return true
        }
    }

    mutating func smismember(_ command: Command, _ reply: Writer) {
        let found = self.read(command[1], .set, reply)
        guard !found.isWrong else { return }
        reply.array(command.count - 2)
        for index in 2..<command.count { reply.integer(found.box?.contains(command[index]) ?? false ? 1 : 0) }
    }

    /// Travels as the removal of what was chosen.
    mutating func spop(_ command: Command, _ reply: Writer) {
        guard let pop = PopCount(command, orElse: CommandError.syntax, reply) else { return }
        let wanted = pop.wanted
        let place = self.place(of: command[1])
        guard let entry = place.entry else {
            if wanted == nil { reply.null() } else { reply.set(0) }
            return
        }
        guard entry.kind == .set else { return reply.error(CommandError.wrongType) }
        if wanted == 0 { return reply.set(0) }
        let count = entry.collection?.count ?? 0
        let indices = self.randomIndices(wanted ?? 1, of: count)
        if wanted != nil { reply.set(indices.count) }
        let box = self.change(at: place)
        for index in indices { reply.bulk(box.main.element(index).member) }
        guard indices.count < count else { return self.end(command[1], at: place) }
        self.mutations.append(arguments: 2 + indices.count) { writer in
            writer.bulk("SREM")
            writer.bulk(command[1])
            for index in indices { writer.bulk(box.main.element(index).member) }
        }
        for index in indices.reversed() { box.main.remove(index, box.context) }
    }

    mutating func srandmember(_ command: Command, _ reply: Writer) {
        self.randomMembers(command, .set, pairsOption: nil, reply) { _, _ in }
    }

    mutating func smove(_ command: Command, _ reply: Writer) {
        // If the target has expired it goes now; later that might move the source's slot.
        _ = self.place(of: command[2])
        let place = self.place(of: command[1])
        guard let entry = place.entry else { return reply.integer(0) }
        let target = self.place(of: command[2])
        guard entry.kind == .set, target.entry.map({ $0.kind == .set }) ?? true else {
            return reply.error(CommandError.wrongType)
        }
        let hasMember = entry.box?.contains(command[3]) ?? false
        guard hasMember, place.slot != target.slot else { return reply.integer(hasMember ? 1 : 0) }
        let source = self.change(at: place)
        _ = source.remove(command[3])
        // Before the source may go away: its removal would move other keys' slots.
        _ = self.changeOrMake(command[2], .set, at: target, reply)?.add(command[3])
        if source.count == 0 { self.remove(at: self.place(of: command[1])) }
        self.mutations.verbatim()
        reply.integer(1)
    }
}
