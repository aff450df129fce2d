internal import Channels
internal import Primitives

/// What a seed makes of a run: how many nodes there are, and what they go through.
struct Weather {
    static let heartbeat: Microseconds = 100_000

    var nodes: Int
    var content: ChannelOptions.Content
    var diskPressure: DiskPressurePolicy
    var chunkBytes: UInt32
    /// How long faults happen.
    var stormLasts: Microseconds
    /// Between faults, on average.
    var faultInterval: Microseconds
    var writeInterval: Microseconds
    /// Per thousand messages.
    var lost: Int
    var doubled: Int
    var late: Int
    var longestDelay: Microseconds
    var longestSync: Microseconds
    var prunes: Bool
    /// Bytes a second, of which half are for catch-up.
    var linkSpeed: Int64

    init(using generator: inout SeededGenerator) {
        self.nodes = [3, 3, 3, 3, 5, 5, 5, 4, 2, 1].randomElement(using: &generator) ?? 3
        self.content = Bool.random(using: &generator) ? .log : .keyspace
        self.diskPressure = Bool.random(using: &generator) ? .withdraw : .evictOldest
        self.chunkBytes = [0, 1, 200, 2_000, 256 << 10].randomElement(using: &generator) ?? 0
        self.stormLasts = .random(in: 2_000_000...9_000_000, using: &generator)
        self.faultInterval = [80_000, 300_000, 900_000].randomElement(using: &generator) ?? 300_000
        self.writeInterval = [8_000, 40_000, 200_000].randomElement(using: &generator) ?? 40_000
        self.lost = [0, 10, 100, 250].randomElement(using: &generator) ?? 0
        self.doubled = [0, 20, 100].randomElement(using: &generator) ?? 0
        self.late = [0, 20, 100].randomElement(using: &generator) ?? 0
        self.longestDelay = [500, 5_000, 40_000].randomElement(using: &generator) ?? 500
        self.longestSync = [300, 4_000, 60_000].randomElement(using: &generator) ?? 300
        self.prunes = Bool.random(using: &generator)
        self.linkSpeed = [200_000, 2_000_000, 125_000_000].randomElement(using: &generator) ?? 125_000_000
    }

    /// The faults are over: nothing is lost, and everything is quick.
    mutating func clear() {
        self.lost = 0
        self.doubled = 0
        self.late = 0
        self.longestDelay = 1_000
        self.longestSync = 1_000
        self.writeInterval = 200_000
    }
}
