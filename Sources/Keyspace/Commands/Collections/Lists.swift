// Commands on the ends of lists. Source: https://redis.io/docs/latest/commands/?group=list

import Primitives
import RESP

/// An end of a list.
enum ListEnd {
    case left
    case right

    init?(_ word: Bytes) {
        if word.equalsIgnoringCase("LEFT") {
            self = .left
        } else if word.equalsIgnoringCase("RIGHT") {
            self = .right
        } else {
            return nil
        }
    }
}

extension CollectionBox {
    func push(_ member: Bytes, at end: ListEnd) {
        switch end {
        case .left: self.prepend(member)
        case .right: self.append(member)
        }
    }

    func index(of end: ListEnd) -> Int {
        switch end {
        case .left: 0
        case .right: self.count - 1
        }
    }

    func pop(_ end: ListEnd) { self.main.remove(self.index(of: end), self.context) }
}

extension Keyspace {
    /// LPUSH, RPUSH, and with `onlyIfThere` LPUSHX and RPUSHX.
    mutating func push(_ command: Command, _ end: ListEnd, onlyIfThere: Bool, _ reply: Writer) {
        let place = self.place(of: command[1])
        if onlyIfThere, place.slot == nil { return reply.integer(0) }
        guard let box = self.changeOrMake(command[1], .list, at: place, reply) else { return }
        for index in 2..<command.count { box.push(command[index], at: end) }
        self.mutations.verbatim()
        reply.integer(box.count)
    }

    /// LPOP and RPOP.
    mutating func pop(_ command: Command, _ end: ListEnd, named name: String, _ reply: Writer) {
        guard let pop = PopCount(command, orElse: CommandError.wrongArity(name), reply) else { return }
        let wanted = pop.wanted
        let place = self.place(of: command[1])
        guard let entry = place.entry else {
            if wanted == nil { reply.null() } else { reply.nullArray() }
            return
        }
        guard entry.kind == .list else { return reply.error(CommandError.wrongType) }
        if wanted == 0 { return reply.array(0) }
        let box = self.change(at: place)
        if let wanted {
            self.pop(min(wanted, box.count), from: box, end, reply)
        } else {
            reply.bulk(box.main.element(box.index(of: end)).member)
            box.pop(end)
        }
        self.removeIfEmpty(box, at: place)
        self.mutations.verbatim()
    }

    private func pop(_ count: Int, from box: CollectionBox, _ end: ListEnd, _ reply: Writer) {
        reply.array(count)
        var left = count
        func answer(_ element: Element) -> Bool {
            reply.bulk(element.member)
            left -= 1
            return left > 0
        }
        switch end {
        case .left:
            box.main.visit(from: 0, answer)
            box.main.remove(0..<count, box.context)
        case .right:
            box.main.visitBackwards(from: box.count - 1, answer)
            box.main.remove((box.count - count)..<box.count, box.context)
        }
    }

    /// LMOVE and RPOPLPUSH.
    mutating func lmove(_ command: Command, from: ListEnd?, to: ListEnd?, _ reply: Writer) {
        guard let from, let to else { return reply.error(CommandError.syntax) }
        // If the target has expired it goes now; later that might move the source's slot.
        _ = self.place(of: command[2])
        let place = self.place(of: command[1])
        guard let entry = place.entry else { return reply.null() }
        guard entry.kind == .list else { return reply.error(CommandError.wrongType) }
        let target = self.place(of: command[2])
        if let other = target.entry, other.kind != .list { return reply.error(CommandError.wrongType) }
        let source = self.change(at: place)
        // The element's bytes would move under us where both lists are the same.
        self.scratch.removeAll()
        self.scratch.raw(source.main.element(source.index(of: from)).member)
        let element = self.scratch.bytes
        source.pop(from)
        if place.slot == target.slot {
            source.push(element, at: to)
        } else {
            // Before the source may go away: its removal would move other keys' slots.
            self.changeOrMake(command[2], .list, at: target, reply)?.push(element, at: to)
            if source.count == 0 { self.remove(at: self.place(of: command[1])) }
        }
        self.mutations.verbatim()
        reply.bulk(element)
    }
}
