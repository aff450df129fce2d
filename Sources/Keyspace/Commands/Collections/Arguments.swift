// What arguments of commands on collections have in common.

import Primitives
import RESP

extension CommandError {
    static let outOfRange = "ERR value is out of range"
    static let notPositive = "ERR value is out of range, must be positive"
    static let notALong = "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"
    static let indexOutOfRange = "ERR index out of range"
    static let notARange = "ERR min or max is not a float"
    static let notALexRange = "ERR min or max not valid string range item"
}

extension Keyspace {
    /// Reads a whole number; answers with the error and returns nil when it is none.
    static func integer(_ bytes: Bytes, _ reply: Writer) -> Int? {
        guard let value = Decimal.read(bytes) else {
            reply.error(CommandError.notAnInteger)
            return nil
        }
        return Int(value)
    }

    /// Reads how many are wanted at most, zero included.
    static func positive(_ bytes: Bytes, _ reply: Writer, orElse message: String = CommandError.notPositive) -> Int? {
        guard let value = Decimal.read(bytes), value >= 0 else {
            reply.error(message)
            return nil
        }
        return Int(value)
    }

    /// How often a member may be drawn by one command. Redis has no limit, and can be made to answer until its memory ends.
    private static let mostDraws = 1 << 24

    /// Reads how many random ones are wanted: negative, when the same may come twice.
    static func signedCount(_ bytes: Bytes, _ reply: Writer) -> Int? {
        guard let value = Self.integer(bytes, reply) else { return nil }
        guard value != .min else {
            reply.error(CommandError.notALong)
            return nil
        }
        guard value >= -Self.mostDraws else {
            reply.error(CommandError.outOfRange)
            return nil
        }
        return value
    }

    /// The part of a sequence between two indices that may count from the end; both are included.
    static func indices(_ start: Int, _ end: Int, of count: Int) -> Range<Int> {
        let first = max(0, start < 0 ? start + count : start)
        let last = min(end < 0 ? end + count : end, count - 1)
        return first <= last ? first..<(last + 1) : 0..<0
    }

    /// Different indices, in no order that means anything.
    mutating func randomIndices(_ wanted: Int, of count: Int) -> [Int] {
        if wanted >= count { return Array(0..<count) }
        // Floyd's way: as many draws as indices, and each set of them as likely as any other.
        var chosen: Set<Int> = []
        for last in (count - wanted)..<count {
            let index = Int.random(in: 0...last, using: &self.generator)
            if !chosen.insert(index).inserted { chosen.insert(last) }
        }
        // Not in the set's own order, which differs from run to run.
        return chosen.sorted()
    }

    /// Answers HRANDFIELD, SRANDMEMBER or ZRANDMEMBER with a count.
    mutating func randomElements(
        of box: CollectionBox,
        _ wanted: Int,
        pairs: Bool,
        _ reply: Writer,
        _ body: (Writer, Element) -> Void
    ) {
        let isDistinct = wanted >= 0
        let count = isDistinct ? min(wanted, box.count) : -wanted
        let nests = pairs && reply.version == .resp3
        reply.array(pairs && !nests ? 2 * count : count)
        func answer(_ element: Element) {
            if nests { reply.array(2) }
            body(reply, element)
        }
        if count == box.count, isDistinct {
            box.main.visit(from: 0) {
                answer($0)
                return true
            }
        } else if isDistinct {
            for index in self.randomIndices(count, of: box.count) { answer(box.main.element(index)) }
        } else {
            for _ in 0..<count {
                answer(box.main.element(Int.random(in: 0..<box.count, using: &self.generator)))
            }
        }
    }
}
