// The table against a dictionary: whatever happens in whatever order, both hold the same.

import Primitives
import RESP
import Testing

@testable import Keyspace

@Suite struct TableTests {
    private struct Expected: Equatable {
        var value: [UInt8]
        var expiry: Milliseconds?
    }

    @Test(
        "Random writes, overwrites, removals and expiries leave what a dictionary holds",
        arguments: [1, 40, 3000, 100_000]
    )
    func agreesWithDictionary(keyCount: Int) {
        var keyspace = Keyspace(seed: UInt64(keyCount))
        var expected: [String: Expected] = [:]
        var generator = SeededGenerator(seed: 42)
        for step in 0..<(keyCount * 4 + 2000) {
            keyspace.now = Milliseconds(step)
            let name = "key:\(Int.random(in: 0..<keyCount, using: &generator))"
            let length = Int.random(in: 0...180, using: &generator)
            let value = [UInt8](repeating: UInt8(truncatingIfNeeded: step), count: length)
            let expiry =
                Bool.random(using: &generator) ? Milliseconds(step + Int.random(in: 1...5000, using: &generator)) : nil
            if let old = expected[name]?.expiry, old <= keyspace.now { expected[name] = nil }
            name.withBytes { key in
                let place = keyspace.place(of: key)
                #expect((place.slot != nil) == (expected[name] != nil))
                switch Int.random(in: 0..<8, using: &generator) {
                case 0 where place.slot != nil:
                    keyspace.remove(at: place)
                    expected[name] = nil
                case 1 where place.slot != nil:
                    keyspace.setExpiry(expiry, at: place)
                    expected[name]?.expiry = expiry
                case 2:
                    _ = keyspace.expireSlice(segments: 8, limit: 20)
                    keyspace.mutations.removeAll()
                default:
                    value.withUnsafeBytes { keyspace.store(key, $0, expiry: expiry, at: place) }
                    expected[name] = Expected(value: value, expiry: expiry)
                }
            }
            keyspace.mutations.removeAll()
        }
        expected = expected.filter { $0.value.expiry.map { $0 > keyspace.now } ?? true }
        #expect(Self.contents(&keyspace) == expected)
        #expect(keyspace.count == expected.count)
        #expect(keyspace.expiringCount == expected.values.count { $0.expiry != nil })
    }

    private static func contents(_ keyspace: inout Keyspace) -> [String: Expected] {
        var found: [String: Expected] = [:]
        keyspace.visit { entry in
            #expect(found[entry.key.text] == nil, "a key is there twice")
            found[entry.key.text] = Expected(value: Array(entry.value), expiry: entry.expiry)
        }
        return found
    }

    @Test("A bucket is filled from its front, and clearing a slot leaves no hole")
    func bucketsHaveNoHoles() {
        let segment = Segment.allocate(depth: 0)
        defer { segment.deallocate() }
        let bucket = segment.bucket(5)
        #expect(Segment.fill(bucket) == 0)
        for index in 0..<Segment.slotsPerBucket { bucket[index] = UInt64(index + 1) }
        #expect(Segment.fill(bucket) == Segment.slotsPerBucket)
        segment.clear(bucket + 3)
        #expect(Segment.fill(bucket) == Segment.slotsPerBucket - 1)
        #expect(bucket[3] == 16)
        segment.clear(bucket + 14)
        #expect((0..<14).allSatisfy { bucket[$0] != 0 })
        #expect(bucket[14] == 0 && bucket[15] == 0)
        #expect(Segment.fill(segment.bucket(4)) == 0 && Segment.fill(segment.bucket(6)) == 0)
    }

    @Test("Size classes are multiples of 16 up to 128, then four to a doubling")
    func sizeClasses() {
        let sizes = [0, 1, 16, 17, 112, 128, 129, 160, 161, 256, 257, 1024, 1025, 1280, 1281, 4096, 4097]
        let classes = [16, 16, 16, 32, 112, 128, 160, 160, 192, 256, 320, 1024, 1280, 1280, 1536, 4096, 5120]
        #expect(sizes.map(SizeClass.roundUp) == classes)
    }

    @Test("An entry keeps its block as long as no smaller or larger one fits better")
    func entriesStayInPlace() {
        let entry = "0123456789abcdef".withBytes { Entry.allocate(key: $0, valueLength: 100, expiry: nil) }
        defer { entry.deallocate() }
        #expect(entry.allocatedBytes == 128)
        #expect(entry.fits(valueLength: 104) && entry.fits(valueLength: 89))
        #expect(!entry.fits(valueLength: 105) && !entry.fits(valueLength: 88))
        #expect(entry.key.text == "0123456789abcdef")
        #expect(entry.expiry == nil)
    }

    @Test("What was emptied is given back in slices, and the keyspace is empty at once")
    func releasesInSlices() {
        let session = Session()
        for index in 0..<20_000 { session.ask("SET key:\(index) value") }
        session.ask("FLUSHALL")
        #expect(session.keyspace.count == 0)
        session.ask("SET after 1")
        var slices = 1
        while session.releaseSlice() { slices += 1 }
        #expect(slices > 2)
        #expect(!session.releaseSlice())
        #expect(session.ask("KEYS *") == "*1|$5|after")
    }

    @Test("A key cannot be chosen to collide under every seed")
    func secretWords() {
        // The first word of these keys is wyhash's public secret; its product with anything would be zero.
        var key: [UInt8] = [0xd1, 0x7e, 0x03, 0xe7, 0, 0, 0, 0, 0xdb, 0x28, 0xb4, 0xa0, 0, 0, 0, 0]
        let hash = KeyHash(seed: 9)
        var hashes: Set<UInt64> = []
        for byte in UInt8.min ... .max {
            key[4] = byte
            hashes.insert(key.withUnsafeBytes { hash($0) })
        }
        #expect(hashes.count == 256)
    }
}
