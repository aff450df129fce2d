// Commands that give keys values. Source: https://redis.io/docs/latest/commands/?group=string

import Primitives
import RESP

extension Keyspace {
    mutating func set(_ command: Command, _ reply: Writer) {
        if command.count == 3 {
            self.store(command[1], command[2], expiry: nil, at: self.place(of: command[1]))
            self.mutations.verbatim()
            return reply.ok()
        }
        guard let options = StringOptions(command, from: 3, .set) else { return reply.error(CommandError.syntax) }
        if case .until(let unit, let argument) = options.lifetime {
            guard let expiry = self.expiry(command[argument], unit, for: "set", reply) else { return }
            self.set(command, options, expiry: expiry, reply)
        } else {
            self.set(command, options, expiry: nil, reply)
        }
    }

    private mutating func set(_ command: Command, _ options: StringOptions, expiry: Milliseconds?, _ reply: Writer) {
        let place = self.place(of: command[1])
        let old = place.entry
        let applies =
            switch options.condition {
            case .always: true
            case .ifAbsent: old == nil
            case .ifPresent: old != nil
            }
        if options.returnsOld, let old, old.isCollection { return reply.error(CommandError.wrongType) }
        // The old value is gone once the new one is stored, so its reply comes first.
        if options.returnsOld {
            if let old { reply.bulk(old.value) } else { reply.null() }
        } else if applies {
            reply.ok()
        } else {
            reply.null()
        }
        guard applies else { return }
        var expiry = expiry
        if case .keep = options.lifetime { expiry = old?.expiry }
        self.write(command[1], command[2], expiry: expiry, at: place)
    }

    /// SETEX and PSETEX.
    mutating func setex(_ command: Command, _ unit: ExpiryUnit, named name: String, _ reply: Writer) {
        guard let expiry = self.expiry(command[2], unit, for: name, reply) else { return }
        self.write(command[1], command[3], expiry: expiry, at: self.place(of: command[1]))
        reply.ok()
    }

    mutating func getset(_ command: Command, _ reply: Writer) {
        let place = self.place(of: command[1])
        guard place.entry.isString(orAnswer: reply) else { return }
        if let old = place.entry { reply.bulk(old.value) } else { reply.null() }
        self.write(command[1], command[2], expiry: nil, at: place)
    }

    mutating func setnx(_ command: Command, _ reply: Writer) {
        let place = self.place(of: command[1])
        guard place.slot == nil else { return reply.integer(0) }
        self.write(command[1], command[2], expiry: nil, at: place)
        reply.integer(1)
    }

    /// Sets a value and writes the mutation out: `SET`, whatever the command was called.
    mutating func write(_ key: Bytes, _ value: Bytes, expiry: Milliseconds?, at place: Place) {
        if let expiry, self.isPast(expiry) { return self.end(key, at: place) }
        self.store(key, value, expiry: expiry, at: place)
        self.mutations.append(arguments: expiry == nil ? 3 : 5) {
            $0.bulk("SET")
            $0.bulk(key)
            $0.bulk(value)
            guard let expiry else { return }
            $0.bulk("PXAT")
            $0.bulk(decimal: expiry)
        }
    }

    /// Removes a key, if it is there, and says so to the replicas.
    mutating func end(_ key: Bytes, at place: Place) {
        guard place.slot != nil else { return }
        self.remove(at: place)
        self.mutations.appendRemoval(of: key)
    }

    mutating func mset(_ command: Command, _ reply: Writer) {
        guard command.count % 2 == 1 else { return reply.error(CommandError.wrongArity("mset")) }
        self.storePairs(command)
        reply.ok()
    }

    mutating func msetnx(_ command: Command, _ reply: Writer) {
        guard command.count % 2 == 1 else { return reply.error(CommandError.wrongArity("msetnx")) }
        for index in stride(from: 1, to: command.count, by: 2) {
            guard self.place(of: command[index]).slot == nil else { return reply.integer(0) }
        }
        self.storePairs(command)
        reply.integer(1)
    }

    private mutating func storePairs(_ command: Command) {
        for index in stride(from: 1, to: command.count, by: 2) {
            self.store(command[index], command[index + 1], expiry: nil, at: self.place(of: command[index]))
        }
        self.mutations.verbatim()
    }
}
