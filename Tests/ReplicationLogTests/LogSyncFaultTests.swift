import Primitives
import Simulation
import Testing

@testable import ReplicationLog

/// After a failed sync the system may have dropped what it covered, and still show it and call the next sync a success.
@Suite struct LogSyncFaultTests {
    /// What a disk does with the writes that a failed sync has dropped.
    struct Disk: CaseIterable, Sendable {
        var isStillRead: Bool
        var mayLast: Bool

        static let allCases = [true, false].flatMap { read in
            [true, false].map { Disk(isStillRead: read, mayLast: $0) }
        }
    }

    private func scene(_ disk: Disk, seed: UInt64 = 1) throws -> LogScene {
        let scene = try LogScene(seed: seed)
        scene.storage.faults.readsSeeDroppedWrites = disk.isStillRead
        scene.storage.faults.droppedWritesMayLast = disk.mayLast
        return scene
    }

    /// Appends and syncs records over some segments, and tries again what fails.
    /// - Returns: how often something failed. The caller's faults end after so many failures.
    private func play(_ scene: LogScene, failures most: Int) throws -> Int {
        var failures = 0
        func attempt(_ body: () throws -> Void, again: () throws -> Void) {
            var isFirst = true
            while true {
                do { return try isFirst ? body() : again() } catch {
                    failures += 1
                    #expect(scene.log.durable <= scene.log.last)
                    scene.storage.faults.failingSyncs = failures < most ? .all : .none
                    isFirst = false
                }
            }
        }
        for count in [3, 1, 4, 9, 2, 26, 5] {
            attempt({ try scene.append(count) }, again: scene.retry)
            if count != 1, count != 2 { attempt(scene.sync, again: scene.sync) }
        }
        return failures
    }

    @Test("any sync may fail, once or several times in a row, and nothing is lost", arguments: Disk.allCases)
    func anySync(disk: Disk) throws {
        for failing in 1...16 {
            for times in 1...4 {
                let scene = try self.scene(disk, seed: UInt64(failing))
                scene.storage.faults.failingSyncs = .number(failing)
                let failures = try self.play(scene, failures: times)
                if failing <= 8 { #expect(failures >= 1 && failures <= times) }
                #expect(scene.log.durable == 50 && scene.log.last == 50)
                // The manifest's syncs may fail, too.
                #expect(scene.log.failedSyncCount <= failures && scene.log.unsyncedBytes == 0)
                try scene.expectRecords(through: 50)
                try scene.crash(seed: UInt64(failing * 4 + times))
                #expect(scene.log.last == 50)
                try scene.write(10)
                try scene.reopen()
                try scene.expectRecords(through: 60)
            }
        }
    }

    @Test(
        "after a failed sync only what was safe before counts as durable, until it is written again",
        arguments: Disk.allCases
    )
    func durable(disk: Disk) throws {
        let scene = try self.scene(disk)
        try scene.write(2)
        try scene.append(3)
        scene.storage.faults.failingSyncs = .all
        for _ in 0..<3 {
            #expect(throws: LogError.self) { try scene.sync() }
            #expect(scene.log.durable == 2 && scene.log.takeReleased().isEmpty)
            #expect(scene.log.map.bounds.durable == 2)
        }
        #expect(scene.log.failedSyncCount >= 1 && scene.log.unsyncedBytes > 0)
        scene.storage.faults.failingSyncs = .none
        try scene.sync()
        #expect(scene.log.durable == 5 && scene.segments == [1, 3])
        let manifest = try Manifest(json: try scene.bytes(of: Manifest.fileName))
        #expect(manifest.cuts.map(\.first) == [1])
    }

    @Test("what is left to be written again may fail to be written", arguments: Disk.allCases, 1...3)
    func rewriteFails(disk: Disk, attempts: Int) throws {
        let faults: [(inout FaultyStorage.Faults) -> Void] = [
            { $0.failingWrites = .all }, { $0.failingDirectorySyncs = .all }, { $0.capacityBytes = 0 },
            { $0.failingSyncs = .all },
        ]
        for (index, fault) in faults.enumerated() {
            for durable in [0, 2] {
                let scene = try self.scene(disk, seed: UInt64(index))
                try scene.write(durable)
                try scene.append(4)
                scene.storage.faults.failingSyncs = .number(scene.storage.counters.syncs + 1)
                #expect(throws: LogError.self) { try scene.sync() }
                let before = scene.storage.faults
                fault(&scene.storage.faults)
                for _ in 0..<attempts { #expect(throws: LogError.self) { try scene.sync() } }
                #expect(scene.log.durable == Position(durable))
                scene.storage.faults = before
                try scene.append(30)
                try scene.sync()
                #expect(scene.log.durable == Position(durable) + 34)
                try scene.expectRecords(through: LSN(durable) + 34)
                try scene.crash(seed: UInt64(index))
                #expect(scene.log.last == LSN(durable) + 34)
            }
        }
    }

    @Test("a crash at any time after a failed sync leaves what was durable", arguments: Disk.allCases)
    func crashes(disk: Disk) throws {
        for seed in 0..<200 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let scene = try self.scene(disk, seed: seed)
            try scene.write(.random(in: 0...9, using: &generator))
            try scene.append(.random(in: 1...20, using: &generator))
            scene.storage.faults.failingSyncs = .all
            try? scene.sync()
            if Bool.random(using: &generator) { try? scene.sync() }
            scene.storage.faults.failingSyncs = .none
            if Bool.random(using: &generator) { scene.storage.faults.capacityBytes = 400 }
            if Bool.random(using: &generator) { try? scene.append(3) }
            if Bool.random(using: &generator) { try? scene.sync() }
            try scene.crash(seed: seed)
            let last = scene.log.last
            // The segment that was cut once may be the one that grows now.
            try scene.write(12)
            try scene.reopen()
            #expect(scene.log.last == last + 12)
            try scene.expectRecords(through: last + 12)
        }
    }

    @Test("a process that begins again after a failed sync does not take what the system still shows for safe")
    func restart() throws {
        let scene = try self.scene(Disk(isStillRead: true, mayLast: false))
        try scene.write(2)
        try scene.append(3)
        scene.storage.faults.failingSyncs = .number(scene.storage.counters.syncs + 1)
        #expect(throws: LogError.self) { try scene.sync() }
        try scene.reopen()
        let durable = scene.log.durable
        try scene.crash()
        #expect(scene.log.last == durable)
    }

    @Test("a directory that cannot be synced, and then a sync that fails, lose nothing", arguments: Disk.allCases)
    func directory(disk: Disk) throws {
        let scene = try self.scene(disk)
        try scene.write(7)
        try scene.append(2)
        scene.storage.faults.failingDirectorySyncs = .all
        for _ in 0..<2 { #expect(throws: LogError.self) { try scene.sync() } }
        #expect(scene.segments == [1, 8] && scene.log.durable == 7, "its name is not safe")
        try scene.append(2)
        scene.storage.faults.failingDirectorySyncs = .none
        scene.storage.faults.failingSyncs = .number(scene.storage.counters.syncs + 1)
        #expect(throws: LogError.self) { try scene.sync() }
        try scene.sync()
        #expect(scene.segments == [1, 8] && scene.log.durable == 11)
        try scene.expectRecords(through: 11)
        try scene.crash()
        #expect(scene.log.last == 11)
    }

    @Test("a sync that fails where a segment ends fails the append, which is tried again", arguments: Disk.allCases)
    func atRoll(disk: Disk) throws {
        for failing in 1...8 {
            let scene = try self.scene(disk)
            try scene.write(2)
            try scene.append(2)
            scene.storage.faults.failingSyncs = .number(scene.storage.counters.syncs + failing)
            #expect(throws: LogError.self) { try scene.append(60) }
            scene.expectReleasedIsDurable()
            #expect(scene.log.durable < 64)
            try scene.retry()
            try scene.append(3)
            scene.expectReleasedIsDurable()
            try scene.sync()
            #expect(scene.log.durable == 67)
            try scene.crash(seed: UInt64(failing))
            #expect(scene.log.last == 67)
        }
    }
}
