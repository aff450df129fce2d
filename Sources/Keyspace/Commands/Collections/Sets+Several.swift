// Commands on several sets. Source: https://redis.io/docs/latest/commands/?group=set

import Primitives
import RESP

enum SetOperation {
    case intersection
    case union
    case difference
}

extension Keyspace {
    /// The sets of some keys, nil for each that is not there; nil for another kind of value, with the error answered.
    private mutating func boxes(_ command: Command, _ keys: Range<Int>, _ reply: Writer) -> [CollectionBox?]? {
        var boxes: [CollectionBox?] = []
        for index in keys {
            let found = self.read(command[index], .set, reply)
            guard !found.isWrong else { return nil }
            boxes.append(found.box)
        }
        return boxes
    }

    /// SINTER, SUNION and SDIFF.
    mutating func combine(_ command: Command, _ operation: SetOperation, _ reply: Writer) {
        guard let boxes = self.boxes(command, 1..<command.count, reply) else { return }
        self.scratch.removeAll()
        var count = 0
        Self.combine(boxes, operation, self.collections) {
            self.scratch.bulk($0)
            count += 1
            return true
        }
        reply.set(count)
        reply.raw(self.scratch.bytes)
    }

    /// SINTERSTORE, SUNIONSTORE and SDIFFSTORE.
    mutating func combineAndStore(_ command: Command, _ operation: SetOperation, _ reply: Writer) {
        guard let boxes = self.boxes(command, 2..<command.count, reply) else { return }
        let result = CollectionBox(.set, self.collections)
        Self.combine(boxes, operation, self.collections) { result.add($0) }
        let place = self.place(of: command[1])
        reply.integer(result.count)
        guard result.count > 0 || place.slot != nil else { return }
        self.mutations.verbatim()
        guard result.count > 0 else { return self.remove(at: place) }
        self.put(Entry.allocate(key: command[1], box: result, expiry: nil), at: place)
    }

    mutating func sintercard(_ command: Command, _ reply: Writer) {
        guard let number = Decimal.read(command[1]), number > 0 else {
            return reply.error("ERR numkeys should be greater than 0")
        }
        guard number <= command.count - 2 else {
            return reply.error("ERR Number of keys can't be greater than number of args")
        }
        let keys = 2..<(2 + Int(number))
        var most = 0
        for index in stride(from: keys.upperBound, to: command.count, by: 2) {
            guard command[index].equalsIgnoringCase("LIMIT"), index + 1 < command.count else {
                return reply.error(CommandError.syntax)
            }
            guard let limit = Self.positive(command[index + 1], reply, orElse: "ERR LIMIT can't be negative") else {
                return
            }
            most = limit
        }
        guard let boxes = self.boxes(command, keys, reply) else { return }
        var count = 0
        Self.combine(boxes, .intersection, self.collections) { _ in
            count += 1
            return count != most
        }
        reply.integer(count)
    }

    /// Gives each member of the outcome to `body`, until it says false.
    private static func combine(
        _ boxes: [CollectionBox?],
        _ operation: SetOperation,
        _ context: CollectionContext,
        _ body: (Bytes) -> Bool
    ) {
        switch operation {
        case .intersection:
            let all = boxes.compactMap { $0 }
            guard all.count == boxes.count, let smallest = all.min(by: { $0.count < $1.count }) else { return }
            smallest.main.visit(from: 0) { element in
                guard all.allSatisfy({ $0 === smallest || $0.contains(element.member) }) else { return true }
                return body(element.member)
            }
        case .difference:
            guard let first = boxes[0] else { return }
            let others = boxes.dropFirst().compactMap { $0 }
            first.main.visit(from: 0) { element in
                guard !others.contains(where: { $0.contains(element.member) }) else { return true }
                return body(element.member)
            }
        case .union:
            let seen = CollectionBox(.set, context)
            for box in boxes {
                box?.main.visit(from: 0) {
                    if seen.add($0.member) { _ = body($0.member) }
                    return true
                }
            }
        }
    }
}
