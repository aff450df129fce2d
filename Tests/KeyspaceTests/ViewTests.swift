// Views against dictionaries: one that is copied when a view is opened says what the view must show, whatever is written
// between the slices of its walk.

import Primitives
import RESP
import Testing

@testable import Keyspace

/// A keyspace that is written at random, the dictionary that it must equal, and the views that are being walked through.
private struct ViewScene: ~Copyable {
    struct Value: Equatable {
        var bytes: [UInt8]
        var expiry: Milliseconds?
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

    private mutating func expiry() -> Milliseconds? {
        self.number(0...2) == 0 ? nil : self.keyspace.now + Milliseconds(self.number(1...4000))
    }

    private mutating func rename(_ name: String, _ key: Bytes) {
        let target = self.key()
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
        let isExhausted = self.keyspace.walk(self.watched[index].id) { entry in
            let name = entry.key.text
            #expect(shown[name] == nil, "a key is shown twice")
            shown[name] = Value(bytes: Array(entry.value), expiry: entry.expiry)
            left -= 1
            return left > 0
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
        self.keyspace.visit { found[$0.key.text] = Value(bytes: Array($0.value), expiry: $0.expiry) }
        let isAsExpected = found == self.contents
        #expect(isAsExpected, "the keyspace holds what was written")
    }
}

@Suite struct ViewTests {
    @Test(
        "A view shows every key once, as it was when the view was opened, whatever is written between its slices",
        arguments: [(1, 1, 30), (2, 2, 400), (3, 3, 3000), (4, 4, 3000), (5, 4, 10_000)]
    )
    func showsItsMoment(seed: UInt64, mostViews: Int, keyCount: Int) {
        var scene = ViewScene(seed: seed, keyCount: keyCount)
        for _ in 0..<keyCount { scene.write() }
        for _ in 0..<(keyCount * 3 + 3000) {
            switch scene.number(0...999) {
            case 0..<20: if scene.watched.count < mostViews { scene.openView() }
            case 20..<60: scene.walkSlice(limit: scene.number(1...3))
            case 60..<62: scene.walkSlice(limit: scene.number(1...keyCount))
            case 62..<64: scene.removeWhatExpired()
            case 64: if scene.number(0...9) == 0 { scene.closeEarly() }
            case 65: if scene.number(0...9) == 0 { scene.flush() }
            case 66..<70: _ = scene.keyspace.releaseSlice()
            default: scene.write()
            }
        }
        scene.finish()
        #expect(scene.finishedViews > 0)
    }

    @Test("Segments that split behind, under and before the walk lose and repeat nothing")
    func splits() {
        var scene = ViewScene(seed: 11, keyCount: 40_000)
        for _ in 0..<500 { scene.write() }
        scene.openView()
        scene.walkSlice(limit: 200)
        scene.openView()
        while scene.contents.count < 4000 { scene.write() }
        scene.walkSlice(limit: 250)
        scene.openView()
        scene.openView()
        while scene.contents.count < 15_000 {
            scene.write()
            if scene.number(0...20) == 0 { scene.walkSlice(limit: 3) }
        }
        scene.finish()
        #expect(scene.finishedViews == 4)
    }

    @Test("Emptied keyspaces stay for the views over them, one table for each flush")
    func flushes() {
        var scene = ViewScene(seed: 12, keyCount: 5000)
        for round in 0..<4 {
            for _ in 0..<4000 { scene.write() }
            scene.openView()
            scene.walkSlice(limit: 100 * round + 1)
            scene.flush()
            #expect(scene.keyspace.count == 0)
        }
        #expect(scene.keyspace.openView() == nil)
        scene.finish()
        #expect(scene.finishedViews == 4)
    }

    @Test("A view that ends early takes its marks with it before it is opened again")
    func closesEarly() {
        var scene = ViewScene(seed: 13, keyCount: 60_000)
        for _ in 0..<50_000 { scene.write() }
        for _ in 0..<Keyspace.mostViews { scene.openView() }
        scene.walkSlice(limit: 20_000)
        for _ in 0..<20_000 { scene.write() }
        #expect(scene.keyspace.viewBytes > 0)
        for _ in 0..<Keyspace.mostViews { scene.closeEarly() }
        #expect(scene.keyspace.openView() == nil)
        var slices = 1
        while scene.keyspace.releaseSlice() {
            slices += 1
            for _ in 0..<100 { scene.write() }
        }
        #expect(slices > 4)
        #expect(scene.keyspace.viewBytes == 0)
        for _ in 0..<Keyspace.mostViews { scene.openView() }
        for _ in 0..<10_000 { scene.write() }
        scene.finish()
        #expect(scene.finishedViews == Keyspace.mostViews)
    }

    @Test("An unread view costs what was changed since, and nothing once it is read or closed")
    func accounts() {
        let session = Session()
        let value = String(repeating: "v", count: 100)
        for index in 0..<1000 { session.ask("SET key:\(index) \(value)") }
        let view = session.keyspace.openView()
        #expect(session.keyspace.viewBytes == 0)
        for _ in 0..<3 { for index in 0..<100 { session.ask("SET key:\(index) \(value)") } }
        for index in 0..<500 { session.ask("SET other:\(index) \(value)") }
        let bytes = session.keyspace.viewBytes
        #expect(bytes >= 100 * 112 && bytes <= 100 * 112 + 8192)
        var shown = 0
        guard let view else { return }
        while !session.keyspace.walk(
            view,
            { _ in
                shown += 1
                return true
            }
        ) {}
        #expect(shown == 1000)
        #expect(session.keyspace.viewBytes == 0)
        session.ask("SET key:0 changed")
        #expect(session.keyspace.viewBytes == 0)
        session.keyspace.closeView(view)
        #expect(session.keyspace.openView() != nil)
    }

    @Test("A keyspace may go while views look at it and at what it was before")
    func goesWithViews() {
        var scene = ViewScene(seed: 14, keyCount: 3000)
        for _ in 0..<3000 { scene.write() }
        scene.openView()
        for _ in 0..<1000 { scene.write() }
        scene.flush()
        for _ in 0..<1000 { scene.write() }
        scene.openView()
        scene.openView()
        for _ in 0..<1000 { scene.write() }
        scene.closeEarly()
        #expect(scene.keyspace.viewBytes > 0)
    }

    @Test("An empty keyspace has a view, and a walk through empty segments stops by itself")
    func emptySegments() {
        let session = Session()
        guard let first = session.keyspace.openView() else { return #expect(Bool(false)) }
        session.ask("SET a b")
        #expect(session.keyspace.walk(first) { _ in false })
        session.keyspace.closeView(first)
        for index in 0..<50_000 { session.ask("SET key:\(index) v") }
        for index in 0..<50_000 { session.ask("DEL key:\(index)") }
        guard let second = session.keyspace.openView() else { return #expect(Bool(false)) }
        var slices = 1
        while !session.keyspace.walk(second, { _ in true }) { slices += 1 }
        #expect(slices > 1)
        #expect(session.ask("GET a") == "$1|b")
    }
}
