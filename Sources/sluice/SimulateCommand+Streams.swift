import ArgumentParser
import Foundation
import Replication
import ReplicationLog
import Simulation

/// `sluice simulate --what streams`.
extension SimulateCommand {
    func validateStreams() throws {
        guard self.policy == nil else { throw ValidationError("--policy is for --what channels.") }
        guard self.trace == nil || self.sync != nil else {
            throw ValidationError("--trace needs --sync always, --sync everysec or --sync no.")
        }
        guard self.plant == nil || self.streamBug != nil else {
            let bugs = StreamSimulation.Mutant.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--plant takes \(bugs).")
        }
    }

    private var streamBug: StreamSimulation.Mutant? { self.plant.flatMap { StreamSimulation.Mutant(rawValue: $0) } }

    private func scenario(_ seed: UInt64, _ sync: LogSync) -> StreamSimulation.Scenario {
        StreamSimulation.Scenario(seed: seed, sync: sync, mutant: self.streamBug)
    }

    func runStreams() throws {
        if let trace, let sync {
            let report = StreamSimulation.run(self.scenario(trace, sync)) { print($0) }
            if report.violation != nil { throw ExitCode(1) }
            return
        }
        var isBroken = false
        for sync in self.sync.map({ [$0] }) ?? LogSync.allCases { isBroken = self.runStreams(sync) || isBroken }
        if isBroken { throw ExitCode(1) }
    }

    /// - Returns: whether a promise was broken.
    private func runStreams(_ sync: LogSync) -> Bool {
        var tally = StreamTally()
        let clock = ContinuousClock()
        let start = clock.now
        for seed in self.from..<(self.from + self.seeds) {
            let report = StreamSimulation.run(self.scenario(seed, sync))
            tally.add(report)
            if let violation = report.violation {
                print("seed \(seed): \(violation)")
                print(
                    "    see it with: sluice simulate --what streams --sync \(sync.rawValue)\(self.plantFlag) --trace \(seed)"
                )
            }
            if tally.seeds % 1_000 == 0 || report.violation != nil { fflush(nil) }
            if tally.broken >= self.failures { break }
        }
        let seconds = start.duration(to: clock.now) / .seconds(1)
        print("sync \(sync.rawValue): \(tally.text(seconds: seconds))")
        return tally.broken > 0
    }
}

/// What many seeds came to.
private struct StreamTally {
    private(set) var seeds = 0
    private(set) var broken = 0
    private var sum: StreamSimulation.Report?
    private var longestAgreement: Int64 = 0
    private var digest: UInt64 = 0

    mutating func add(_ report: StreamSimulation.Report) {
        self.seeds += 1
        self.broken += report.violation == nil ? 0 : 1
        self.longestAgreement = max(self.longestAgreement, report.millisecondsToAgree)
        self.digest = (self.digest ^ report.digest) &* 0x100_0000_01b3
        if self.sum?.add(report) == nil { self.sum = report }
    }

    func text(seconds: Double) -> String {
        guard let sum = self.sum else { return "no seeds" }
        func list<Key: RawRepresentable>(_ counts: [Key: Int]) -> String where Key.RawValue == String {
            counts.map { ($0.key.rawValue, $0.value) }.sorted { $0 < $1 }.map { "\($0.0) \($0.1)" }
                .joined(separator: ", ")
        }
        return """
            \(self.seeds) seeds, \(self.broken) broke a promise; \(String(format: "%.1f", seconds)) s, \
            \(String(format: "%.1f", Double(self.seeds) / max(seconds, 0.001))) seeds/s
                \(sum.commands) commands, \(sum.frames) frames applied, \(sum.comparisons) comparisons
                \(sum.connections) connections, \(sum.resets) reset, \(sum.resetsInsideSnapshots) inside of a snapshot
                resumed: \(list(sum.resumes)); copied: \(list(sum.snapshots))
                ended by the primary: \(list(sum.closings))
                \(sum.snapshotsInstalled) snapshots installed, \(sum.snapshotsAbandoned) given up, \
            \(sum.interruptedInstallations) interrupted by a loss of power; \(sum.diskReads) reads of the log, \(sum.failedReads) failed
                \(sum.crashes) losses of power and \(sum.shutdowns) ends in order, \(sum.historyChanges) new histories; \
            \(sum.lost) writes lost, \(sum.replicasAhead) replicas ahead of what came back
                \(sum.emptyRestarts) replicas started with nothing, \(sum.diskRestarts) from disk; \(sum.dumps) dumps, \
            \(sum.segmentsPruned) segments pruned
                agreed at most \(self.longestAgreement) ms after the faults
                digest \(String(self.digest, radix: 16))
            """
    }
}

extension LogSync: ExpressibleByArgument {}
