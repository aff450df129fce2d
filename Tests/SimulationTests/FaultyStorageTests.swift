import Primitives
import ReplicationLog
import Simulation
import Testing

@Suite struct FaultyStorageTests {
    private let storage = FaultyStorage(seed: 1)

    @Test("without faults it is a directory like any other")
    func behaves() throws {
        let file = try self.storage.open("one", create: true)
        try file.writeAll(Array("hello world".utf8), at: 0)
        try file.writeAll([1], at: 13)
        #expect(try file.bytes() == Array("hello world".utf8) + [0, 0, 1])
        #expect(try file.bytes(at: 6, count: 5) == Array("world".utf8))
        #expect(try file.bytes(at: 14).isEmpty && file.bytes(at: 99).isEmpty)
        try file.truncate(to: 5)
        try file.truncate(to: 6)
        #expect(try self.storage.contents(of: "one") == Array("hello".utf8) + [0])
        #expect(try file.size() == 6)
        try self.storage.replace("two", with: [2])
        #expect(try self.storage.list() == [StoredFile(name: "one", bytes: 6), StoredFile(name: "two", bytes: 1)])
        try self.storage.rename("two", to: "one")
        #expect(try self.storage.list() == [StoredFile(name: "one", bytes: 1)])
        #expect(try file.size() == 6, "an open handle keeps the file that it opened")
        try self.storage.remove("one")
        #expect(try self.storage.list().isEmpty)
    }

    @Test("a missing file is told from other failures")
    func missing() {
        let calls: [() throws -> Void] = [
            { _ = try self.storage.open("none", create: false) },
            { try self.storage.remove("none") },
            { try self.storage.rename("none", to: "some") },
        ]
        for call in calls {
            let error = #expect(throws: StorageError.self) { try call() }
            #expect(error?.code == .missing)
        }
    }

    @Test("calls and bytes are counted")
    func counters() throws {
        let file = try self.storage.open("one", create: true)
        try file.writeAll([1, 2, 3], at: 0)
        try file.writeAll([4], at: 3)
        _ = try file.bytes(at: 1)
        try file.sync()
        try self.storage.syncDirectory()
        let counters = self.storage.counters
        #expect(counters.writes == 2 && counters.bytesWritten == 4)
        #expect(counters.reads == 1 && counters.bytesRead == 3)
        #expect(counters.syncs == 1 && counters.directorySyncs == 1)
    }

    @Test("short writes take a beginning, and every byte arrives when they are completed")
    func shortWrites() throws {
        self.storage.faults.hasShortWrites = true
        let file = try self.storage.open("one", create: true)
        var expected: [UInt8] = []
        for index in 0..<100 {
            let part = [UInt8](repeating: UInt8(index), count: 50)
            try file.writeAll(part, at: expected.count)
            expected += part
        }
        #expect(try file.bytes() == expected)
        #expect(self.storage.counters.writes > 150)
        #expect(self.storage.counters.bytesWritten == expected.count)
    }

    @Test("a full disk takes what fits, refuses the rest, and takes more when there is room again")
    func capacity() throws {
        self.storage.faults.capacityBytes = 10
        let file = try self.storage.open("one", create: true)
        let other = try self.storage.open("two", create: true)
        try other.writeAll([9, 9], at: 0)
        #expect(try file.write([1, 2, 3, 4, 5, 6], at: 0) == 6)
        #expect(try file.write([7, 8, 9, 10], at: 6) == 2)
        #expect(try file.write([1, 1, 1], at: 7) == 1, "what is there may be written over")
        let refused: [() throws -> Void] = [
            { try file.writeAll([1], at: 8) }, { try file.writeAll([1], at: 20) }, { try file.truncate(to: 9) },
        ]
        for call in refused {
            let error = #expect(throws: StorageError.self) { try call() }
            #expect(error?.code == .noSpace)
        }
        #expect(try file.size() == 8)
        try self.storage.remove("two")
        try file.writeAll([1, 1], at: 8)
        self.storage.faults.capacityBytes = nil
        try file.writeAll([1, 1], at: 10)
    }

    @Test("calls fail by number, or all, until told otherwise")
    func failingCalls() throws {
        let file = try self.storage.open("one", create: true)
        self.storage.faults.failingWrites = .number(2)
        self.storage.faults.failingReads = .number(2)
        self.storage.faults.failingSyncs = .number(2)
        self.storage.faults.failingDirectorySyncs = .number(2)
        let calls: [() throws -> Void] = [
            { try file.writeAll([1], at: 0) }, { _ = try file.bytes() }, { try file.sync() },
            { try self.storage.syncDirectory() },
        ]
        for call in calls {
            try call()
            let error = #expect(throws: StorageError.self) { try call() }
            #expect(error?.code == .other)
            try call()
        }
        self.storage.faults.failingWrites = .all
        self.storage.faults.failingReads = .all
        self.storage.faults.failingSyncs = .all
        self.storage.faults.failingDirectorySyncs = .all
        for call in calls + calls { #expect(throws: StorageError.self) { try call() } }
        self.storage.faults = FaultyStorage.Faults()
        for call in calls { try call() }
    }

    @Test("after so many changes the power is gone, until it comes back", arguments: 0...6)
    func powerLoss(changes: Int) throws {
        self.storage.install("one", [1])
        let file = try self.storage.open("one", create: false)
        self.storage.faults.changesBeforePowerLoss = changes
        let acts: [() throws -> Void] = [
            { try file.writeAll([2], at: 1) }, { try file.sync() }, { _ = try self.storage.open("two", create: true) },
            { try self.storage.rename("two", to: "three") }, { try file.truncate(to: 1) },
            { try self.storage.syncDirectory() },
        ]
        for (index, act) in acts.enumerated() {
            if index < changes { try act() } else { #expect(throws: StorageError.self) { try act() } }
        }
        if changes < acts.count {
            #expect(throws: StorageError.self) { try self.storage.list() }
            #expect(throws: StorageError.self) { try file.bytes() }
        }
        var generator = SeededGenerator(seed: 5)
        self.storage.crash(using: &generator)
        #expect(self.storage.faults.changesBeforePowerLoss == nil)
        if changes >= 2 { #expect(try self.storage.contents(of: "one")?.starts(with: [1]) == true) }
        try self.storage.replace("one", with: [7])
    }

    @Test("a failed sync drops what was not safe, and the next one succeeds without it", arguments: [true, false])
    func failedSync(isStillRead: Bool) throws {
        let file = try self.storage.open("one", create: true)
        try file.writeAll([1, 2], at: 0)
        try file.sync()
        try self.storage.syncDirectory()
        try file.writeAll([3, 4], at: 2)
        self.storage.faults.readsSeeDroppedWrites = isStillRead
        self.storage.faults.failingSyncs = .number(2)
        #expect(throws: StorageError.self) { try file.sync() }
        #expect(try file.bytes() == (isStillRead ? [1, 2, 3, 4] : [1, 2]))
        try file.sync()
        #expect(self.storage.durableContents(of: "one") == [1, 2])
        try file.writeAll([5], at: 4)
        try file.sync()
        #expect(self.storage.durableContents(of: "one") == [1, 2, 0, 0, 5])
        var generator = SeededGenerator(seed: 3)
        self.storage.crash(using: &generator)
        #expect(try self.storage.contents(of: "one") == [1, 2, 0, 0, 5])
    }

    @Test("some of what a failed sync dropped may be on the disk all the same")
    func failedSyncLasts() throws {
        var seen: Set<[UInt8]> = []
        for seed in 0..<50 as Range<UInt64> {
            let storage = FaultyStorage(seed: seed)
            storage.install("one", [1])
            storage.faults.failingSyncs = .all
            storage.faults.droppedWritesMayLast = true
            let file = try storage.open("one", create: false)
            try file.writeAll([2], at: 1)
            try file.writeAll([3], at: 2)
            #expect(throws: StorageError.self) { try file.sync() }
            #expect(try file.bytes() == [1, 2, 3])
            if let bytes = storage.durableContents(of: "one") { seen.insert(bytes) }
        }
        #expect(seen.isSuperset(of: [[1], [1, 2], [1, 0, 3], [1, 2, 3]]))
    }

    @Test("a flipped bit is read, and stays after a sync and a crash")
    func flip() throws {
        self.storage.install("one", [1, 2, 3])
        let file = try self.storage.open("one", create: false)
        try file.writeAll([7, 4], at: 2)
        self.storage.flip("one", at: 0, bits: 0x80)
        self.storage.flip("one", at: 3)
        #expect(try file.bytes() == [0x81, 2, 7, 5])
        try file.sync()
        var generator = SeededGenerator(seed: 3)
        self.storage.crash(using: &generator)
        #expect(try self.storage.contents(of: "one") == [0x81, 2, 7, 5])
    }
}
