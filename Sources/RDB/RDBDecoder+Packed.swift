// Values packed into one string. Such a string is gone through twice: to see that it is whole and count its elements,
// and to tell them.

import Primitives
import RESP

extension RDBDecoder {
    func packed(
        _ kind: RDBKind,
        _ form: PackedForm,
        _ key: Bytes,
        _ input: inout RDBInput,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        let place = input.cursor
        let blob = try self.string(&input, self.second)
        let count = try self.count(kind, form, blob, at: place)
        if count > 0 {
            try self.tell(.begin(kind, key: key, count: count, expiry: self.expiry), body)
            try self.tellElements(kind, form, blob, at: place, body)
            try self.tell(.endOfValue, body)
        } else {
            self.skipped.emptyKeys += 1
        }
        self.expiry = nil
    }

    func beginNodes(_ type: RDBValueType, _ key: Bytes, _ input: inout RDBInput) throws(RDBInterruption) {
        let count = try self.length(&input, atMost: RDBLimits.elementCount)
        guard count > 0 else {
            self.skipped.emptyKeys += 1
            self.expiry = nil
            return
        }
        // There may be no element in any node, as some versions of Redis wrote it; so the beginning is told with the
        // first.
        self.heldKey.removeAll()
        self.heldKey.raw(key)
        self.holdsKey = true
        self.remaining = count
        self.phase = .nodes(type)
    }

    private static let plainNode: UInt64 = 1
    private static let packedNode: UInt64 = 2

    /// Reads one node of a list.
    func node(
        of type: RDBValueType,
        _ input: inout RDBInput,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        var ahead = input
        var form: PackedForm? = .ziplist
        if case .listOfNodes = type {
            switch try self.number(&ahead) {
            case Self.plainNode: form = nil
            case Self.packedNode: form = .listpack
            default: throw self.failure(.badPacking, at: input.cursor, "a list has a node of an unknown kind")
            }
        }
        let place = ahead.cursor
        let blob = try self.string(&ahead, self.second)
        if let form {
            let count = try self.count(.list, form, blob, at: place)
            if count > 0 {
                try self.tellHeldKey(count, body)
                try self.tellElements(.list, form, blob, at: place, body)
            }
        } else {
            try self.tellHeldKey(1, body)
            try self.tell(.element(member: blob, value: Bytes(start: nil, count: 0), score: 0), body)
        }
        input = ahead
        self.remaining -= 1
        guard self.remaining == 0 else { return }
        self.phase = .items
        if self.holdsKey {
            self.holdsKey = false
            self.skipped.emptyKeys += 1
        } else {
            try self.tell(.endOfValue, body)
        }
        self.expiry = nil
    }

    /// - Parameter count: the elements of the node at hand, which are all if it is the only one.
    private func tellHeldKey(
        _ count: Int,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        guard self.holdsKey else { return }
        self.holdsKey = false
        let total = self.remaining == 1 ? count : nil
        try self.tell(.begin(.list, key: self.heldKey.bytes, count: total, expiry: self.expiry), body)
    }

    /// Goes through a packed value.
    /// - Returns: its elements; of a hash and a sorted set, its pairs.
    private func count(
        _ kind: RDBKind,
        _ form: PackedForm,
        _ blob: Bytes,
        at place: UnsafeRawPointer
    ) throws(RDBInterruption) -> Int {
        do throws(PackedDamage) {
            var reader = PackedReader(form, blob)
            var count = 0
            while let entry = try reader.next() {
                count += 1
                if kind == .sortedSet, count & 1 == 0, Self.score(entry) == nil {
                    throw PackedDamage("has a score that is not a number")
                }
            }
            switch kind {
            case .list, .set: return count
            case .sortedSet, .hash:
                guard count & 1 == 0 else { throw PackedDamage("has a member without its value") }
                return count / 2
            }
        } catch {
            throw self.damage(error, form, at: place)
        }
    }

    private func tellElements(
        _ kind: RDBKind,
        _ form: PackedForm,
        _ blob: Bytes,
        at place: UnsafeRawPointer,
        _ body: (RDBEvent) throws(RDBError) -> Void
    ) throws(RDBInterruption) {
        var reader = PackedReader(form, blob)
        while let entry = try self.next(&reader, at: place) {
            let member = Self.bytes(entry, self.firstNumber)
            var value = Bytes(start: nil, count: 0)
            var score = 0.0
            switch kind {
            case .list, .set: break
            case .hash:
                if let entry = try self.next(&reader, at: place) { value = Self.bytes(entry, self.secondNumber) }
            case .sortedSet:
                if let entry = try self.next(&reader, at: place) { score = Self.score(entry) ?? 0 }
            }
            try self.tell(.element(member: member, value: value, score: score), body)
        }
    }

    private func next(
        _ reader: inout PackedReader,
        at place: UnsafeRawPointer
    ) throws(RDBInterruption) -> PackedEntry? {
        do throws(PackedDamage) {
            return try reader.next()
        } catch {
            throw self.damage(error, reader.form, at: place)
        }
    }

    private func damage(_ damage: PackedDamage, _ form: PackedForm, at place: UnsafeRawPointer) -> RDBInterruption {
        self.failure(.badPacking, at: place, "a \(form) \(damage.reason)")
    }

    private static func bytes(_ entry: PackedEntry, _ room: Writer) -> Bytes {
        switch entry {
        case .bytes(let bytes): bytes
        case .integer(let number): Self.digits(number, room)
        }
    }

    private static func score(_ entry: PackedEntry) -> Double? {
        switch entry {
        case .bytes(let bytes): Self.score(bytes)
        case .integer(let number): Double(number)
        }
    }
}
