// Commands that return values, and what some of them do besides. Source: https://redis.io/docs/latest/commands/?group=string

import Primitives
import RESP

extension Keyspace {
    mutating func get(_ command: Command, _ reply: Writer) {
        guard let entry = self.read(command[1]) else { return reply.null() }
        guard !entry.isCollection else { return reply.error(CommandError.wrongType) }
        reply.bulk(entry.value)
    }

    mutating func mget(_ command: Command, _ reply: Writer) {
        reply.array(command.count - 1)
        for index in 1..<command.count {
            if let entry = self.read(command[index]), !entry.isCollection {
                reply.bulk(entry.value)
            } else {
                reply.null()
            }
        }
    }

    mutating func strlen(_ command: Command, _ reply: Writer) {
        let entry = self.read(command[1])
        guard entry.isString(orAnswer: reply) else { return }
        reply.integer(entry?.valueLength ?? 0)
    }

    mutating func getrange(_ command: Command, _ reply: Writer) {
        guard let start = Decimal.read(command[2]), let end = Decimal.read(command[3]) else {
            return reply.error(CommandError.notAnInteger)
        }
        let entry = self.read(command[1])
        guard entry.isString(orAnswer: reply) else { return }
        guard let value = entry?.value, let range = Self.range(start, end, of: value.count) else {
            return reply.bulk("")
        }
        reply.bulk(Bytes(rebasing: value[range]))
    }

    /// Both ends are included; negative ones count from the end. Nil for no bytes.
    private static func range(_ start: Int64, _ end: Int64, of count: Int) -> ClosedRange<Int>? {
        // Before anything is cut off, as in Redis: -1 … -5 is empty even where both would become 0.
        if start < 0, end < 0, start > end { return nil }
        let first = max(0, start < 0 ? start + Int64(count) : start)
        let last = min(max(0, end < 0 ? end + Int64(count) : end), Int64(count) - 1)
        return first <= last ? Int(first)...Int(last) : nil
    }

    mutating func getdel(_ command: Command, _ reply: Writer) {
        let place = self.place(of: command[1])
        guard let entry = place.entry else { return reply.null() }
        guard !entry.isCollection else { return reply.error(CommandError.wrongType) }
        reply.bulk(entry.value)
        self.end(command[1], at: place)
    }

    mutating func getex(_ command: Command, _ reply: Writer) {
        guard let options = StringOptions(command, from: 2, .getex) else { return reply.error(CommandError.syntax) }
        guard let entry = self.read(command[1]) else { return reply.null() }
        guard !entry.isCollection else { return reply.error(CommandError.wrongType) }
        switch options.lifetime {
        case .unstated, .keep: reply.bulk(entry.value)
        case .persist:
            reply.bulk(entry.value)
            if entry.hasExpiry { self.persist(command[1], at: self.place(of: command[1])) }
        case .until(let unit, let argument):
            guard let expiry = self.expiry(command[argument], unit, for: "getex", reply) else { return }
            reply.bulk(entry.value)
            self.setExpiry(expiry, of: command[1], at: self.place(of: command[1]))
        }
    }
}
