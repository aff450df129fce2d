// What commands on hashes, sets and sorted sets have in common.

import Primitives
import RESP

extension Keyspace.Found {
    var box: CollectionBox? {
        if case .box(let box) = self { box } else { nil }
    }

    var isWrong: Bool {
        if case .wrongType = self { true } else { false }
    }
}

extension Keyspace {
    /// HLEN, LLEN, SCARD and ZCARD.
    mutating func count(_ command: Command, _ kind: ValueKind, _ reply: Writer) {
        let found = self.read(command[1], kind, reply)
        guard !found.isWrong else { return }
        reply.integer(found.box?.count ?? 0)
    }

    /// HEXISTS and SISMEMBER.
    mutating func contains(_ command: Command, _ kind: ValueKind, _ reply: Writer) {
        let found = self.read(command[1], kind, reply)
        guard !found.isWrong else { return }
        reply.integer(found.box?.contains(command[2]) ?? false ? 1 : 0)
    }

    /// HDEL, SREM and ZREM.
    mutating func removeMembers(_ command: Command, _ kind: ValueKind, _ reply: Writer) {
        let place = self.place(of: command[1])
        let found = Self.found(place.entry, kind, reply)
        guard !found.isWrong else { return }
        guard found.box != nil else { return reply.integer(0) }
        let removed = self.removeMembers(command, kind, at: place)
        if removed > 0 { self.mutations.verbatim() }
        reply.integer(removed)
    }

    private mutating func removeMembers(_ command: Command, _ kind: ValueKind, at place: Place) -> Int {
        let box = self.change(at: place)
        var removed = 0
        for index in 2..<command.count {
            if kind != .sortedSet {
                if box.remove(command[index]) { removed += 1 }
            } else if let score = box.score(of: command[index]) {
                box.remove(command[index], score)
                removed += 1
            }
            guard box.count > 0 else { break }
        }
        self.removeIfEmpty(box, at: place)
        return removed
    }

    /// HRANDFIELD, SRANDMEMBER and ZRANDMEMBER.
    /// - Parameters:
    ///   - pairsOption: asks for what `second` writes behind each member.
    mutating func randomMembers(
        _ command: Command,
        _ kind: ValueKind,
        pairsOption: StaticString?,
        _ reply: Writer,
        second: (Writer, Element) -> Void
    ) {
        var wanted: Int?
        var pairs = false
        if command.count > 2 {
            guard let count = Self.signedCount(command[2], reply) else { return }
            wanted = count
            if command.count > 3 {
                guard let pairsOption, command.count == 4, command[3].equalsIgnoringCase(pairsOption) else {
                    return reply.error(CommandError.syntax)
                }
                guard count.magnitude <= UInt(Int.max / 2) else { return reply.error(CommandError.outOfRange) }
                pairs = true
            }
        }
        let found = self.read(command[1], kind, reply)
        guard !found.isWrong else { return }
        guard let wanted else {
            guard let box = found.box else { return reply.null() }
            return reply.bulk(box.main.element(Int.random(in: 0..<box.count, using: &self.generator)).member)
        }
        guard let box = found.box, wanted != 0 else { return reply.array(0) }
        self.randomElements(of: box, wanted, pairs: pairs, reply) {
            $0.bulk($1.member)
            if pairs { second($0, $1) }
        }
    }

    /// HSCAN, SSCAN and ZSCAN. A cursor is the upper part of a member's hash, at which the next call goes on: whoever is there all
    /// the time is met, whatever comes and goes. What is small is returned at once, as in Redis.
    mutating func scanMembers(_ command: Command, _ kind: ValueKind, _ reply: Writer) {
        guard let cursor = ScanRequest.cursor(command[2]) else { return reply.error(CommandError.invalidCursor) }
        let found = self.read(command[1], kind, reply)
        guard !found.isWrong else { return }
        self.scratch.removeAll()
        var next: UInt64 = 0
        var appended = 0
        if let box = found.box {
            guard let request = ScanRequest(membersOf: command, reply) else { return }
            let part = self.scan(box, from: cursor, request)
            next = part.next
            appended = part.appended
        }
        reply.array(2)
        reply.bulk(decimal: Int64(next))
        reply.array(appended)
        reply.raw(self.scratch.bytes)
    }

    /// So that a cursor is exact in languages whose numbers are all doubles.
    private static let cursorShift: UInt64 = 12

    private func scan(
        _ box: CollectionBox,
        from cursor: UInt64,
        _ request: ScanRequest
    ) -> (next: UInt64, appended: Int) {
        let tree = box.index ?? box.main
        let isWhole = tree.isSmall
        guard cursor >> (64 - Self.cursorShift) == 0 else { return (0, 0) }
        let start = isWhole ? 0 : tree.countBelow(cursor << Self.cursorShift, box.context)
        var next: UInt64 = 0
        var looked = 0
        var appended = 0
        var last: UInt64 = 0
        let layout = tree.layout
        tree.visit(from: start) { element in
            if !isWhole {
                let place = layout.order(of: element, box.context) >> Self.cursorShift
                // Members of one place are never torn apart.
                if looked >= request.count, place != last {
                    next = place
                    return false
                }
                last = place
            }
            looked += 1
            guard request.glob?.matches(element.member) ?? true else { return true }
            self.scratch.bulk(element.member)
            appended += 1
            if box.kind == .hash { self.scratch.bulk(element.value) }
            if box.kind == .sortedSet { self.scratch.bulk(score: element.score) }
            if box.kind != .set { appended += 1 }
            return true
        }
        return (next, appended)
    }
}
