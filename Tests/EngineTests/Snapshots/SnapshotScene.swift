import Primitives
import RESP

@testable import Engine
@testable import Keyspace

/// What a keyspace holds, in a form that can be compared.
struct Contents: Equatable {
    struct Value: Equatable {
        var kind = ValueKind.string
        var expiry: Milliseconds?
        /// One for a string; for a collection its elements in order.
        var parts: [[UInt8]] = []
        var scores: [UInt64] = []
    }

    var values: [[UInt8]: Value] = [:]

    init() {}

    init(of keyspace: inout Keyspace) {
        var values: [[UInt8]: Value] = [:]
        let decidesExpiry = keyspace.decidesExpiry
        let now = keyspace.now
        keyspace.decidesExpiry = false
        keyspace.now = .min
        keyspace.visit { values[Array($0.key)] = Value($0) }
        keyspace.decidesExpiry = decidesExpiry
        keyspace.now = now
        self.values = values
    }
}

extension Contents.Value {
    init(_ entry: Entry) {
        self.kind = entry.kind
        self.expiry = entry.expiry
        guard let collection = entry.collection else {
            self.parts = [Array(entry.value)]
            return
        }
        var elements: [(parts: [[UInt8]], score: UInt64)] = []
        _ = collection.visit(from: 0) { element in
            elements.append(([Array(element.member), Array(element.value)], element.score.bitPattern))
            return true
        }
        // Sets and hashes are ordered by a secret hash, which another keyspace does not share.
        if self.kind == .set || self.kind == .hash {
            elements.sort { $0.parts[0].lexicographicallyPrecedes($1.parts[0]) }
        }
        self.parts = elements.flatMap(\.parts)
        self.scores = elements.map(\.score)
    }
}

/// Makes keyspaces at random, and writes to them.
struct SnapshotScene: ~Copyable {
    var keyspace: Keyspace
    var generator: SeededGenerator
    let keyCount: Int
    let facts: SnapshotFacts

    init(seed: UInt64, keyCount: Int) {
        self.keyspace = Keyspace(seed: seed)
        self.keyspace.decidesExpiry = false
        var generator = SeededGenerator(seed: seed &* 31 &+ 5)
        self.facts = SnapshotFacts(
            history: History(using: &generator),
            position: generator.next() >> 1,
            now: 1_700_000_000_000,
            version: "1.2.3",
            usedMemory: 12345
        )
        self.generator = generator
        self.keyCount = keyCount
    }

    mutating func fill() { for _ in 0..<self.keyCount * 2 { self.write() } }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self.generator) }

    private mutating func bytes(_ range: ClosedRange<Int>) -> [UInt8] {
        if self.number(0...4) == 0 { return Array(String(self.number(-70000...70000)).utf8) }
        let byte = UInt8(truncatingIfNeeded: self.number(0...255))
        return [UInt8](repeating: byte, count: self.number(range))
    }

    /// Gives a key a value of any kind, or takes it away.
    mutating func write() {
        let name = Array("key:\(self.number(0...self.keyCount - 1))".utf8)
        let expiry: Milliseconds? = self.number(0...2) == 0 ? Milliseconds(self.number(1...2_000_000_000)) * 1000 : nil
        let kind = self.number(0...19)
        let value = self.bytes(self.number(0...30) == 0 ? 0...20_000 : 0...200)
        name.withUnsafeBytes { key in
            self.remove(key)
            switch kind {
            case 0: return
            case 1..<5:
                let collection = self.collection([.list, .set, .sortedSet, .hash][kind - 1])
                _ = self.keyspace.load(key, collection, expiry: expiry)
            default: _ = value.withUnsafeBytes { self.keyspace.load(key, $0, expiry: expiry) }
            }
        }
    }

    mutating func remove(_ key: Bytes) {
        let place = self.keyspace.place(of: key)
        if place.slot != nil { self.keyspace.remove(at: place) }
    }

    private mutating func collection(_ kind: ValueKind) -> Collection {
        var builder = self.keyspace.builder(kind)
        let count = self.number(0...30) == 0 ? 1200 : self.number(1...12)
        for _ in 0..<count {
            let (member, value) = (self.bytes(0...40), self.bytes(0...40))
            let score = Double(self.number(-1_000_000...1_000_000)) / 7
            member.withUnsafeBytes { member in
                value.withUnsafeBytes { value in
                    _ = builder.append(
                        member: member,
                        value: kind == .hash ? value : Bytes(start: nil, count: 0),
                        score: kind == .sortedSet ? score : 0
                    )
                }
            }
        }
        return builder.finish()
    }

    /// A snapshot in slices of so many bytes; `between` runs after each.
    mutating func snapshot(limit: Int, _ between: (inout SnapshotScene) -> Void = { _ in }) -> [UInt8] {
        guard let snapshot = SnapshotWriter(on: &self.keyspace, self.facts) else { return [] }
        let writer = Writer()
        var file: [UInt8] = []
        var isFinished = false
        while !isFinished {
            isFinished = snapshot.write(from: &self.keyspace, into: writer, limit: limit)
            file += writer.bytes
            writer.removeAll()
            if !isFinished { between(&self) }
        }
        return file
    }
}

/// Loads a file in pieces of so many bytes.
func load(
    _ file: [UInt8],
    pieces: Int = 1 << 16,
    into loader: SnapshotLoader = SnapshotLoader(seed: 99)
) throws(SnapshotError) -> LoadedSnapshot {
    var start = 0
    while start < file.count {
        let end = min(start + pieces, file.count)
        // A closure would lose the type of the error.
        var failure: SnapshotError?
        file[start..<end].withUnsafeBytes { piece in
            do throws(SnapshotError) { try loader.load(piece) } catch { failure = error }
        }
        if let failure { throw failure }
        start = end
    }
    return try loader.finish()
}
