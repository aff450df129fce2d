import Primitives
import Replication
import ReplicationLog
import Simulation
import Testing

@Suite struct StreamSimulationTests {
    private static let parts: [Range<UInt64>] = stride(from: 0, to: 150, by: 50).map { $0..<($0 + 50) }

    private func report(
        _ seed: UInt64,
        _ sync: LogSync,
        _ mutant: StreamSimulation.Mutant? = nil
    ) -> StreamSimulation.Report {
        StreamSimulation.run(StreamSimulation.Scenario(seed: seed, sync: sync, mutant: mutant))
    }

    @Test(
        "replicas have what the primary had at every position, and become current when nothing goes wrong any more",
        arguments: LogSync.allCases,
        Self.parts
    )
    func promises(sync: LogSync, seeds: Range<UInt64>) throws {
        let reports = seeds.map { self.report($0, sync) }
        for report in reports {
            guard let violation = report.violation else { continue }
            Issue.record("rerun with Scenario(seed: \(report.scenario.seed), sync: .\(sync.rawValue)): \(violation)")
        }
        var sum = try #require(reports.first)
        for report in reports.dropFirst() { sum.add(report) }
        self.expectEvents(sum, sync)
    }

    /// What the seeds bring about must be worth the while.
    private func expectEvents(_ sum: StreamSimulation.Report, _ sync: LogSync) {
        func resumes(_ source: ResumeSource) -> Int { sum.resumes[source] ?? 0 }
        func snapshots(_ cause: SnapshotCause) -> Int { sum.snapshots[cause] ?? 0 }
        #expect(sum.frames > 4_000 && sum.comparisons > 1_000)
        #expect(resumes(.disk) > 20 && resumes(.memory) > 15 && resumes(.tip) > 0)
        #expect(snapshots(.slotInvalidated) > 20 && snapshots(.logRemoved) > 2 && snapshots(.logUnreadable) > 0)
        #expect(sum.snapshotsInstalled > 30 && sum.snapshotsAbandoned > 2 && sum.interruptedInstallations > 0)
        #expect(sum.resets > 50 && sum.resetsInsideSnapshots > 0)
        #expect(sum.diskReads > 50 && sum.failedReads > 2 && sum.segmentsPruned > 300 && sum.dumps > 50)
        #expect(sum.emptyRestarts > 10 && sum.diskRestarts > 10)
        #expect(sum.crashes > 10 && sum.shutdowns > 10 && sum.lost > 100)
        switch sync {
        case .always: #expect(sum.historyChanges == 0 && sum.replicasAhead == 0)
        case .everysec, .no:
            #expect(sum.historyChanges > 10 && sum.replicasAhead > 1 && snapshots(.foreignHistory) > 2)
        }
    }

    @Test("the same scenario runs the same way")
    func deterministic() {
        for seed in 0..<8 as Range<UInt64> {
            for sync in LogSync.allCases { #expect(self.report(seed, sync) == self.report(seed, sync)) }
        }
    }

    /// Under which policy a planted bug shows, and how many of how many seeds must find it.
    private static let mutants: [(StreamSimulation.Mutant, LogSync, least: Int, of: UInt64)] = [
        (.skipMutation, .everysec, 15, 20), (.showUnsynced, .always, 15, 20), (.installAhead, .no, 8, 20),
        (.keepData, .always, 8, 20), (.keepHistory, .everysec, 2, 100), (.ignoreHistory, .no, 1, 100),
    ]

    @Test("a planted bug is found", arguments: Self.mutants)
    func plantedBug(mutant: StreamSimulation.Mutant, sync: LogSync, least: Int, of seeds: UInt64) {
        let found = (0..<seeds).count { self.report($0, sync, mutant).violation != nil }
        #expect(found >= least, "\(found) of \(seeds) seeds found it")
    }
}
