import Primitives
import Testing
import Workload

@Suite struct MutationMixTests {
    @Test("kinds come as often as their parts say")
    func shares() {
        var counts: [MutationMix.Kind: Int] = [:]
        for number in 0..<100 { counts[MutationMix.every.kind(UInt64(number)), default: 0] += 1 }
        for kind in MutationMix.Kind.allCases { #expect(counts[kind] == MutationMix.every.parts(kind)) }
        #expect(MutationMix.sets.isPlain && !MutationMix.every.isPlain)
        #expect(MutationMix(set: 1, append: 1).growsForever && !MutationMix.every.growsForever)
        #expect(MutationMix(set: 80, increment: 20).description == "set 80 incr 20")
    }

    private func batch(
        _ mix: MutationMix,
        sizes: ValueSizes,
        count: Int = 500,
        seed: UInt64 = 5
    ) -> (batch: MixedBatch, ledger: Ledger) {
        var generator = SeededGenerator(seed: seed)
        var ledger = Ledger(connections: 2)
        var batch = MixedBatch(mix, sizes: sizes, compressibility: 0.4, filler: Filler(using: &generator))
        batch.advance(count, connection: 1, keys: .uniform(keys: 100), ledger: &ledger, using: &generator)
        return (batch, ledger)
    }

    @Test("a mixed batch is RESP, its keys fit their commands, and only its SETs are numbered")
    func commands() throws {
        let (batch, ledger) = self.batch(.every, sizes: .fixed(30))
        let prefixes = ["SET": "key:", "INCR": "cnt:", "APPEND": "app:", "HSET": "hsh:", "LPUSH": "lst:"]
        var rest = batch.bytes[...]
        var sets: UInt64 = 0
        var deletes: [Int] = []
        var kinds: Set<String> = []
        for place in 0..<500 {
            let words = try Self.command(&rest)
            let name = String(decoding: words[0], as: UTF8.self)
            kinds.insert(name)
            let key = String(decoding: words[1], as: UTF8.self)
            #expect(key.utf8.count == LoadKey.size)
            if let prefix = prefixes[name] { #expect(key.hasPrefix(prefix)) }
            if name == "DEL" { deletes.append(place) }
            guard name == "SET" else { continue }
            sets += 1
            let header = words[2].withUnsafeBytes { MutationHeader(reading: $0) }
            #expect(header == MutationHeader(connection: 1, sequence: sets))
        }
        #expect(rest.isEmpty && kinds.count == 6)
        #expect(batch.deletions.map(\.place) == deletes)
        #expect(ledger.count == 500 - UInt64(deletes.count) && ledger.last == [0, sets])
    }

    @Test(
        "a stream of every kind, deletions that found something included, sums up to the ledger; a doubled one does not"
    )
    func verified() throws {
        let (batch, start) = self.batch(.every, sizes: .uniform(24...300))
        var ledger = start
        for deletion in batch.deletions { ledger.enter(deletion.digest) }
        var verifier = StreamVerifier(behind: Ledger(connections: 2))
        var rest = batch.bytes[...]
        var first: OtherMutation?
        for _ in 0..<500 {
            let words = try Self.command(&rest)
            if words[0] == Array("SET".utf8) {
                try words[1].withUnsafeBytes { key in
                    try words[2].withUnsafeBytes { try verifier.receive(key: key, value: $0) }
                }
            } else {
                let other = try #require(Self.other(words))
                first = first ?? other
                verifier.receive(other)
            }
        }
        #expect(verifier.count == ledger.count && verifier.digest == ledger.digest)
        verifier.receive(try #require(first))
        #expect(verifier.count != ledger.count && verifier.digest != ledger.digest)
    }

    @Test("commands of others are not taken for the generator's")
    func strangers() {
        let key = "cnt:000000000007"
        #expect(Self.other(["INCR", key].map { Array($0.utf8) }) != nil)
        for words in [
            ["INCR", "count:7"], ["DECR", key], ["APPEND", key, "x"], ["SET", key, "x"], ["PING", key],
            ["DEL", "mix:00000000000a"],
        ] {
            #expect(Self.other(words.map { Array($0.utf8) }) == nil, "\(words)")
        }
    }

    @Test("a share of every value compresses away, and none of the rest does")
    func compressibility() throws {
        let (batch, _) = self.batch(.sets, sizes: .fixed(1000), count: 4)
        var rest = batch.bytes[...]
        for _ in 0..<4 {
            let value = try Self.command(&rest)[2]
            let repeated = zip(value, value.dropFirst()).count { $0 == $1 }
            #expect((395...420).contains(repeated))
        }
    }

    private static func other(_ words: [[UInt8]]) -> OtherMutation? {
        words[0].withUnsafeBytes { name in
            words[1].withUnsafeBytes { key in
                guard words.count > 2, let last = words.last else {
                    return OtherMutation(name: name, key: key, argument: nil)
                }
                return last.withUnsafeBytes { OtherMutation(name: name, key: key, argument: $0) }
            }
        }
    }

    private static func command(_ rest: inout ArraySlice<UInt8>) throws -> [[UInt8]] {
        func number(_ mark: Character) throws -> Int {
            let end = try #require(rest.firstIndex(of: 13))
            let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
            rest = rest[(end + 2)...]
            return try #require(line.first == mark ? Int(line.dropFirst()) : nil)
        }
        return try (0..<number("*")).map { _ in
            let size = try number("$")
            defer { rest = rest[(rest.startIndex + size + 2)...] }
            return Array(rest.prefix(size))
        }
    }
}
