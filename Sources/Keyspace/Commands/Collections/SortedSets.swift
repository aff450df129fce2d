// Commands on members of sorted sets. Source: https://redis.io/docs/latest/commands/?group=sorted-set

import Primitives
import RESP

/// The options of ZADD.
struct AdditionOptions: OptionSet {
    let rawValue: UInt8
    static let ifAbsent = AdditionOptions(rawValue: 1)
    static let ifPresent = AdditionOptions(rawValue: 2)
    static let ifGreater = AdditionOptions(rawValue: 4)
    static let ifLess = AdditionOptions(rawValue: 8)
    static let countsChanges = AdditionOptions(rawValue: 16)
    static let increments = AdditionOptions(rawValue: 32)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init?(_ word: Bytes) {
        if word.equalsIgnoringCase("NX") {
            self = .ifAbsent
        } else if word.equalsIgnoringCase("XX") {
            self = .ifPresent
        } else if word.equalsIgnoringCase("GT") {
            self = .ifGreater
        } else if word.equalsIgnoringCase("LT") {
            self = .ifLess
        } else if word.equalsIgnoringCase("CH") {
            self = .countsChanges
        } else if word.equalsIgnoringCase("INCR") {
            self = .increments
        } else {
            return nil
        }
    }

    /// What cannot stand together, as an error.
    func conflict(pairs: Int) -> String? {
        if self.isSuperset(of: [.ifAbsent, .ifPresent]) {
            return "ERR XX and NX options at the same time are not compatible"
        }
        let directions = self.intersection([.ifAbsent, .ifGreater, .ifLess])
        if directions.contains(.ifGreater) && directions != .ifGreater
            || directions.contains(.ifLess) && directions != .ifLess
        {
            return "ERR GT, LT, and/or NX options at the same time are not compatible"
        }
        return self.contains(.increments) && pairs > 1
            ? "ERR INCR option supports a single increment-element pair" : nil
    }

    /// Whether a member that is there may get another score.
    func allows(_ new: Double, after old: Double) -> Bool {
        !(self.contains(.ifAbsent) || self.contains(.ifGreater) && new <= old || self.contains(.ifLess) && new >= old)
    }
}

extension Keyspace {
    mutating func zadd(_ command: Command, _ reply: Writer) {
        var options: AdditionOptions = []
        var first = 2
        while first < command.count, let option = AdditionOptions(command[first]) {
            options.insert(option)
            first += 1
        }
        let arguments = command.count - first
        guard arguments > 0, arguments % 2 == 0 else { return reply.error(CommandError.syntax) }
        if let conflict = options.conflict(pairs: arguments / 2) { return reply.error(conflict) }
        if options.contains(.increments) { return self.increment(command, first, options, reply) }
        // Nothing is changed unless all scores can be read.
        if arguments > 2 {
            for index in stride(from: first, to: command.count, by: 2) where Score.read(command[index]) == nil {
                return reply.error(CommandError.notAFloat)
            }
        } else if Score.read(command[first]) == nil {
            return reply.error(CommandError.notAFloat)
        }
        let place = self.place(of: command[1])
        if place.slot == nil, options.contains(.ifPresent) { return reply.integer(0) }
        guard let box = self.changeOrMake(command[1], .sortedSet, at: place, reply) else { return }
        var added = 0
        var moved = 0
        for index in stride(from: first, to: command.count, by: 2) {
            guard let score = Score.read(command[index]) else { continue }
            if let old = box.score(of: command[index + 1]) {
                guard options.allows(score, after: old), score != old else { continue }
                box.move(command[index + 1], from: old, to: score)
                moved += 1
            } else if !options.contains(.ifPresent) {
                box.insert(command[index + 1], score)
                added += 1
            }
        }
        if added + moved > 0 { self.mutations.verbatim() }
        reply.integer(options.contains(.countsChanges) ? added + moved : added)
    }

    mutating func zincrby(_ command: Command, _ reply: Writer) { self.increment(command, 2, [], reply) }

    /// Adds to a member's score. Travels as the score that came out.
    /// - Parameter first: the argument that is the amount; the member follows it.
    private mutating func increment(
        _ command: Command,
        _ first: Int,
        _ options: AdditionOptions,
        _ reply: Writer
    ) {
        let member = command[first + 1]
        guard let amount = Score.read(command[first]) else { return reply.error(CommandError.notAFloat) }
        let place = self.place(of: command[1])
        let found = Self.found(place.entry, .sortedSet, reply)
        guard !found.isWrong else { return }
        let old = found.box?.score(of: member)
        let score = old.map { $0 + amount } ?? amount
        let isRefused = old == nil ? options.contains(.ifPresent) : options.contains(.ifAbsent)
        if isRefused { return reply.null() }
        guard !score.isNaN else { return reply.error("ERR resulting score is not a number (NaN)") }
        if let old, !options.allows(score, after: old) { return reply.null() }
        reply.score(score)
        guard old != score else { return }
        guard let box = self.changeOrMake(command[1], .sortedSet, at: place, reply) else { return }
        if let old { box.move(member, from: old, to: score) } else { box.insert(member, score) }
        self.mutations.append(arguments: 4) {
            $0.bulk("ZADD")
            $0.bulk(command[1])
            $0.bulk(score: score)
            $0.bulk(member)
        }
    }

    mutating func zscore(_ command: Command, _ reply: Writer) {
        let found = self.read(command[1], .sortedSet, reply)
        guard !found.isWrong else { return }
        if let score = found.box?.score(of: command[2]) { reply.score(score) } else { reply.null() }
    }

    mutating func zmscore(_ command: Command, _ reply: Writer) {
        let found = self.read(command[1], .sortedSet, reply)
        guard !found.isWrong else { return }
        reply.array(command.count - 2)
        for index in 2..<command.count {
            if let score = found.box?.score(of: command[index]) { reply.score(score) } else { reply.null() }
        }
    }

    /// ZRANK and ZREVRANK.
    mutating func zrank(_ command: Command, reversed: Bool, _ reply: Writer) {
        let found = self.read(command[1], .sortedSet, reply)
        guard !found.isWrong else { return }
        guard let box = found.box, let score = box.score(of: command[2]) else { return reply.null() }
        let rank = box.rank(command[2], score)
        reply.integer(reversed ? box.count - 1 - rank : rank)
    }

    /// ZPOPMIN and ZPOPMAX.
    mutating func zpop(_ command: Command, highest: Bool, _ reply: Writer) {
        guard let pop = PopCount(command, orElse: CommandError.syntax, reply) else { return }
        let wanted = pop.wanted
        let place = self.place(of: command[1])
        guard let entry = place.entry else { return reply.array(0) }
        guard entry.kind == .sortedSet else { return reply.error(CommandError.wrongType) }
        if wanted == 0 { return reply.array(0) }
        let box = self.change(at: place)
        let count = min(wanted ?? 1, box.count)
        let ranks = highest ? (box.count - count)..<box.count : 0..<count
        Self.answer(ranks, of: box, reversed: highest, scores: true, nests: wanted != nil, reply)
        box.remove(ranks)
        self.removeIfEmpty(box, at: place)
        self.mutations.verbatim()
    }

    mutating func zrandmember(_ command: Command, _ reply: Writer) {
        self.randomMembers(command, .sortedSet, pairsOption: "WITHSCORES", reply) { $0.score($1.score) }
    }

    /// Answers with members, and with their scores if asked.
    /// - Parameter nests: whether in RESP3 a member and its score are an array of their own.
    static func answer(
        _ ranks: Range<Int>,
        of box: CollectionBox,
        reversed: Bool,
        scores: Bool,
        nests: Bool = true,
        _ reply: Writer
    ) {
        let nests = scores && nests && reply.version == .resp3
        reply.array(scores && !nests ? 2 * ranks.count : ranks.count)
        guard !ranks.isEmpty else { return }
        var left = ranks.count
        func answer(_ element: Element) -> Bool {
            if nests { reply.array(2) }
            reply.bulk(element.member)
            if scores { reply.score(element.score) }
            left -= 1
            return left > 0
        }
        if reversed {
            box.main.visitBackwards(from: ranks.upperBound - 1, answer)
        } else {
            box.main.visit(from: ranks.lowerBound, answer)
        }
    }
}
