import Primitives
import ReplicationLog
import Simulation
import Testing

@Suite struct FaultyStorageCrashTests {
    /// What a crash leaves of a scene, over many seeds; nil where the file is gone.
    private func outcomes(
        of name: String = "one",
        seeds: Range<UInt64> = 0..<400,
        _ scene: (FaultyStorage) throws -> Void
    ) throws -> [[UInt8]?] {
        try seeds.map { seed in
            let storage = FaultyStorage()
            try scene(storage)
            var generator = SeededGenerator(seed: seed)
            storage.crash(using: &generator)
            let contents = try storage.contents(of: name)
            #expect(contents == storage.durableContents(of: name), "after a crash all that is left is on the disk")
            return contents
        }
    }

    @Test("what was synced, in name and contents, survives every crash")
    func synced() throws {
        let outcomes = try self.outcomes { storage in
            let file = try storage.open("one", create: true)
            try file.writeAll([1, 2, 3, 4], at: 0)
            try file.truncate(to: 3)
            try file.writeAll([9], at: 0)
            try file.sync()
            try storage.syncDirectory()
        }
        #expect(outcomes.allSatisfy { $0 == [9, 2, 3] })
    }

    @Test("a file whose name was not synced may be gone, and one whose contents were not may be empty")
    func unsynced() throws {
        let nameless = try self.outcomes { storage in
            let file = try storage.open("one", create: true)
            try file.writeAll([1], at: 0)
            try file.sync()
        }
        #expect(Set(nameless) == [nil, [1]])
        let empty = try self.outcomes { storage in
            try storage.open("one", create: true).writeAll([1], at: 0)
            try storage.syncDirectory()
        }
        #expect(Set(empty) == [[], [0], [1]])
    }

    @Test("writes survive in any subset, with zeros where one is missing before another")
    func subsets() throws {
        let outcomes = try self.outcomes { storage in
            storage.install("one", [1])
            let file = try storage.open("one", create: false)
            for byte in 2...4 as ClosedRange<UInt8> { try file.writeAll([byte], at: Int(byte) - 1) }
        }
        let seen = Set(outcomes)
        let possible: [[UInt8]] = [[1], [1, 2], [1, 0, 3], [1, 0, 0, 4], [1, 2, 3], [1, 2, 0, 4], [1, 2, 3, 4]]
        #expect(seen.isSuperset(of: possible))
        for case let bytes? in outcomes {
            #expect(bytes.first == 1 && bytes.count <= 4)
            #expect(bytes.enumerated().allSatisfy { $1 == 0 || $1 == $0 + 1 })
        }
    }

    @Test("a large write is torn: a beginning of it, sectors of zeros, or the size alone")
    func torn() throws {
        let sector = 512
        let start = 100
        let written = [UInt8](repeating: 7, count: 4 * sector)
        let outcomes = try self.outcomes { storage in
            storage.install("one", [UInt8](repeating: 1, count: start))
            try storage.open("one", create: false).writeAll(written, at: start)
        }
        var sawHole = false
        var sawPrefix = false
        var sawZerosAtEnd = false
        for case let bytes? in outcomes {
            #expect(bytes.prefix(start).allSatisfy { $0 == 1 } && bytes.count <= start + written.count)
            for begin in stride(from: 0, to: bytes.count, by: sector) {
                let end = min(begin + sector, bytes.count)
                let new = bytes[max(begin, start)..<end]
                #expect([[], [0], [7]].contains(Set(new)), "a sector is there or lost")
            }
            if bytes.last == 0 { sawZerosAtEnd = true }
            if bytes.last == 7, bytes.contains(0) { sawHole = true }
            if !bytes.contains(0), bytes.count % sector != start, bytes.count % sector != 0 { sawPrefix = true }
        }
        #expect(sawHole && sawPrefix && sawZerosAtEnd)
        #expect(Set(outcomes).isSuperset(of: [[UInt8](repeating: 1, count: start)]))
    }

    @Test("where a write over old bytes is lost, the old ones stay")
    func overwritten() throws {
        let outcomes = try self.outcomes { storage in
            storage.install("one", [UInt8](repeating: 1, count: 2_000))
            try storage.open("one", create: false).writeAll([UInt8](repeating: 2, count: 2_000), at: 0)
        }
        for case let bytes? in outcomes { #expect(bytes.count == 2_000 && !bytes.contains(0)) }
        #expect(Set(outcomes).count > 20)
    }

    @Test("a truncation that was not synced may be undone")
    func truncation() throws {
        let outcomes = try self.outcomes { storage in
            storage.install("one", [1, 2, 3])
            try storage.open("one", create: false).truncate(to: 1)
        }
        #expect(Set(outcomes) == [[1], [1, 2, 3]])
    }

    @Test("a rename leaves the old file or the new one, whole, when the new one was synced before")
    func rename() throws {
        let outcomes = try self.outcomes { storage in
            storage.install("one", [1])
            let draft = try storage.open("one.new", create: true)
            try draft.writeAll([2, 2], at: 0)
            try draft.sync()
            try storage.rename("one.new", to: "one")
        }
        #expect(Set(outcomes) == [[1], [2, 2]])
        let replaced = try self.outcomes { storage in
            storage.install("one", [1])
            try storage.replace("one", with: [2, 2])
        }
        #expect(Set(replaced) == [[2, 2]])
    }

    @Test("a file that was removed may come back until the directory is synced")
    func removed() throws {
        let outcomes = try self.outcomes { storage in
            storage.install("one", [1])
            try storage.remove("one")
        }
        #expect(Set(outcomes) == [nil, [1]])
        let synced = try self.outcomes { storage in
            storage.install("one", [1])
            try storage.remove("one")
            try storage.syncDirectory()
        }
        #expect(Set(synced) == [nil])
    }

    @Test("handles opened before a crash fail after it, and say why")
    func handles() throws {
        let storage = FaultyStorage()
        storage.install("one", [1])
        let file = try storage.open("one", create: false)
        var generator = SeededGenerator(seed: 1)
        storage.crash(using: &generator)
        let calls: [() throws -> Void] = [
            { _ = try file.size() }, { _ = try file.bytes() }, { try file.writeAll([1], at: 0) },
            { try file.sync() }, { try file.truncate(to: 0) },
        ]
        for call in calls {
            let error = #expect(throws: StorageError.self) { try call() }
            #expect(error?.code == .other && error?.reason == "the file was opened before a crash")
        }
        #expect(try storage.open("one", create: false).bytes() == [1])
    }

    @Test("the same seed gives the same disk")
    func deterministic() throws {
        func run(_ seed: UInt64) throws -> ([StoredFile], [[UInt8]?], FaultyStorage.Counters) {
            var generator = SeededGenerator(seed: seed)
            let storage = FaultyStorage(seed: seed)
            storage.faults.hasShortWrites = true
            storage.faults.failingSyncs = .number(5)
            storage.faults.droppedWritesMayLast = true
            for round in 0..<30 {
                let name = "file-\(Int.random(in: 0..<5, using: &generator))"
                let file = try storage.open(name, create: true)
                let bytes = [UInt8](repeating: UInt8(round), count: .random(in: 1..<3_000, using: &generator))
                try file.writeAll(bytes, at: .random(in: 0..<2_000, using: &generator))
                if Bool.random(using: &generator) { try? file.sync() }
                if round % 7 == 3 { try storage.syncDirectory() }
                if round % 5 == 4 { try storage.rename(name, to: "renamed-\(round % 3)") }
                if round % 10 == 9 { storage.crash(using: &generator) }
            }
            let files = try storage.list()
            return (files, try files.map { try storage.contents(of: $0.name) }, storage.counters)
        }
        for seed in 0..<20 as Range<UInt64> {
            let (first, second) = (try run(seed), try run(seed))
            #expect(first == second)
        }
    }
}
