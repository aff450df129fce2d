import ChannelSimulation
import Channels
import Testing

@Suite("channels under the simulator")
struct ChannelSimulationTests {
    private static let parts: [Range<UInt64>] = stride(from: 0, to: 100, by: 50).map { $0..<($0 + 50) }

    private func report(_ seed: UInt64, _ election: ElectionPolicy) -> ChannelSimulationReport {
        ChannelSimulation.run(ChannelScenario(seed: seed, election: election))
    }

    @Test("whatever happens, the promises are kept", arguments: ElectionPolicy.allCases, Self.parts)
    func promises(election: ElectionPolicy, seeds: Range<UInt64>) {
        let reports = seeds.map { self.report($0, election) }
        for report in reports {
            guard let violation = report.violation else { continue }
            Issue.record("sluice simulate --policy \(election.rawValue) --trace \(report.scenario.seed): \(violation)")
        }
        // What the seeds bring about must be worth the while.
        func count(_ isSo: (ChannelSimulationReport) -> Bool) -> Int { reports.count(where: isSo) }
        #expect(count { $0.nodes >= 3 } > 30 && count { $0.crashes > 2 } > 20 && count { $0.partitions > 1 } > 15)
        #expect(count { $0.pauses > 0 } > 15 && count { $0.diskFaults > 0 } > 3 && count { $0.messagesLost > 20 } > 15)
        #expect(count { $0.acknowledged > 10 } > 40 && count { $0.leaderships > 1 } > 30)
        #expect(count { $0.searches > 0 } > 10 && count { $0.discarded > 0 } > 10)
    }

    @Test("a seed runs the same way every time, to the byte", arguments: ElectionPolicy.allCases)
    func deterministic(election: ElectionPolicy) {
        for seed in UInt64(0)..<12 {
            var traces: [[String]] = [[], []]
            for index in traces.indices {
                _ = ChannelSimulation.run(ChannelScenario(seed: seed, election: election)) { traces[index].append($0) }
            }
            #expect(traces[0] == traces[1] && traces[0].count > 100)
            #expect(self.report(seed, election) == self.report(seed, election))
        }
    }

    @Test("looking at a run does not change it")
    func traced() {
        let scenario = ChannelScenario(seed: 3, election: .quorum)
        #expect(ChannelSimulation.run(scenario) == ChannelSimulation.run(scenario) { _ in })
    }

    @Test("every planted bug is found", arguments: ChannelOptions.Mutant.allCases)
    func plantedBugs(mutant: ChannelOptions.Mutant) {
        var found = 0
        for seed in UInt64(0)..<2_000 {
            let report = ChannelSimulation.run(ChannelScenario(seed: seed, election: .quorum, mutant: mutant))
            if report.violation != nil { found += 1 }
            if found == 1 { break }
        }
        #expect(found == 1, "2000 seeds did not find it")
    }
}
