import Primitives
import RESP
import Testing

@testable import Keyspace

/// A keyspace that is written at random, the dictionary that it must equal, and the views that are being walked through.
struct ViewScene: ~Copyable {
    struct Value: Equatable {
        /// A string's bytes, or those of a list's members, one each.
        var bytes: [UInt8]
        var expiry: Milliseconds?

        init(bytes: [UInt8], expiry: Milliseconds?) {
            self.bytes = bytes
            self.expiry = expiry
        }

        init(_ entry: Entry) {
            self.bytes = []
            self.expiry = entry.expiry
            guard let collection = entry.collection else {
                self.bytes = Array(entry.value)
                return
            }
            var bytes: [UInt8] = []
            #expect(
                collection.visit(from: 0) {
                    bytes.append($0.member[0])
                    return true
                } == collection.count
            )
            self.bytes = bytes
        }
    }

    struct Watched {
        let id: ViewID
        let expected: [String: Value]
        var shown: [String: Value] = [:]
    }

    var keyspace: Keyspace
    var contents: [String: Value] = [:]
    var watched: [Watched] = []
    var generator: SeededGenerator
    private let reply = Writer()
    var finishedViews = 0
    let keyCount: Int

    init(seed: UInt64, keyCount: Int) {
        self.keyspace = Keyspace(seed: seed)
        self.generator = SeededGenerator(seed: seed &* 77)
        self.keyCount = keyCount
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self.generator) }

    mutating func key() -> String { "key:\(self.number(0...self.keyCount - 1))" }

    mutating func write() {
        self.keyspace.now += 1
        self.keyspace.mutations.removeAll()
        if self.number(0...9) == 0 { return self.push() }
        let name = self.key()
        if let expiry = self.contents[name]?.expiry, expiry <= self.keyspace.now { self.contents[name] = nil }
        let kind = self.number(0...99)
        name.withBytes { key in
            let place = self.keyspace.place(of: key)
            let isThere = place.slot != nil
            #expect(isThere == (self.contents[name] != nil))
            switch kind {
            case 0..<10 where isThere:
                self.keyspace.remove(at: place)
                self.contents[name] = nil
            case 10..<18 where isThere:
                let expiry = self.expiry()
                self.keyspace.setExpiry(expiry, at: place)
                self.contents[name]?.expiry = expiry
            case 18..<28 where isThere:
                let length = self.number(0...120)
                let target = self.keyspace.resize(key, toLength: length, at: place)
                let old = self.contents[name]?.bytes ?? []
                let added = [UInt8](repeating: 7, count: max(0, length - old.count))
                if !added.isEmpty { target[old.count...].copyBytes(from: added) }
                self.contents[name]?.bytes = Array(target)
            case 28..<34 where isThere:
                self.rename(name, key)
            default:
                // Often of the same length, so that it is written in place.
                let length = Bool.random(using: &self.generator) ? 60 : self.number(0...300)
                let value = [UInt8](repeating: UInt8(truncatingIfNeeded: self.number(0...255)), count: length)
                let expiry = kind < 60 ? nil : self.expiry()
                value.withUnsafeBytes { self.keyspace.store(key, $0, expiry: expiry, at: place) }
                self.contents[name] = Value(bytes: value, expiry: expiry)
            }
        }
    }

    /// Adds members to one of some lists that get long, or removes it or moves its end.
    private mutating func push() {
        let name = "list:\(self.number(0...9))"
        if let expiry = self.contents[name]?.expiry, expiry <= self.keyspace.now { self.contents[name] = nil }
        let kind = self.number(0...199)
        let count = kind == 3 ? 2000 : 5
        name.withBytes { key in
            let place = self.keyspace.place(of: key)
            #expect((place.slot != nil) == (self.contents[name] != nil))
            switch kind {
            case 0 where place.slot != nil:
                self.keyspace.remove(at: place)
                self.contents[name] = nil
            case 1 where place.slot != nil:
                let expiry = self.expiry()
                self.keyspace.setExpiry(expiry, at: place)
                self.contents[name]?.expiry = expiry
            case 2 where place.slot != nil: self.rename(name, key)
            default:
                guard let box = self.keyspace.changeOrMake(key, .list, at: place, self.reply) else { return }
                for member in 0..<count {
                    let member = [UInt8(truncatingIfNeeded: member &+ kind)]
                    member.withUnsafeBytes { box.append($0) }
                    self.contents[name, default: Value(bytes: [], expiry: nil)].bytes += member
                }
            }
        }
    }

    private mutating func expiry() -> Milliseconds? {
        self.number(0...2) == 0 ? nil : self.keyspace.now + Milliseconds(self.number(1...4000))
    }

    private mutating func rename(_ name: String, _ key: Bytes) {
        let target = name.hasPrefix("key:") ? self.key() : "list:\(self.number(0...9))"
        guard target != name, let entry = self.keyspace.place(of: key).entry else { return }
        target.withBytes { other in
            let moved = entry.copy(named: other)
            self.keyspace.remove(at: self.keyspace.place(of: key))
            self.keyspace.put(moved, at: self.keyspace.place(of: other))
        }
        self.contents[target] = self.contents[name]
        self.contents[name] = nil
    }

    mutating func removeWhatExpired() {
        let mutations = self.keyspace.mutations
        mutations.removeAll()
        _ = self.keyspace.expireSlice(segments: 8, limit: 50)
        for index in 0..<mutations.count {
            var parser = CommandParser()
            guard case .command = parser.next(in: mutations[index]) else { continue }
            self.contents[parser.current[1].text] = nil
        }
        mutations.removeAll()
    }

    mutating func flush() {
        self.keyspace.removeAll()
        self.contents = [:]
    }

    mutating func openView() {
        guard let id = self.keyspace.openView() else { return }
        self.watched.append(Watched(id: id, expected: self.contents))
    }

    /// Shows up to so many entries of one of the views.
    mutating func walkSlice(limit: Int) {
        guard !self.watched.isEmpty else { return }
        let index = self.number(0...self.watched.count - 1)
        var left = limit
        var shown = self.watched[index].shown
        // Now and then an entry is kept, and read when more was written.
        let keeps = self.number(0...3) == 0
        let id = self.watched[index].id
        if let kept = self.keyspace.kept(id) {
            shown[kept.key.text] = Value(kept)
            self.keyspace.letGo(id)
        }
        let isExhausted = self.keyspace.show(id) { entry in
            let name = entry.key.text
            #expect(shown[name] == nil, "a key is shown twice")
            left -= 1
            if left == 0, keeps { return .keep }
            shown[name] = Value(entry)
            return left > 0 ? .goOn : .stop
        }
        #expect(left >= 0 && (!isExhausted || left > 0), "the walk stops when it is told to")
        self.watched[index].shown = shown
        guard isExhausted else { return }
        let isAsExpected = shown == self.watched[index].expected
        #expect(isAsExpected, "a view shows its moment")
        self.keyspace.closeView(self.watched.remove(at: index).id)
        self.finishedViews += 1
    }

    mutating func closeEarly() {
        guard let last = self.watched.popLast() else { return }
        self.keyspace.closeView(last.id)
    }

    mutating func finish() {
        while !self.watched.isEmpty { self.walkSlice(limit: 500) }
        while self.keyspace.releaseSlice() {}
        #expect(self.keyspace.viewBytes == 0)
        var found: [String: Value] = [:]
        self.keyspace.decidesExpiry = false
        self.keyspace.now = 0
        self.keyspace.visit { found[$0.key.text] = Value($0) }
        let isAsExpected = found == self.contents
        #expect(isAsExpected, "the keyspace holds what was written")
    }
}
