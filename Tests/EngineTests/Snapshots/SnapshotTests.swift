import Primitives
import RESP
import Testing

@testable import Engine
@testable import Keyspace

@Suite struct SnapshotTests {
    @Test("What is written is what is loaded, whatever the slices and the pieces", arguments: [0, 1, 50, 800])
    func roundTrip(keyCount: Int) throws {
        var scene = SnapshotScene(seed: UInt64(keyCount) + 1, keyCount: max(1, keyCount))
        if keyCount > 0 { scene.fill() }
        let expected = Contents(of: &scene.keyspace)
        for (limit, pieces) in [(1, 7), (1000, 1), (1 << 16, 4096), (.max >> 1, 1 << 30)] {
            if keyCount > 100, pieces == 1 { continue }
            let file = scene.snapshot(limit: limit)
            let loaded = try load(file, pieces: pieces)
            #expect(loaded.history == scene.facts.history)
            #expect(loaded.position == scene.facts.position)
            #expect(loaded.facts.version == "1.2.3")
            #expect(loaded.facts.time == scene.facts.now)
            #expect(loaded.facts.byteCount == file.count)
            #expect(!loaded.isForeign)
            #expect(loaded.keyCount == expected.values.count)
            var taken = loaded.takeKeyspace()
            let isAsExpected = Contents(of: &taken) == expected
            #expect(isAsExpected)
        }
    }

    @Test("A snapshot shows the moment when it was begun, whatever is written between its slices", arguments: 1...4)
    func pointInTime(seed: UInt64) throws {
        var scene = SnapshotScene(seed: seed, keyCount: 600)
        scene.fill()
        let expected = Contents(of: &scene.keyspace)
        var isFlushed = false
        let file = scene.snapshot(limit: 1000) { scene in
            for _ in 0..<10 { scene.write() }
            if seed == 4, !isFlushed {
                isFlushed = true
                scene.keyspace.flush()
            }
        }
        var taken = try load(file).takeKeyspace()
        let isAsExpected = Contents(of: &taken) == expected
        #expect(isAsExpected)
        #expect(scene.keyspace.viewBytes == 0)
        while scene.keyspace.releaseSlice() {}
        let isChanged = Contents(of: &scene.keyspace) != expected
        #expect(isChanged)
    }

    @Test("A slice is hardly longer than it should be, even within a large collection")
    func slices() {
        var scene = SnapshotScene(seed: 5, keyCount: 10)
        var builder = scene.keyspace.builder(.hash)
        let value = [UInt8](repeating: 118, count: 100)
        for number in 0..<20_000 {
            withUnsafeBytes(of: number.bigEndian) { member in
                value.withUnsafeBytes { _ = builder.append(member: member, value: $0) }
            }
        }
        let collection = builder.finish()
        Array("large".utf8).withUnsafeBytes { _ = scene.keyspace.load($0, collection, expiry: nil) }
        guard let snapshot = SnapshotWriter(on: &scene.keyspace, scene.facts) else { return #expect(Bool(false)) }
        let writer = Writer()
        var slices = 0
        while !snapshot.write(from: &scene.keyspace, into: writer, limit: 4096) {
            #expect(writer.count < 4096 + 200)
            writer.removeAll()
            slices += 1
            // The key may go meanwhile.
            if slices == 3 { Array("large".utf8).withUnsafeBytes { scene.remove($0) } }
        }
        #expect(slices > 500)
        #expect(snapshot.keyCount == 1)
        #expect(snapshot.fraction == 1)
    }

    @Test("A long string is written in slices, as it was, however often it is changed meanwhile", arguments: 0...3)
    func longStrings(change: Int) throws {
        var scene = SnapshotScene(seed: 5, keyCount: 10)
        let value = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
        let key = Array("long".utf8)
        key.withUnsafeBytes { key in _ = value.withUnsafeBytes { scene.keyspace.load(key, $0, expiry: 5) } }
        scene.fill()
        let expected = Contents(of: &scene.keyspace)
        var slices = 0
        let file = scene.snapshot(limit: 4096) { scene in
            slices += 1
            guard slices % 50 == 20 else { return }
            key.withUnsafeBytes { key in
                switch change {
                case 0: break
                case 1: scene.remove(key)
                case 2:
                    let place = scene.keyspace.place(of: key)
                    scene.keyspace.setExpiry(7, at: place)
                    scene.keyspace.resize(key, toLength: 999_999, at: scene.keyspace.place(of: key))[0] &+= 1
                default: scene.keyspace.flush()
                }
            }
        }
        #expect(slices > 240)
        var taken = try load(file, pieces: 5000).takeKeyspace()
        let isAsExpected = Contents(of: &taken) == expected
        #expect(isAsExpected)
        #expect(scene.keyspace.viewBytes == 0)
    }

    @Test("A snapshot given up frees its view, and there are only so many at once")
    func views() {
        var scene = SnapshotScene(seed: 6, keyCount: 500)
        scene.fill()
        var snapshots: [SnapshotWriter] = []
        while let snapshot = SnapshotWriter(on: &scene.keyspace, scene.facts) { snapshots.append(snapshot) }
        #expect(snapshots.count == Keyspace.mostViews)
        let writer = Writer()
        for snapshot in snapshots { _ = snapshot.write(from: &scene.keyspace, into: writer, limit: 500) }
        for snapshot in snapshots { snapshot.close(on: &scene.keyspace) }
        while scene.keyspace.releaseSlice() {}
        #expect(SnapshotWriter(on: &scene.keyspace, scene.facts) != nil)
    }

    @Test("What has expired is left out where this node decides, and kept for a replica")
    func expired() throws {
        var scene = SnapshotScene(seed: 7, keyCount: 800)
        scene.fill()
        let all = Contents(of: &scene.keyspace)
        let file = scene.snapshot(limit: 10_000)
        let now: Milliseconds = 1_000_000_000_000
        let loaded = try load(file, into: SnapshotLoader(seed: 3, endingKeysAt: now))
        var expected = all
        expected.values = all.values.filter { $0.value.expiry.map { $0 > now } ?? true }
        #expect(loaded.facts.expiredCount == all.values.count - expected.values.count)
        #expect(loaded.facts.expiredCount > 50)
        var taken = loaded.takeKeyspace()
        let isAsExpected = Contents(of: &taken) == expected
        #expect(isAsExpected)
        #expect(try load(file).keyCount == all.values.count)
    }

    @Test("Keys of other shards are left out and counted")
    func accepts() throws {
        var scene = SnapshotScene(seed: 8, keyCount: 800)
        scene.fill()
        let all = Contents(of: &scene.keyspace)
        let loader = SnapshotLoader(seed: 3, accepts: { ($0.last ?? 0) % 2 == 0 })
        let loaded = try load(scene.snapshot(limit: 10_000), into: loader)
        var expected = all
        expected.values = all.values.filter { ($0.key.last ?? 0) % 2 == 0 }
        #expect(loaded.facts.foreignKeyCount == all.values.count - expected.values.count)
        var taken = loaded.takeKeyspace()
        let isAsExpected = Contents(of: &taken) == expected
        #expect(isAsExpected)
    }

    @Test("A loaded keyspace takes the place of the live one, and works there")
    func adopts() throws {
        var scene = SnapshotScene(seed: 9, keyCount: 500)
        scene.fill()
        let expected = Contents(of: &scene.keyspace)
        var live = SnapshotScene(seed: 10, keyCount: 500)
        live.fill()
        let before = Contents(of: &live.keyspace)
        let file = scene.snapshot(limit: 10_000)
        // The live one is being written out when its data goes.
        var isAdopted = false
        let old = live.snapshot(limit: 5000) { live in
            guard !isAdopted else { return }
            isAdopted = true
            guard let loaded = try? load(file) else { return }
            live.keyspace.adopt(loaded.takeKeyspace())
        }
        var oldAgain = try load(old).takeKeyspace()
        let isOld = Contents(of: &oldAgain) == before
        #expect(isOld)
        let isAsExpected = Contents(of: &live.keyspace) == expected
        #expect(isAsExpected)
        for _ in 0..<1000 { live.write() }
        let written = Contents(of: &live.keyspace)
        var again = try load(live.snapshot(limit: 9999)).takeKeyspace()
        let isAgain = Contents(of: &again) == written
        #expect(isAgain)
        while live.keyspace.releaseSlice() {}
    }
}
