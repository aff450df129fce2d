// Commands on keys, whatever their value. Source: https://redis.io/docs/latest/commands/?group=generic

import Primitives
import RESP

extension Keyspace {
    /// DEL and UNLINK.
    mutating func del(_ command: Command, _ reply: Writer) {
        var removed = 0
        for index in 1..<command.count {
            let place = self.place(of: command[index])
            guard place.slot != nil else { continue }
            self.remove(at: place)
            removed += 1
        }
        if removed > 0 { self.mutations.verbatim() }
        reply.integer(removed)
    }

    /// EXISTS and TOUCH; a key counts as often as it is named.
    mutating func exists(_ command: Command, _ reply: Writer) {
        var found = 0
        for index in 1..<command.count where self.read(command[index]) != nil { found += 1 }
        reply.integer(found)
    }

    mutating func type(_ command: Command, _ reply: Writer) {
        reply.simple(self.read(command[1])?.kind.name ?? "none")
    }

    mutating func rename(_ command: Command, _ reply: Writer) {
        guard let entry = self.place(of: command[1]).entry else { return reply.error(CommandError.noSuchKey) }
        if !command[1].equals(command[2]) { self.move(entry, command) }
        reply.ok()
    }

    mutating func renamenx(_ command: Command, _ reply: Writer) {
        guard let entry = self.place(of: command[1]).entry else { return reply.error(CommandError.noSuchKey) }
        guard self.place(of: command[2]).slot == nil else { return reply.integer(0) }
        self.move(entry, command)
        reply.integer(1)
    }

    private mutating func move(_ entry: Entry, _ command: Command) {
        let moved = entry.copy(named: command[2])
        // Each place is looked up when it is needed: whatever is removed may move another key's slot.
        self.remove(at: self.place(of: command[1]))
        self.put(moved, at: self.place(of: command[2]))
        self.mutations.verbatim()
    }

    mutating func copy(_ command: Command, _ reply: Writer) {
        var replaces = false
        var index = 3
        while index < command.count {
            if command[index].equalsIgnoringCase("REPLACE") {
                replaces = true
            } else if command[index].equalsIgnoringCase("DB"), index + 1 < command.count {
                index += 1
                guard let number = Decimal.read(command[index]) else { return reply.error(CommandError.notAnInteger) }
                guard Int32(exactly: number) != nil else { return reply.error(CommandError.notAnInt32) }
                guard number == 0 else { return reply.error(CommandError.invalidDatabase) }
            } else {
                return reply.error(CommandError.syntax)
            }
            index += 1
        }
        guard !command[1].equals(command[2]) else { return reply.error(CommandError.sameObject) }
        guard let entry = self.place(of: command[1]).entry else { return reply.integer(0) }
        let target = self.place(of: command[2])
        guard replaces || target.slot == nil else { return reply.integer(0) }
        self.put(entry.copy(named: command[2]), at: target)
        self.mutations.verbatim()
        reply.integer(1)
    }
}
