import Primitives
import Testing
import Workload

@Suite struct ScheduleTests {
    @Test(
        "groups come evenly, and over time as many commands as the rate says",
        arguments: [1, 999, 5000, 50_000, 123_456]
    )
    func rate(rate: Int) {
        var schedule = Schedule(rate: rate, began: 1000)
        var commands = 0
        var last: UInt64?
        while let due = schedule.take(by: 1000 + 2_000_000_000) {
            #expect(last.map { $0 < due } ?? (due == 1000))
            last = due
            commands += schedule.commandsPerGroup
        }
        #expect(abs(commands - 2 * rate) <= schedule.commandsPerGroup)
        #expect(Double(schedule.commandsPerGroup) <= max(1, Double(rate) * 0.000_21))
    }

    @Test("nothing is taken before its time, and a pause is made up for in full")
    func pause() {
        var schedule = Schedule(rate: 1000, began: 0)
        #expect(schedule.take(by: 0) == 0)
        #expect(schedule.take(by: 999_999) == nil)
        #expect((0..<10).allSatisfy { _ in schedule.take(by: 10_000_000) != nil })
        #expect(schedule.take(by: 10_000_000) == nil)
    }
}

@Suite struct MutationMixTests {
    @Test("kinds come as often as their parts say")
    func shares() {
        var counts: [MutationMix.Kind: Int] = [:]
        for number in 0..<100 { counts[MutationMix.every.kind(UInt64(number)), default: 0] += 1 }
        for kind in MutationMix.Kind.allCases { #expect(counts[kind] == MutationMix.every.parts(kind)) }
        #expect(MutationMix.sets.isPlain && !MutationMix.every.isPlain)
    }

    @Test("a mixed batch is RESP, its keys fit their commands, and only its SETs are numbered")
    func batch() throws {
        var generator = SeededGenerator(seed: 5)
        var ledger = Ledger(connections: 2)
        var batch = MixedBatch(depth: 500, valueSize: 30, mix: .every, using: &generator)
        batch.advance(connection: 1, keys: .uniform(keys: 100), ledger: &ledger, using: &generator)
        let prefixes = ["SET": "key:", "INCR": "cnt:", "APPEND": "app:", "HSET": "hsh:", "LPUSH": "lst:"]
        var rest = batch.bytes[...]
        var sets: UInt64 = 0
        var kinds: Set<String> = []
        for _ in 0..<500 {
            let words = try Self.command(&rest)
            let name = String(decoding: words[0], as: UTF8.self)
            kinds.insert(name)
            let key = String(decoding: words[1], as: UTF8.self)
            #expect(key.utf8.count == LoadKey.size)
            if let prefix = prefixes[name] { #expect(key.hasPrefix(prefix)) }
            guard name == "SET" else { continue }
            sets += 1
            let header = words[2].withUnsafeBytes { MutationHeader(reading: $0) }
            #expect(header == MutationHeader(connection: 1, sequence: sets))
        }
        #expect(rest.isEmpty && kinds.count == 6)
        #expect(ledger.count == sets && ledger.last == [0, sets])
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
