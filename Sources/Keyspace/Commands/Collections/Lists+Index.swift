// Commands that look into lists. Source: https://redis.io/docs/latest/commands/?group=list

import Primitives
import RESP

extension Keyspace {

    mutating func lrange(_ command: Command, _ reply: Writer) {
        guard let start = Self.integer(command[2], reply), let end = Self.integer(command[3], reply) else { return }
        let found = self.read(command[1], .list, reply)
        guard !found.isWrong else { return }
        guard let box = found.box else { return reply.array(0) }
        let range = Self.indices(start, end, of: box.count)
        reply.array(range.count)
        guard !range.isEmpty else { return }
        var left = range.count
        box.main.visit(from: range.lowerBound) {
            reply.bulk($0.member)
            left -= 1
            return left > 0
        }
    }

    mutating func lindex(_ command: Command, _ reply: Writer) {
        let found = self.read(command[1], .list, reply)
        guard !found.isWrong else { return }
        guard let box = found.box else { return reply.null() }
        guard let number = Self.integer(command[2], reply) else { return }
        let index = number < 0 ? number + box.count : number
        if index >= 0, index < box.count { reply.bulk(box.main.element(index).member) } else { reply.null() }
    }

    mutating func lset(_ command: Command, _ reply: Writer) {
        let place = self.place(of: command[1])
        guard let entry = place.entry else { return reply.error(CommandError.noSuchKey) }
        guard entry.kind == .list else { return reply.error(CommandError.wrongType) }
        guard let number = Self.integer(command[2], reply) else { return }
        let count = entry.collection?.count ?? 0
        let index = number < 0 ? number + count : number
        guard index >= 0, index < count else { return reply.error(CommandError.indexOutOfRange) }
        self.change(at: place).replace(index, with: command[3])
        self.mutations.verbatim()
        reply.ok()
    }

    mutating func ltrim(_ command: Command, _ reply: Writer) {
        guard let start = Self.integer(command[2], reply), let end = Self.integer(command[3], reply) else { return }
        let place = self.place(of: command[1])
        guard let entry = place.entry else { return reply.ok() }
        guard entry.kind == .list else { return reply.error(CommandError.wrongType) }
        let count = entry.collection?.count ?? 0
        let kept = Self.indices(start, end, of: count)
        reply.ok()
        guard kept.count < count else { return }
        self.mutations.verbatim()
        if kept.isEmpty { return self.remove(at: place) }
        let box = self.change(at: place)
        box.main.remove(kept.upperBound..<count, box.context)
        box.main.remove(0..<kept.lowerBound, box.context)
    }

    /// LREM: the first so many, or with a negative count the last; with 0 all.
    mutating func lrem(_ command: Command, _ reply: Writer) {
        guard let count = Self.integer(command[2], reply) else { return }
        let place = self.place(of: command[1])
        let found = Self.found(place.entry, .list, reply)
        guard !found.isWrong else { return }
        guard let tree = found.box?.main else { return reply.integer(0) }
        let most = count == 0 ? Int.max : Int(clamping: count.magnitude)
        var indices: [Int] = []
        Self.search(tree, backwards: count < 0) { index, element in
            if element.member.equals(command[3]) { indices.append(index) }
            return indices.count < most
        }
        reply.integer(indices.count)
        guard !indices.isEmpty else { return }
        self.remove(indices.sorted(), at: place)
        self.mutations.verbatim()
    }

    private mutating func remove(_ indices: [Int], at place: Place) {
        let box = self.change(at: place)
        for index in indices.reversed() { box.main.remove(index, box.context) }
        self.removeIfEmpty(box, at: place)
    }

    mutating func linsert(_ command: Command, _ reply: Writer) {
        let isAfter = command[2].equalsIgnoringCase("AFTER")
        guard isAfter || command[2].equalsIgnoringCase("BEFORE") else { return reply.error(CommandError.syntax) }
        let place = self.place(of: command[1])
        let found = Self.found(place.entry, .list, reply)
        guard !found.isWrong else { return }
        guard let tree = found.box?.main else { return reply.integer(0) }
        var pivot: Int?
        Self.search(tree, backwards: false) { index, element in
            if element.member.equals(command[3]) { pivot = index }
            return pivot == nil
        }
        guard let pivot else { return reply.integer(-1) }
        let box = self.change(at: place)
        box.insert(command[4], at: pivot + (isAfter ? 1 : 0))
        self.mutations.verbatim()
        reply.integer(box.count)
    }

    private struct Search {
        var rank = 1
        /// Nil: the first one alone.
        var count: Int?
        /// 0: all elements are compared.
        var most = 0
    }

    /// LPOS: `RANK` says which of the equal ones comes first, and with a negative number that they are sought from the end.
    mutating func lpos(_ command: Command, _ reply: Writer) {
        guard let search = Self.search(command, reply) else { return }
        let found = self.read(command[1], .list, reply)
        guard !found.isWrong else { return }
        var indices: [Int] = []
        if let tree = found.box?.main {
            var looked = 0
            var matches = 0
            Self.search(tree, backwards: search.rank < 0) { index, element in
                if element.member.equals(command[2]) {
                    matches += 1
                    if matches >= search.rank.magnitude { indices.append(index) }
                }
                looked += 1
                let isEnough = search.count != 0 && indices.count >= search.count ?? 1
                return !isEnough && looked != search.most
            }
        }
        guard search.count == nil else {
            reply.array(indices.count)
            for index in indices { reply.integer(index) }
            return
        }
        if let first = indices.first { reply.integer(first) } else { reply.null() }
    }

    private static func search(_ command: Command, _ reply: Writer) -> Search? {
        var search = Search()
        for index in stride(from: 3, to: command.count, by: 2) {
            guard index + 1 < command.count else {
                reply.error(CommandError.syntax)
                return nil
            }
            let value = command[index + 1]
            if command[index].equalsIgnoringCase("RANK") {
                guard let rank = Self.integer(value, reply) else { return nil }
                guard rank != 0 else {
                    reply.error(
                        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... "
                            + "or use negative to start from the end of the list"
                    )
                    return nil
                }
                // The smallest number has no counterpart; Redis takes it for -1.
                search.rank = rank == .min ? -1 : rank
            } else if command[index].equalsIgnoringCase("COUNT") {
                guard let count = Self.positive(value, reply, orElse: "ERR COUNT can't be negative") else { return nil }
                search.count = count
            } else if command[index].equalsIgnoringCase("MAXLEN") {
                guard let most = Self.positive(value, reply, orElse: "ERR MAXLEN can't be negative") else { return nil }
                search.most = most
            } else {
                reply.error(CommandError.syntax)
                return nil
            }
        }
        return search
    }

    /// Goes through a list from either end, with the index of each element, until `body` says false.
    private static func search(_ tree: Tree, backwards: Bool, _ body: (Int, Element) -> Bool) {
        var index = backwards ? tree.count - 1 : 0
        if backwards {
            tree.visitBackwards(from: index) {
                defer { index -= 1 }
                return body(index, $0)
            }
        } else {
            tree.visit(from: 0) {
                defer { index += 1 }
                return body(index, $0)
            }
        }
    }
}
