// Commands that change values where they are: arithmetic and parts. All but INCRBYFLOAT replay anywhere as they are, because a
// replica has the same value. Source: https://redis.io/docs/latest/commands/?group=string

import Glibc
import Primitives
import RESP

extension Keyspace {
    mutating func incrby(_ command: Command, _ reply: Writer) {
        guard let amount = Decimal.read(command[2]) else { return reply.error(CommandError.notAnInteger) }
        self.add(amount, to: command[1], reply)
    }

    mutating func decrby(_ command: Command, _ reply: Writer) {
        guard let amount = Decimal.read(command[2]) else { return reply.error(CommandError.notAnInteger) }
        guard amount != .min else { return reply.error(CommandError.decrementOverflow) }
        self.add(-amount, to: command[1], reply)
    }

    mutating func add(_ amount: Int64, to key: Bytes, _ reply: Writer) {
        let place = self.place(of: key)
        let old = place.entry
        guard old.isString(orAnswer: reply) else { return }
        guard let number = old.map({ Decimal.read($0.value) }) ?? 0 else {
            return reply.error(CommandError.notAnInteger)
        }
        let (sum, overflow) = number.addingReportingOverflow(amount)
        guard !overflow else { return reply.error(CommandError.overflow) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            guard let start = digits.baseAddress else { return }
            let text = Bytes(start: start, count: Decimal.write(sum, to: start))
            self.store(key, text, expiry: old?.expiry, at: place)
        }
        self.mutations.verbatim()
        reply.integer(sum)
    }

    /// Travels as the value that came out, because a replica's arithmetic may round otherwise.
    mutating func incrbyfloat(_ command: Command, _ reply: Writer) {
        let place = self.place(of: command[1])
        let old = place.entry
        guard old.isString(orAnswer: reply) else { return }
        guard let number = old.map({ Fraction.read($0.value) }) ?? 0, let amount = Fraction.read(command[2]) else {
            return reply.error(CommandError.notAFloat)
        }
        let sum = number + amount
        guard sum.isFinite else { return reply.error(CommandError.notFinite) }
        Fraction.write(sum) { text in
            self.write(command[1], text, expiry: old?.expiry, at: place)
            reply.bulk(text)
        }
    }

    mutating func append(_ command: Command, _ reply: Writer) {
        let place = self.place(of: command[1])
        guard place.entry.isString(orAnswer: reply) else { return }
        let addition = command[2]
        let length = place.entry?.valueLength ?? 0
        guard length + addition.count <= Limits.bulkLength else { return reply.error(CommandError.tooLong) }
        reply.integer(length + addition.count)
        if addition.isEmpty, place.slot != nil { return }
        let value = self.resize(command[1], toLength: length + addition.count, at: place)
        UnsafeMutableRawBufferPointer(rebasing: value[length...]).copyMemory(from: addition)
        self.mutations.verbatim()
    }

    mutating func setrange(_ command: Command, _ reply: Writer) {
        guard let offset = Decimal.read(command[2]) else { return reply.error(CommandError.notAnInteger) }
        guard offset >= 0 else { return reply.error(CommandError.offsetOutOfRange) }
        let place = self.place(of: command[1])
        guard place.entry.isString(orAnswer: reply) else { return }
        let part = command[3]
        let length = place.entry?.valueLength ?? 0
        guard !part.isEmpty else { return reply.integer(length) }
        guard offset <= Limits.bulkLength - part.count else { return reply.error(CommandError.tooLong) }
        let start = Int(offset)
        let total = max(length, start + part.count)
        let value = self.resize(command[1], toLength: total, at: place)
        if start > length, let base = value.baseAddress { memset(base + length, 0, start - length) }
        UnsafeMutableRawBufferPointer(rebasing: value[start..<(start + part.count)]).copyMemory(from: part)
        self.mutations.verbatim()
        reply.integer(total)
    }
}
