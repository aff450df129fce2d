package import Channels

/// What decides a run of the simulator: the same scenario runs the same way on every machine.
package struct ChannelScenario: Equatable, Sendable {
    package var seed: UInt64
    package var election: ElectionPolicy
    /// A planted bug, to see whether it is found.
    package var mutant: ChannelOptions.Mutant?

    package init(seed: UInt64, election: ElectionPolicy, mutant: ChannelOptions.Mutant? = nil) {
        self.seed = seed
        self.election = election
        self.mutant = mutant
    }
}

/// What a run came to.
package struct ChannelSimulationReport: Equatable, Sendable {
    package var scenario: ChannelScenario
    /// The promise that was broken; the run ended there.
    package var violation: String?
    package var nodes = 0
    package var events = 0
    package var crashes = 0
    package var partitions = 0
    package var pauses = 0
    package var diskFaults = 0
    package var messagesLost = 0
    package var leaderships = 0
    package var proposed = 0
    package var acknowledged = 0
    package var refused = 0
    /// Records that were cut away because the leader did not have them.
    package var discarded: UInt64 = 0
    package var skipped: UInt64 = 0
    package var snapshots: UInt64 = 0
    package var searches: UInt64 = 0
    /// From the end of the faults until everybody agreed, in heartbeats.
    package var heartbeatsToAgree = 0
    /// A checksum over everything that happened.
    package var digest: UInt64 = 0xcbf2_9ce4_8422_2325

    init(_ scenario: ChannelScenario) { self.scenario = scenario }
}
