// Commands on hashes. Source: https://redis.io/docs/latest/commands/?group=hash

import Primitives
import RESP

extension Keyspace {
    /// HSET and HMSET, which differ in their reply.
    mutating func hset(_ command: Command, named name: String, countsNew: Bool, _ reply: Writer) {
        guard command.count % 2 == 0 else { return reply.error(CommandError.wrongArity(name)) }
        let place = self.place(of: command[1])
        guard let box = self.changeOrMake(command[1], .hash, at: place, reply) else { return }
        var added = 0
        for index in stride(from: 2, to: command.count, by: 2)
        where box.set(command[index], command[index + 1]) { added += 1 }
        self.mutations.verbatim()
        if countsNew { reply.integer(added) } else { reply.ok() }
    }

    mutating func hsetnx(_ command: Command, _ reply: Writer) {
        let place = self.place(of: command[1])
        if case .box(let box) = Self.found(place.entry, .hash), box.contains(command[2]) { return reply.integer(0) }
        guard let box = self.changeOrMake(command[1], .hash, at: place, reply) else { return }
        _ = box.add(command[2], command[3])
        self.mutations.verbatim()
        reply.integer(1)
    }

    mutating func hget(_ command: Command, _ reply: Writer) {
        switch self.read(command[1], .hash, reply) {
        case .wrongType: return
        case .nothing: reply.null()
        case .box(let box):
            if let value = box.value(of: command[2]) { reply.bulk(value) } else { reply.null() }
        }
    }

    mutating func hmget(_ command: Command, _ reply: Writer) {
        let found = self.read(command[1], .hash, reply)
        guard !found.isWrong else { return }
        reply.array(command.count - 2)
        for index in 2..<command.count {
            if let value = found.box?.value(of: command[index]) { reply.bulk(value) } else { reply.null() }
        }
    }

    mutating func hgetall(_ command: Command, _ reply: Writer) {
        let found = self.read(command[1], .hash, reply)
        guard !found.isWrong else { return }
        reply.map(found.box?.count ?? 0)
        found.box?.main.visit(from: 0) {
            reply.bulk($0.member)
            reply.bulk($0.value)
            return true
        }
    }

    /// HKEYS and HVALS.
    mutating func hashPart(_ command: Command, values: Bool, _ reply: Writer) {
        let found = self.read(command[1], .hash, reply)
        guard !found.isWrong else { return }
        reply.array(found.box?.count ?? 0)
        found.box?.main.visit(from: 0) {
            reply.bulk(values ? $0.value : $0.member)
            return true
        }
    }

    mutating func hstrlen(_ command: Command, _ reply: Writer) {
        let found = self.read(command[1], .hash, reply)
        guard !found.isWrong else { return }
        reply.integer(found.box?.value(of: command[2])?.count ?? 0)
    }

    mutating func hincrby(_ command: Command, _ reply: Writer) {
        guard let amount = Decimal.read(command[3]) else { return reply.error(CommandError.notAnInteger) }
        let place = self.place(of: command[1])
        let found = Self.found(place.entry, .hash, reply)
        guard !found.isWrong else { return }
        guard let number = found.box?.value(of: command[2]).map({ Decimal.read($0) }) ?? 0 else {
            return reply.error("ERR hash value is not an integer")
        }
        let (sum, overflow) = number.addingReportingOverflow(amount)
        guard !overflow else { return reply.error(CommandError.overflow) }
        guard let box = self.changeOrMake(command[1], .hash, at: place, reply) else { return }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            guard let start = digits.baseAddress else { return }
            _ = box.set(command[2], Bytes(start: start, count: Decimal.write(sum, to: start)))
        }
        self.mutations.verbatim()
        reply.integer(sum)
    }

    /// Travels as the value that came out, because a replica's arithmetic may round otherwise.
    mutating func hincrbyfloat(_ command: Command, _ reply: Writer) {
        guard let amount = Fraction.read(command[3]) else { return reply.error(CommandError.notAFloat) }
        guard amount.isFinite else { return reply.error("ERR value is NaN or Infinity") }
        let place = self.place(of: command[1])
        let found = Self.found(place.entry, .hash, reply)
        guard !found.isWrong else { return }
        guard let number = found.box?.value(of: command[2]).map({ Fraction.read($0) }) ?? 0 else {
            return reply.error("ERR hash value is not a float")
        }
        let sum = number + amount
        guard sum.isFinite else { return reply.error(CommandError.notFinite) }
        guard let box = self.changeOrMake(command[1], .hash, at: place, reply) else { return }
        Fraction.write(sum) { text in
            _ = box.set(command[2], text)
            self.mutations.append(arguments: 4) {
                $0.bulk("HSET")
                $0.bulk(command[1])
                $0.bulk(command[2])
                $0.bulk(text)
            }
            reply.bulk(text)
        }
    }

    mutating func hrandfield(_ command: Command, _ reply: Writer) {
        self.randomMembers(command, .hash, pairsOption: "WITHVALUES", reply) {
            $0.bulk($1.value)
        }
    }
}
