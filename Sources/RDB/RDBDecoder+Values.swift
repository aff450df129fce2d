// Values that have elements: one by one, packed into one string, or a list of packed nodes.

import Glibc
import Primitives
import RESP

extension RDBDecoder {
    /// Reads a key and the beginning of its elements, or all of them if they are packed.
    func value(
        _ input: inout RDBInput,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        var ahead = input
        ahead.cursor += 1
        guard let type = RDBValueType(rawValue: input.next) else {
            throw try self.unsupported(input.next, &ahead, at: input.cursor)
        }
        let key = try self.string(&ahead, self.first)
        if self.database != 0 { throw self.otherDatabase(key, at: input.cursor) }
        switch type {
        case .string: return
        case .list: try self.begin(.list, type, key, &ahead, body)
        case .set: try self.begin(.set, type, key, &ahead, body)
        case .sortedSetWithText, .sortedSet: try self.begin(.sortedSet, type, key, &ahead, body)
        case .hash: try self.begin(.hash, type, key, &ahead, body)
        case .listOfZiplists, .listOfNodes: try self.beginNodes(type, key, &ahead)
        case .hashZipmap: try self.packed(.hash, .zipmap, key, &ahead, body)
        case .listZiplist: try self.packed(.list, .ziplist, key, &ahead, body)
        case .setIntset: try self.packed(.set, .intset, key, &ahead, body)
        case .sortedSetZiplist: try self.packed(.sortedSet, .ziplist, key, &ahead, body)
        case .hashZiplist: try self.packed(.hash, .ziplist, key, &ahead, body)
        case .hashListpack: try self.packed(.hash, .listpack, key, &ahead, body)
        case .sortedSetListpack: try self.packed(.sortedSet, .listpack, key, &ahead, body)
        case .setListpack: try self.packed(.set, .listpack, key, &ahead, body)
        }
        input = ahead
    }

    private func unsupported(
        _ type: UInt8,
        _ input: inout RDBInput,
        at place: UnsafeRawPointer
    ) throws(RDBInterruption) -> RDBInterruption {
        guard let what = RDBValueType.unsupported(type) else {
            return self.failure(.unsupportedType, at: place, "there is no type or opcode \(type)")
        }
        let key = RDBError.quoted(try self.string(&input, self.first))
        let message = "value type \(type) is not supported (\(what)), which the key \(key) has"
        return self.failure(.unsupportedType, at: place, message)
    }

    private func begin(
        _ kind: RDBKind,
        _ type: RDBValueType,
        _ key: Bytes,
        _ input: inout RDBInput,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        let count = try self.length(&input, atMost: RDBLimits.elementCount)
        if count > 0 {
            try self.tell(.begin(kind, key: key, count: count, expiry: self.expiry), body)
            self.remaining = count
            self.phase = .elements(type)
        } else {
            self.skipped.emptyKeys += 1
        }
        self.expiry = nil
    }

    /// Reads elements of a value whose elements stand one by one, as many as there are.
    func elements(
        of type: RDBValueType,
        _ input: inout RDBInput,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        while self.remaining > 0, input.cursor < input.end {
            var ahead = input
            let member = try self.string(&ahead, self.first)
            var value = Bytes(start: nil, count: 0)
            var score = 0.0
            switch type {
            case .hash: value = try self.string(&ahead, self.second)
            case .sortedSet: score = try self.score(binary: &ahead)
            case .sortedSetWithText: score = try self.score(text: &ahead)
            case .string, .list, .set, .hashZipmap, .listZiplist, .setIntset, .sortedSetZiplist, .hashZiplist,
                .listOfZiplists, .hashListpack, .sortedSetListpack, .listOfNodes, .setListpack:
                break
            }
            try self.tell(.element(member: member, value: value, score: score), body)
            self.remaining -= 1
            input.cursor = ahead.cursor
        }
        if self.remaining == 0 {
            self.phase = .items
            try self.tell(.endOfValue, body)
        }
    }

    private func score(binary input: inout RDBInput) throws(RDBInterruption) -> Double {
        let place = input.cursor
        let score = Double(bitPattern: try input.integer(UInt64.self))
        if score.isNaN { throw self.failure(.badScore, at: place, "a score is not a number") }
        return score
    }

    /// A length and so many characters; three lengths stand for what has no digits.
    private func score(text input: inout RDBInput) throws(RDBInterruption) -> Double {
        let place = input.cursor
        let count = try input.integer(UInt8.self)
        switch count {
        case 254: return .infinity
        case 255: return -.infinity
        default:
            guard count < 253, let score = Self.score(try input.take(Int(count))) else {
                throw self.failure(.badScore, at: place, "a score is not a number")
            }
            return score
        }
    }

    /// The longest text of a score that Redis writes, and some more.
    private static let longestScore = 255

    /// Reads a number as text; nil if it is none.
    static func score(_ text: Bytes) -> Double? {
        guard let source = text.baseAddress, text.count > 0, text.count <= Self.longestScore else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { copy in
            guard let start = copy.baseAddress else { return nil }
            UnsafeMutableRawPointer(start).copyMemory(from: source, byteCount: text.count)
            start[text.count] = 0
            var end: UnsafeMutablePointer<CChar>?
            let score = strtod(start, &end)
            return end == start + text.count && !score.isNaN ? score : nil
        }
    }
}
