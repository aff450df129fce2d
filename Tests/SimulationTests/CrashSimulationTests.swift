import Primitives
import ReplicationLog
import Simulation
import Testing

@Suite struct CrashSimulationTests {
    private static let seeds: Range<UInt64> = 0..<2_000
    private static let parts: [Range<UInt64>] = stride(from: 0, to: 2_000, by: 250).map { $0..<($0 + 250) }

    private func report(_ seed: UInt64, _ sync: LogSync) -> CrashSimulation.Report {
        CrashSimulation.run(CrashSimulation.Scenario(seed: seed, sync: sync))
    }

    @Test(
        "after a crash everything is there that was promised, and nothing else",
        arguments: LogSync.allCases,
        Self.parts
    )
    func promises(sync: LogSync, seeds: Range<UInt64>) {
        let reports = seeds.map { self.report($0, sync) }
        for report in reports {
            guard let violation = report.violation else { continue }
            Issue.record("rerun with Scenario(seed: \(report.scenario.seed), sync: .\(sync.rawValue)): \(violation)")
        }
        // What the seeds bring about must be worth the while.
        func count(_ isSo: (CrashSimulation.Report) -> Bool) -> Int { reports.count(where: isSo) }
        #expect(count { $0.acknowledged > 10 } > 100 && count { $0.segments > 3 } > 10)
        #expect(count { $0.failedJobs > 0 } > 15 && count { $0.refused > 0 } > 10)
        #expect(count { $0.crashes > 1 } > 80 && count { $0.cuts > 0 } > 3)
        switch sync {
        case .always: #expect(count { $0.held > 0 } > 120 && count { $0.lost > 0 || $0.ancestors > 0 } == 0)
        case .everysec: #expect(count { $0.held > 0 } > 1 && count { $0.lost > 0 } > 50)
        case .no: #expect(count { $0.lost > 0 } > 100 && count { $0.ancestors > 1 } > 80)
        }
    }

    @Test("the same scenario runs the same way")
    func deterministic() {
        for seed in Self.seeds.prefix(30) {
            for sync in LogSync.allCases { #expect(self.report(seed, sync) == self.report(seed, sync)) }
        }
    }

    @Test("replies that leave before their sync are found")
    func plantedBug() {
        var scenario = CrashSimulation.Scenario(seed: 0, sync: .always)
        scenario.repliesAtOnce = true
        var found = 0
        for seed in Self.seeds.prefix(200) {
            scenario.seed = seed
            if CrashSimulation.run(scenario).violation != nil { found += 1 }
        }
        #expect(found > 20, "\(found) of 200 seeds found it")
    }
}
