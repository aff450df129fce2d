import Primitives
import Simulation
import Testing

@testable import ReplicationLog

/// The power goes after the first, the second, … of the changes that something makes to the files.
@Suite struct LogPowerLossTests {
    /// A log of many segments, of which one was cut after a failed sync; the last one has records that are not durable.
    private func scene(seed: UInt64) throws -> LogScene {
        let scene = try LogScene(seed: seed)
        scene.storage.faults.droppedWritesMayLast = true
        try scene.write(20)
        try scene.append(3)
        scene.storage.faults.failingSyncs = .number(scene.storage.counters.syncs + 1)
        #expect(throws: LogError.self) { try scene.sync() }
        try scene.write(20)
        try scene.append(2)
        return scene
    }

    /// What is done, and LSNs that it leaves out.
    struct Act: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var lost: Range<LSN> = 0..<0
        var body: @Sendable (LogScene) throws -> Void
    }

    private static let acts = [
        Act(testDescription: "append over many segments") {
            try $0.append(40)
            try $0.sync()
        },
        Act(testDescription: "skip", lost: 46..<100) {
            try $0.skip(to: 100)
            try $0.write(2)
        },
        Act(testDescription: "prune some") { try $0.log.prune(upTo: 30) },
        Act(testDescription: "prune all", lost: 46..<100) { try $0.log.prune(upTo: 99) },
        Act(testDescription: "sweep") { _ = try $0.log.sweep(maxBytes: 0, oldest: nil, limit: .max) },
        Act(testDescription: "prune right behind a new segment") {
            while $0.log.map.segments.last?.bytes != $0.log.active.durableBytes + LogScene.encoded($0.next - 1).count
                || $0.log.active.durableBytes > 0
            { try $0.append() }
            try $0.log.prune(upTo: $0.log.active.first - 1)
        },
        Act(testDescription: "failed sync") {
            $0.storage.faults.failingSyncs = .number($0.storage.counters.syncs + 1)
            try? $0.sync()
            try $0.append(20)
            try $0.sync()
        },
        Act(testDescription: "failed sync with all else pruned", lost: 46..<100) {
            try $0.log.prune(upTo: 99)
            try $0.skip(to: 100)
            try $0.append(3)
            $0.storage.faults.failingSyncs = .number($0.storage.counters.syncs + 1)
            try? $0.sync()
            try $0.append(20)
            try $0.sync()
        },
        Act(testDescription: "repair") {
            try ReplicationLog.truncate($0.storage, segment: $0.segments[2], at: 39)
        },
        Act(testDescription: "open") { try $0.reopen() },
    ]

    @Test("a log opens after a loss of power at any step, with all that was durable, and goes on", arguments: acts)
    func anyStep(act: Act) throws {
        var isDone = false
        var steps = 0
        while !isDone {
            for seed in 0..<12 as Range<UInt64> {
                let scene = try self.scene(seed: seed)
                scene.storage.faults.changesBeforePowerLoss = steps
                let isRepair = act.testDescription == "repair"
                do {
                    try act.body(scene)
                    isDone = true
                } catch {
                    #expect((error as? LogError)?.underlying?.reason == "the power is gone", "\(error)")
                }
                if isRepair {
                    var generator = SeededGenerator(seed: seed)
                    scene.storage.crash(using: &generator)
                    scene.storage.faults = FaultyStorage.Faults()
                    try scene.reopen()
                } else {
                    try scene.crash(seed: seed, beside: [act.lost])
                }
                let (oldest, last) = (scene.log.map.bounds.oldest, scene.log.last)
                try scene.write(20)
                // The second time nothing is left that could be undone.
                try scene.reopen()
                #expect(scene.recovery.cut == nil && scene.log.last == last + 20, "\(steps) steps, seed \(seed)")
                let lost = last + 1 < act.lost.upperBound ? [] : [act.lost]
                try scene.expectRecords(from: oldest + 1, through: last + 20, beside: lost)
            }
            steps += 1
        }
        #expect(steps > 2)
    }
}
