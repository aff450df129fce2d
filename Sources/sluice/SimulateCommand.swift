import ArgumentParser
import ChannelSimulation
import Channels
import Foundation
import ReplicationLog
import Simulation

/// `sluice simulate`: replicated channels, or a primary and its replicas, in virtual time, with everything going wrong.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run channels or streams in virtual time, with everything going wrong, and check their promises.",
        discussion: """
            --what channels: each seed makes a group of one to five nodes with disks, a network, clients and faults: crashes, power cuts, \
            pauses, partitions in one or both directions, messages lost, doubled, late and out of order, full and slow disks, \
            wall clocks that jump. In the end nothing goes wrong any more, and the nodes must agree. After every step it is \
            checked, among other things, that no term has two leaders, that acknowledged writes are on the disks of a \
            majority and are never lost, that nothing is applied across a gap, and that discarded records are counted.

            --what streams: each seed makes a primary with a log and one to three replicas, some of them with a log of their own. \
            Connections take little, cut bytes anywhere, stand still and break; backlog and log are short, so that replicas \
            resume from memory and disk and are copied; nodes start again, and the primary loses power in the middle of \
            writing. At every step what a replica has is compared with what the primary had at the same position; in the \
            end nothing goes wrong any more, and every replica must become current.

            A seed runs the same way on every machine. One that breaks a promise is printed with the promise; --trace shows \
            everything that happened in it. --plant puts a bug into the nodes, which must be found.

            Exit status: 0 every promise was kept, 1 one was broken, 64 wrong usage.
            """
    )

    @Option(help: "How many seeds to run.")
    var seeds: UInt64 = 1_000

    @Option(help: "The first seed.")
    var from: UInt64 = 0

    @Option(help: "What to run: channels or streams.")
    var what = Subject.channels

    @Option(help: "How leaders are elected: quorum or nearest. Both, one after the other, when it is not given.")
    var policy: ElectionPolicy?

    @Option(help: "When logs of streams sync: always, everysec or no. All, one after the other, when it is not given.")
    var sync: LogSync?

    @Option(help: "Run this seed alone, and print everything that happens in it. Needs --policy, or --sync.")
    var trace: UInt64?

    @Option(
        help: """
            Plant a bug. Into channels: \(Self.list(ChannelOptions.Mutant.self)); \
            into streams: \(Self.list(StreamSimulation.Mutant.self)).
            """
    )
    var plant: String?

    @Option(help: "Stop after so many seeds that broke a promise.")
    var failures = 10

    func validate() throws {
        guard self.seeds > 0, self.failures > 0 else { throw ValidationError("--seeds and --failures begin at 1.") }
        guard !self.from.addingReportingOverflow(self.seeds).overflow else {
            throw ValidationError("--from and --seeds go beyond the last seed, \(UInt64.max).")
        }
        switch self.what {
        case .channels: try self.validateChannels()
        case .streams: try self.validateStreams()
        }
    }

    private func validateChannels() throws {
        guard self.sync == nil else { throw ValidationError("--sync is for --what streams.") }
        guard self.trace == nil || self.policy != nil else {
            throw ValidationError("--trace needs --policy quorum or --policy nearest.")
        }
        guard self.plant == nil || self.channelBug != nil else {
            throw ValidationError("--plant takes \(Self.list(ChannelOptions.Mutant.self)).")
        }
    }

    private static func list<Bug: CaseIterable & RawRepresentable>(_: Bug.Type) -> String where Bug.RawValue == String {
        Bug.allCases.map(\.rawValue).joined(separator: ", ")
    }

    private var channelBug: ChannelOptions.Mutant? { self.plant.flatMap { ChannelOptions.Mutant(rawValue: $0) } }

    func run() throws {
        if self.what == .streams { return try self.runStreams() }
        if let trace, let policy {
            let report = ChannelSimulation.run(self.scenario(trace, policy)) { print($0) }
            if report.violation != nil { throw ExitCode(1) }
            return
        }
        var isBroken = false
        for policy in self.policy.map({ [$0] }) ?? ElectionPolicy.allCases {
            isBroken = self.run(policy) || isBroken
        }
        if isBroken { throw ExitCode(1) }
    }

    private func scenario(_ seed: UInt64, _ policy: ElectionPolicy) -> ChannelScenario {
        ChannelScenario(seed: seed, election: policy, mutant: self.channelBug)
    }

    /// - Returns: whether a promise was broken.
    private func run(_ policy: ElectionPolicy) -> Bool {
        var tally = SimulationTally()
        let clock = ContinuousClock()
        let start = clock.now
        for seed in self.from..<(self.from + self.seeds) {
            let report = ChannelSimulation.run(self.scenario(seed, policy))
            tally.add(report)
            if let violation = report.violation {
                print("seed \(seed): \(violation)")
                print("    see it with: sluice simulate --policy \(policy.rawValue)\(self.plantFlag) --trace \(seed)")
            }
            if tally.seeds % 1_000 == 0 || report.violation != nil { fflush(nil) }
            if tally.broken >= self.failures { break }
        }
        let seconds = start.duration(to: clock.now) / .seconds(1)
        print("policy \(policy.rawValue): \(tally.text(seconds: seconds))")
        return tally.broken > 0
    }

    var plantFlag: String { self.plant.map { " --plant \($0)" } ?? "" }
}

/// What is simulated.
enum Subject: String, CaseIterable, ExpressibleByArgument {
    case channels, streams
}

/// What many seeds came to.
private struct SimulationTally {
    private(set) var seeds = 0
    private(set) var broken = 0
    private var events = 0
    private var crashes = 0
    private var partitions = 0
    private var leaderships = 0
    private var acknowledged = 0
    private var discarded: UInt64 = 0
    private var snapshots: UInt64 = 0
    private var longestAgreement = 0
    private var digest: UInt64 = 0

    mutating func add(_ report: ChannelSimulationReport) {
        self.seeds += 1
        self.broken += report.violation == nil ? 0 : 1
        self.events += report.events
        self.crashes += report.crashes
        self.partitions += report.partitions
        self.leaderships += report.leaderships
        self.acknowledged += report.acknowledged
        self.discarded += report.discarded
        self.snapshots += report.snapshots
        self.longestAgreement = max(self.longestAgreement, report.heartbeatsToAgree)
        self.digest = (self.digest ^ report.digest) &* 0x100_0000_01b3
    }

    func text(seconds: Double) -> String {
        """
        \(self.seeds) seeds, \(self.broken) broke a promise; \(String(format: "%.1f", seconds)) s, \
        \(String(format: "%.1f", Double(self.seeds) / max(seconds, 0.001))) seeds/s
            \(self.events) events, \(self.crashes) crashes, \(self.partitions) partitions, \(self.leaderships) leaderships
            \(self.acknowledged) writes acknowledged, \(self.discarded) records discarded, \(self.snapshots) snapshots
            agreed at most \(self.longestAgreement) heartbeats after the faults
            digest \(String(self.digest, radix: 16))
        """
    }
}

extension ElectionPolicy: ExpressibleByArgument {}
