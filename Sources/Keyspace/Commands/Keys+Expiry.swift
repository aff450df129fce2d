// When keys end. Source: https://redis.io/docs/latest/commands/expire/

import Primitives
import RESP

/// NX, XX, GT and LT.
private struct ExpireCondition: OptionSet {
    let rawValue: UInt8
    static let ifNone = ExpireCondition(rawValue: 1)
    static let ifAny = ExpireCondition(rawValue: 2)
    static let ifLater = ExpireCondition(rawValue: 4)
    static let ifEarlier = ExpireCondition(rawValue: 8)

    /// Whether a key that ends at `old` (nil: never) may get a new end. Never is later than any time.
    func allows(_ new: Milliseconds, after old: Milliseconds?) -> Bool {
        if self.contains(.ifNone), old != nil { return false }
        if self.contains(.ifAny), old == nil { return false }
        if self.contains(.ifLater) { return old.map { new > $0 } ?? false }
        if self.contains(.ifEarlier) { return old.map { new < $0 } ?? true }
        return true
    }
}

extension Keyspace {
    /// EXPIRE and its kin, whose only difference is the unit.
    mutating func expire(_ command: Command, _ unit: ExpiryUnit, named name: String, _ reply: Writer) {
        guard let condition = self.expireCondition(command, reply) else { return }
        guard let value = Decimal.read(command[2]) else { return reply.error(CommandError.notAnInteger) }
        guard let expiry = unit.absolute(value, now: self.now) else {
            return reply.error(CommandError.invalidExpire(in: name))
        }
        let place = self.place(of: command[1])
        guard let entry = place.entry, condition.allows(expiry, after: entry.expiry) else { return reply.integer(0) }
        self.setExpiry(expiry, of: command[1], at: place)
        reply.integer(1)
    }

    private func expireCondition(_ command: Command, _ reply: Writer) -> ExpireCondition? {
        var condition = ExpireCondition()
        for index in 3..<max(3, command.count) {
            let word = command[index]
            if word.equalsIgnoringCase("NX") {
                condition.insert(.ifNone)
            } else if word.equalsIgnoringCase("XX") {
                condition.insert(.ifAny)
            } else if word.equalsIgnoringCase("GT") {
                condition.insert(.ifLater)
            } else if word.equalsIgnoringCase("LT") {
                condition.insert(.ifEarlier)
            } else {
                reply.error(CommandError.unsupportedOption(word))
                return nil
            }
        }
        if condition.contains(.ifNone), condition != .ifNone {
            reply.error("ERR NX and XX, GT or LT options at the same time are not compatible")
            return nil
        }
        if condition.isSuperset(of: [.ifLater, .ifEarlier]) {
            reply.error("ERR GT and LT options at the same time are not compatible")
            return nil
        }
        return condition
    }

    /// Sets when a key that is there ends, and writes the mutation out.
    mutating func setExpiry(_ expiry: Milliseconds, of key: Bytes, at place: Place) {
        if self.isPast(expiry) { return self.end(key, at: place) }
        self.setExpiry(expiry, at: place)
        self.mutations.append(arguments: 3) {
            $0.bulk("PEXPIREAT")
            $0.bulk(key)
            $0.bulk(decimal: expiry)
        }
    }

    mutating func persist(_ command: Command, _ reply: Writer) {
        let place = self.place(of: command[1])
        guard let entry = place.entry, entry.hasExpiry else { return reply.integer(0) }
        self.persist(command[1], at: place)
        reply.integer(1)
    }

    /// Makes a key last that had an expiry, and writes the mutation out.
    mutating func persist(_ key: Bytes, at place: Place) {
        self.setExpiry(nil, at: place)
        self.mutations.append(arguments: 2) {
            $0.bulk("PERSIST")
            $0.bulk(key)
        }
    }

    /// TTL, PTTL, EXPIRETIME and PEXPIRETIME: -2 for no key, -1 for no expiry.
    mutating func lifetime(_ command: Command, _ unit: ExpiryUnit, _ reply: Writer) {
        guard let entry = self.read(command[1]) else { return reply.integer(-2) }
        guard let expiry = entry.expiry else { return reply.integer(-1) }
        let milliseconds = unit.isRelative ? max(0, expiry - self.now) : expiry
        // To the nearest second, and without overflow at the end of time.
        reply.integer(unit.isSeconds ? milliseconds / 1000 + (milliseconds % 1000 >= 500 ? 1 : 0) : milliseconds)
    }
}
