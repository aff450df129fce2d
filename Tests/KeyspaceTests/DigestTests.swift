import Primitives
import RESP
import Testing

@testable import Keyspace

@Suite struct DigestTests {
    private static func digest(of keyspace: inout Keyspace, bytes: Int = 1 << 20) -> Digest {
        guard let pass = DigestPass(on: &keyspace) else { preconditionFailure("there is a view") }
        while !pass.step(on: &keyspace, bytes: bytes) {}
        #expect(pass.keyCount == keyspace.count)
        return pass.digest
    }

    /// Keyspaces in which a value of every kind stands under one key, element by element.
    private static func keyspace(
        seed: UInt64,
        _ values: [(key: String, kind: ValueKind, elements: [(String, String, Double)], expiry: Milliseconds?)]
    ) -> Keyspace {
        var keyspace = Keyspace(seed: seed)
        for value in values {
            value.key.withBytes { key in
                if value.kind == .string {
                    value.elements[0].0.withBytes { _ = keyspace.load(key, $0, expiry: value.expiry) }
                    return
                }
                var builder = keyspace.builder(value.kind)
                for (member, field, score) in value.elements {
                    member.withBytes { member in
                        field.withBytes { _ = builder.append(member: member, value: $0, score: score) }
                    }
                }
                _ = keyspace.load(key, builder.finish(), expiry: value.expiry)
            }
        }
        return keyspace
    }

    private static func digest(
        _ kind: ValueKind,
        _ elements: [(String, String, Double)],
        key: String = "key",
        expiry: Milliseconds? = nil,
        seed: UInt64 = 1
    ) -> Digest {
        var keyspace = Self.keyspace(seed: seed, [(key, kind, elements, expiry)])
        return Self.digest(of: &keyspace)
    }

    @Test("Equal data has an equal digest, whatever the order, the seed and the slices", arguments: [1, 100, 1 << 20])
    func equal(bytes: Int) {
        var first = ViewScene(seed: 1, keyCount: 2000)
        for _ in 0..<4000 { first.write() }
        first.keyspace.decidesExpiry = false
        let expected = Self.digest(of: &first.keyspace)
        #expect(Self.digest(of: &first.keyspace, bytes: bytes) == expected)
        // The same data, in another order, under another seed.
        var other = Keyspace(seed: 2)
        other.decidesExpiry = false
        var entries: [Entry] = []
        // What has expired and is still there counts.
        first.keyspace.now = 0
        first.keyspace.visit { entries.append($0) }
        for entry in entries.reversed() {
            if let collection = entry.collection {
                var builder = other.builder(collection.kind)
                _ = collection.visit(from: 0) { builder.append(member: $0.member, value: $0.value, score: $0.score) }
                _ = other.load(entry.key, builder.finish(), expiry: entry.expiry)
            } else {
                _ = other.load(entry.key, entry.value, expiry: entry.expiry)
            }
        }
        #expect(Self.digest(of: &other, bytes: bytes) == expected)
        #expect(expected.hex.count == 32)
    }

    @Test("Sets, hashes and sorted sets have no order, lists have one")
    func order() {
        let elements = (0..<500).map { ("member \($0)", "", 0.0) }
        let hash = elements.map { ($0.0, "value of \($0.0)", 0.0) }
        let sorted = elements.enumerated().map { ($1.0, "", Double($0 % 7)) }
        #expect(Self.digest(.set, elements) == Self.digest(.set, elements.reversed(), seed: 9))
        #expect(Self.digest(.hash, hash) == Self.digest(.hash, hash.reversed(), seed: 9))
        #expect(Self.digest(.sortedSet, sorted) == Self.digest(.sortedSet, sorted.reversed(), seed: 9))
        #expect(Self.digest(.list, elements) == Self.digest(.list, elements, seed: 9))
        #expect(Self.digest(.list, elements) != Self.digest(.list, elements.reversed()))
    }

    @Test("A long string has one digest, whatever the slices and the writes between them")
    func longString() {
        var keyspace = Keyspace(seed: 1)
        let value = [UInt8](repeating: 7, count: 1_000_001)
        let digests = [1, 100_000, 1 << 30].map { bytes in
            "long".withBytes { key in
                value.withUnsafeBytes { keyspace.store(key, $0, expiry: nil, at: keyspace.place(of: key)) }
                guard let pass = DigestPass(on: &keyspace) else { preconditionFailure("there is a view") }
                while !pass.step(on: &keyspace, bytes: bytes) {
                    keyspace.resize(key, toLength: 1_000_001, at: keyspace.place(of: key))[0] &+= 1
                }
                return pass.digest
            }
        }
        #expect(digests[0] == digests[1] && digests[1] == digests[2])
        "long".withBytes { key in
            keyspace.resize(key, toLength: 1_000_001, at: keyspace.place(of: key))[999_999] &+= 1
        }
        #expect(digests[0] != Self.digest(of: &keyspace))
    }

    @Test("Whatever differs shows")
    func different() {
        let digests = [
            Self.digest(.string, [("a", "", 0)]),
            Self.digest(.string, [("b", "", 0)]),
            Self.digest(.string, [("", "", 0)]),
            Self.digest(.string, [("key", "", 0)], key: "a"),
            Self.digest(.string, [("a", "", 0)], expiry: 0),
            Self.digest(.string, [("a", "", 0)], expiry: 1),
            Self.digest(.string, [("a", "", 0)], expiry: 2),
            Self.digest(.list, [("a", "", 0)]),
            Self.digest(.list, [("a", "", 0), ("a", "", 0)]),
            Self.digest(.list, [("aa", "", 0)]),
            Self.digest(.set, [("a", "", 0)]),
            Self.digest(.set, [("a", "", 0), ("b", "", 0)]),
            Self.digest(.hash, [("a", "", 0)]),
            Self.digest(.hash, [("a", "b", 0), ("c", "d", 0)]),
            Self.digest(.hash, [("a", "d", 0), ("c", "b", 0)]),
            Self.digest(.hash, [("ab", "", 0)]),
            Self.digest(.sortedSet, [("a", "", 0)]),
            Self.digest(.sortedSet, [("a", "", 1), ("b", "", 2)]),
            Self.digest(.sortedSet, [("a", "", 2), ("b", "", 1)]),
            Digest(),
        ]
        #expect(Set(digests).count == digests.count)
    }

    @Test("The digest is that of its moment, and no other, while the keyspace is written to")
    func pointInTime() {
        var scene = ViewScene(seed: 3, keyCount: 3000)
        for _ in 0..<6000 { scene.write() }
        let expected = Self.digest(of: &scene.keyspace)
        guard let pass = DigestPass(on: &scene.keyspace) else { return #expect(Bool(false)) }
        while !pass.step(on: &scene.keyspace, bytes: 5000) { for _ in 0..<20 { scene.write() } }
        #expect(pass.digest == expected)
        #expect(Self.digest(of: &scene.keyspace) != expected)
        #expect(scene.keyspace.viewBytes == 0)
    }
}
