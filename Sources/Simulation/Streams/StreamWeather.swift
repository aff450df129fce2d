// Sizes and times of one run, as the seed has them: everything is small, so that a few hundred writes fill it.

internal import Engine
internal import Primitives
internal import Replication
internal import ReplicationLog

struct StreamWeather {
    let sync: LogSync
    /// Of each replica: whether it keeps a log of its own.
    let replicasOnDisk: [Bool]
    /// Replicas that ask the primary where it comes from; others know its stream alone.
    let replicasWithTopology: [Bool]
    let keyCount: Int
    let hasCollections: Bool
    /// Steps until the faults end, and how long one takes at most.
    let steps: Int
    let longestStep: Milliseconds
    /// One step in so many brings a fault.
    let faultInterval: Int
    /// Bytes on their way to a replica, at most.
    let wireBytes: Int
    /// Bytes of log since the newest dump that force another one.
    let dumpAfterBytes: Int
    let bounds: LogBounds
    private(set) var stream = StreamOptions()
    private(set) var log = LogOptions()
    private(set) var slots = SlotLimits()

    init(_ scenario: StreamSimulation.Scenario, using generator: inout SeededGenerator) {
        self.sync = scenario.sync
        self.replicasOnDisk = (0..<Int.random(in: 1...3, using: &generator)).map { _ in Bool.random(using: &generator) }
        self.replicasWithTopology = self.replicasOnDisk.map { _ in Bool.random(using: &generator) }
        self.keyCount = [4, 12, 40].randomElement(using: &generator) ?? 4
        self.hasCollections = Bool.random(using: &generator)
        self.steps = .random(in: 150...500, using: &generator)
        self.longestStep = [4, 12, 30].randomElement(using: &generator) ?? 4
        self.faultInterval = .random(in: 8...60, using: &generator)
        self.wireBytes = [256, 600, 2_000, 16_000].randomElement(using: &generator) ?? 256
        self.dumpAfterBytes = .random(in: 600...6_000, using: &generator)
        let isBound = Bool.random(using: &generator)
        self.bounds = LogBounds(maxBytes: isBound ? .random(in: 800...5_000, using: &generator) : nil)
        self.chooseLimits(using: &generator)
    }

    private mutating func chooseLimits(using generator: inout SeededGenerator) {
        self.log.segmentBytes = .random(in: 200...1_500, using: &generator)
        self.log.indexInterval = .random(in: 1...8, using: &generator)
        self.stream.backlogBytes = [200, 800, 3_000, 1 << 20].randomElement(using: &generator) ?? 200
        self.stream.chunkBytes = .random(in: 100...800, using: &generator)
        if Int.random(in: 0..<8, using: &generator) == 0 {
            self.stream.fanOut = .copy
            // A link may hold as much as the backlog, and is given no less than what one reading of the log brings.
            self.stream.backlogBytes = 1 << 20
        }
        self.stream.linkTimeout = 3_000
        self.stream.snapshots.mostPasses = .random(in: SnapshotOptions.passes, using: &generator)
        self.stream.snapshots.joinWindow = [0, 20, 100].randomElement(using: &generator) ?? 0
        self.stream.snapshots.chunkBytes = 1024
        self.stream.snapshots.bufferBytes = Bool.random(using: &generator) ? 64 << 20 : 1_200
        self.stream.snapshots.bytesPerSecond = Int.random(in: 0..<4, using: &generator) == 0 ? 20_000 : 0
        if Bool.random(using: &generator) { self.slots.maxRetainedBytes = .random(in: 500...4_000, using: &generator) }
        if Int.random(in: 0..<3, using: &generator) == 0 { self.slots.idleTimeout = 600 }
        if Int.random(in: 0..<3, using: &generator) == 0 { self.slots.reconnectWindow = 300 }
    }
}
