// Commands on ranges of sorted sets: by rank, by score, by name. Source: https://redis.io/docs/latest/commands/zrange/

import Primitives
import RESP

/// What a range is about.
enum RangeKind {
    case rank
    case score
    case lex
}

/// Which members a command means.
enum MemberRange {
    case ranks(Int, Int)
    /// Bounds as order words: all scores from the first to before the second.
    case scores(UInt64, UInt64)
    case lex(LexBound, LexBound)

    /// A bound of names.
    enum LexBound {
        case lowest
        case highest
        case including(Bytes)
        case excluding(Bytes)

        init?(_ bytes: Bytes) {
            guard let first = bytes.first else { return nil }
            let rest = Bytes(rebasing: bytes.dropFirst())
            switch first {
            case UInt8(ascii: "-") where rest.isEmpty: self = .lowest
            case UInt8(ascii: "+") where rest.isEmpty: self = .highest
            case UInt8(ascii: "["): self = .including(rest)
            case UInt8(ascii: "("): self = .excluding(rest)
            default: return nil
            }
        }

        /// Whether a member lies before a range that begins here.
        func isAfter(_ member: Bytes) -> Bool {
            switch self {
            case .lowest: false
            case .highest: true
            case .including(let name): Element.compare(member, name) < 0
            case .excluding(let name): Element.compare(member, name) <= 0
            }
        }

        /// Whether a member lies in a range that ends here.
        func includes(_ member: Bytes) -> Bool {
            switch self {
            case .lowest: false
            case .highest: true
            case .including(let name): Element.compare(member, name) <= 0
            case .excluding(let name): Element.compare(member, name) < 0
            }
        }
    }

    /// Reads two bounds; answers with the error and returns nil when they make no sense.
    init?(_ kind: RangeKind, _ low: Bytes, _ high: Bytes, _ reply: Writer) {
        switch kind {
        case .rank:
            guard let start = Keyspace.integer(low, reply), let end = Keyspace.integer(high, reply) else { return nil }
            self = .ranks(start, end)
        case .score:
            guard let first = Self.scoreBound(low, isEnd: false), let end = Self.scoreBound(high, isEnd: true) else {
                reply.error(CommandError.notARange)
                return nil
            }
            self = .scores(first, end)
        case .lex:
            guard let first = LexBound(low), let end = LexBound(high) else {
                reply.error(CommandError.notALexRange)
                return nil
            }
            self = .lex(first, end)
        }
    }

    private static func scoreBound(_ bytes: Bytes, isEnd: Bool) -> UInt64? {
        let isExclusive = bytes.first == UInt8(ascii: "(")
        let digits = isExclusive ? Bytes(rebasing: bytes.dropFirst()) : bytes
        guard let score = Score.readBound(digits) else { return nil }
        // Behind all members of the score, or before them.
        return Layout.order(score) + (isExclusive != isEnd ? 1 : 0)
    }

    /// The members that are meant, as ranks.
    func ranks(in box: CollectionBox, reversed: Bool = false) -> Range<Int> {
        let count = box.count
        switch self {
        case .ranks(let start, let end):
            let range = Keyspace.indices(start, end, of: count)
            return reversed ? (count - range.upperBound)..<(count - range.lowerBound) : range
        case .scores(let low, let high):
            let start = box.main.countBelow(low, box.context)
            return start..<max(start, box.main.countBelow(high, box.context))
        case .lex(let low, let high):
            let start = box.main.prefixCount { low.isAfter($0.member) }
            return start..<max(start, box.main.prefixCount { high.includes($0.member) })
        }
    }
}

/// ZRANGE and its older forms.
struct RangeRequest {
    var kind: RangeKind
    var isReversed: Bool
    var withScores = false
    var offset = 0
    /// Negative for all.
    var limit = -1

    /// Reads the options behind the two bounds; answers with the error and returns nil when they make no sense.
    /// - Parameter isOpen: whether kind and direction are options as well.
    init?(_ command: Command, _ kind: RangeKind, reversed: Bool, isOpen: Bool, _ reply: Writer) {
        self.kind = kind
        self.isReversed = reversed
        var isLimited = false
        var index = 4
        while index < command.count {
            let word = command[index]
            if word.equalsIgnoringCase("WITHSCORES") {
                self.withScores = true
            } else if word.equalsIgnoringCase("LIMIT"), index + 2 < command.count {
                guard let offset = Keyspace.integer(command[index + 1], reply),
                    let limit = Keyspace.integer(command[index + 2], reply)
                else { return nil }
                (self.offset, self.limit, isLimited) = (offset, limit, true)
                index += 2
            } else if isOpen, !self.isReversed, word.equalsIgnoringCase("REV") {
                self.isReversed = true
            } else if isOpen, self.kind == .rank, word.equalsIgnoringCase("BYLEX") {
                self.kind = .lex
            } else if isOpen, self.kind == .rank, word.equalsIgnoringCase("BYSCORE") {
                self.kind = .score
            } else {
                reply.error(CommandError.syntax)
                return nil
            }
            index += 1
        }
        if isLimited, self.kind == .rank {
            reply.error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
            return nil
        }
        if self.withScores, self.kind == .lex {
            reply.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
            return nil
        }
    }

    /// What is left of a range after `LIMIT`.
    func limited(_ ranks: Range<Int>) -> Range<Int> {
        guard self.offset >= 0, self.offset < ranks.count else { return 0..<0 }
        let left = ranks.count - self.offset
        let count = self.limit < 0 ? left : min(left, self.limit)
        return self.isReversed
            ? (ranks.upperBound - self.offset - count)..<(ranks.upperBound - self.offset)
            : (ranks.lowerBound + self.offset)..<(ranks.lowerBound + self.offset + count)
    }
}

extension Keyspace {
    /// - Parameter isOpen: ZRANGE itself, whose options say what its older forms say by their names.
    mutating func zrange(
        _ command: Command,
        _ kind: RangeKind,
        reversed: Bool = false,
        isOpen: Bool = false,
        _ reply: Writer
    ) {
        guard let request = RangeRequest(command, kind, reversed: reversed, isOpen: isOpen, reply) else { return }
        // Of a reversed range by score or name, the higher bound comes first.
        let swaps = request.isReversed && request.kind != .rank
        let (low, high) = swaps ? (command[3], command[2]) : (command[2], command[3])
        guard let range = MemberRange(request.kind, low, high, reply) else { return }
        let found = self.read(command[1], .sortedSet, reply)
        guard !found.isWrong else { return }
        guard let box = found.box else { return reply.array(0) }
        let ranks = request.limited(range.ranks(in: box, reversed: request.isReversed))
        Self.answer(ranks, of: box, reversed: request.isReversed, scores: request.withScores, reply)
    }

    /// ZCOUNT and ZLEXCOUNT.
    mutating func zcount(_ command: Command, _ kind: RangeKind, _ reply: Writer) {
        guard let range = MemberRange(kind, command[2], command[3], reply) else { return }
        let found = self.read(command[1], .sortedSet, reply)
        guard !found.isWrong else { return }
        reply.integer(found.box.map { range.ranks(in: $0).count } ?? 0)
    }

    /// ZREMRANGEBYRANK, ZREMRANGEBYSCORE and ZREMRANGEBYLEX.
    mutating func zremrange(_ command: Command, _ kind: RangeKind, _ reply: Writer) {
        guard let range = MemberRange(kind, command[2], command[3], reply) else { return }
        let place = self.place(of: command[1])
        let found = Self.found(place.entry, .sortedSet, reply)
        guard !found.isWrong else { return }
        let ranks = found.box.map { range.ranks(in: $0) } ?? 0..<0
        reply.integer(ranks.count)
        guard !ranks.isEmpty else { return }
        self.mutations.verbatim()
        let box = self.change(at: place)
        box.remove(ranks)
        self.removeIfEmpty(box, at: place)
    }
}
