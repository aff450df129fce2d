// Views against dictionaries: one that is copied when a view is opened says what the view must show, whatever is written
// between the slices of its walk.

import Testing

@testable import Keyspace

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
            let before = scene.keyspace.viewBytes
            scene.flush()
            #expect(scene.keyspace.count == 0)
            #expect(scene.keyspace.viewBytes > before + 300_000 && scene.keyspace.viewBytes < before + 2_000_000)
        }
        #expect(scene.keyspace.openView() == nil)
        scene.finish()
        #expect(scene.finishedViews == 4)
    }

    @Test("A keyspace that takes another's place leaves the old one to the views over it")
    func adopts() {
        var scene = ViewScene(seed: 15, keyCount: 4000)
        for round in 0..<3 {
            for _ in 0..<5000 { scene.write() }
            scene.openView()
            scene.walkSlice(limit: 100 * round + 1)
            var other = ViewScene(seed: 100 + UInt64(round), keyCount: 4000)
            for _ in 0..<3000 { other.write() }
            other.keyspace.mutations.removeAll()
            scene.contents = other.contents
            scene.keyspace.adopt(other.keyspace)
        }
        scene.openView()
        for _ in 0..<5000 { scene.write() }
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
