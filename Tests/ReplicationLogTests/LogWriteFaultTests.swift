import Primitives
import Simulation
import Testing

@testable import ReplicationLog

@Suite struct LogWriteFaultTests {
    @Test("short writes are completed", arguments: 1...10 as ClosedRange<UInt64>)
    func shortWrites(seed: UInt64) throws {
        let scene = try LogScene(seed: seed)
        scene.storage.faults.hasShortWrites = true
        for count in 1...12 { try scene.append(count) }
        try scene.sync()
        #expect(scene.storage.counters.writes > scene.segments.count * 2)
        try scene.expectRecords(through: 78)
        try scene.crash()
        #expect(scene.log.last == 78)
    }

    @Test("a write that fails leaves nothing behind, and succeeds when it is tried again", arguments: [false, true])
    func failedWrite(hasShortWrites: Bool) throws {
        for failing in 1...24 {
            let scene = try LogScene(seed: UInt64(failing))
            scene.storage.faults.hasShortWrites = hasShortWrites
            scene.storage.faults.failingWrites = .number(failing)
            var failures = 0
            for _ in 0..<8 {
                do {
                    try scene.append(4)
                } catch {
                    failures += 1
                    #expect((error as? LogError)?.code == .storage)
                    let name = SegmentName.log(try #require(scene.segments.last))
                    #expect(try scene.bytes(of: name).count == scene.log.map.segments.last?.bytes)
                    try scene.expectRecords(through: scene.log.last)
                    try scene.retry()
                }
            }
            // A write that fails may be an index's, which is done without.
            #expect(failures <= 1)
            try scene.sync()
            try scene.expectRecords(through: 32)
            try scene.crash(seed: UInt64(failing))
            #expect(scene.log.last == 32)
        }
    }

    @Test("no room in the middle of a batch that goes over several segments costs nothing but time")
    func noSpace() throws {
        for room in stride(from: 0, through: 2_600, by: 13) {
            let scene = try LogScene()
            try scene.write(5)
            let used = try scene.storage.list().reduce(0) { $0 + $1.bytes }
            scene.storage.faults.capacityBytes = used + room
            do {
                try scene.append(60)
            } catch {
                #expect((error as? LogError)?.isNoSpace == true)
                #expect(scene.log.last < 65 && scene.log.durable >= 5)
                try scene.expectRecords(through: scene.log.last)
                let again = #expect(throws: LogError.self) { try scene.retry() }
                #expect(again?.isNoSpace == true)
                scene.storage.faults.capacityBytes = nil
                try scene.retry()
            }
            try scene.sync()
            try scene.expectRecords(through: 65)
            try scene.crash(seed: UInt64(room))
            #expect(scene.log.last == 65)
        }
    }

    @Test("a crash while there is no room leaves what was durable, and a log that goes on")
    func crashWithoutSpace() throws {
        for room in stride(from: 0, through: 2_600, by: 29) {
            let scene = try LogScene()
            try scene.write(5)
            scene.storage.faults.capacityBytes = try scene.storage.list().reduce(0) { $0 + $1.bytes } + room
            try? scene.append(60)
            try scene.crash(seed: UInt64(room))
            let last = scene.log.last
            try scene.write(20)
            try scene.reopen()
            #expect(scene.recovery.cut == nil)
            try scene.expectRecords(through: last + 20)
        }
    }

    @Test("what a failed write left in the file, because it could not be cut away, is written over")
    func failedCut() throws {
        // The power fails between the two, and the disk has the first part of the batch.
        let scene = try LogScene()
        try scene.write(3)
        let file = try scene.storage.open(SegmentName.log(1), create: false)
        try file.writeAll(Array(LogScene.encoded(4).dropLast(3)), at: try file.size())
        try scene.append(2)
        try scene.sync()
        try scene.expectRecords(through: 5)
        try scene.crash()
        #expect(scene.log.last == 5 && scene.recovery.cut == nil)
    }
}
