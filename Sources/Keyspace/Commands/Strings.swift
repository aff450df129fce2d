// Strings: reading and arithmetic. Source: https://redis.io/docs/latest/commands/?group=string

import Primitives
import RESP

extension Keyspace {
    mutating func get(_ command: Command, _ reply: Writer) {
        if let entry = self.read(command[1]) { reply.bulk(entry.value) } else { reply.null() }
    }

    /// INCR, DECR, INCRBY, DECRBY. They replay anywhere as they are, because a replica has the same number.
    mutating func add(_ amount: Int64, to key: Bytes, _ reply: Writer, _ command: Command) {
        let place = self.place(of: key)
        let old = place.entry
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
}
