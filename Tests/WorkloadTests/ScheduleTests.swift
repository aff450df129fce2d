import Primitives
import Testing
import Workload

@Suite struct ScheduleTests {
    @Test(
        "groups come evenly, and over time as many commands as the rate says",
        arguments: [1, 999, 5000, 50_000, 123_456]
    )
    func rate(rate: Int) {
        var schedule = Schedule(rate: rate, began: 1000)
        var commands = 0
        var last: UInt64?
        while let due = schedule.take(by: 1000 + 2_000_000_000) {
            #expect(last.map { $0 < due.intended } ?? (due.intended == 1000))
            last = due.intended
            commands += due.commands
        }
        #expect(abs(commands - 2 * rate) <= schedule.mostPerGroup)
        #expect(Double(schedule.mostPerGroup) <= max(1, Double(rate) * 0.000_21))
    }

    @Test("nothing is taken before its time, and a pause is made up for in full")
    func pause() {
        var schedule = Schedule(rate: 1000, began: 0)
        #expect(schedule.take(by: 0)?.intended == 0)
        #expect(schedule.take(by: 999_999) == nil)
        #expect((0..<10).allSatisfy { _ in schedule.take(by: 10_000_000) != nil })
        #expect(schedule.take(by: 10_000_000) == nil)
    }

    /// What a Poisson schedule sends within so many seconds.
    private func poisson(rate: Int, seconds: Double, seed: UInt64 = 3) -> [Schedule.Group] {
        var schedule = Schedule(rate: rate, .poisson, began: 500, seed: seed)
        var groups: [Schedule.Group] = []
        while let group = schedule.take(by: 500 + UInt64(seconds * 1e9)) { groups.append(group) }
        return groups
    }

    @Test(
        "by chance as many commands come as the rate says, and counts vary as a Poisson process has it",
        arguments: [200, 50_000]
    )
    func poissonCounts(rate: Int) {
        // A hundred windows of ten mean intervals each, or of 10 ms: mean and variance of the counts must agree.
        let window = max(0.01, 10 / Double(rate))
        let groups = self.poisson(rate: rate, seconds: 400 * window)
        var counts = [Double](repeating: 0, count: 400)
        for group in groups {
            let place = Int(Double(group.intended - 500) / 1e9 / window)
            if place < counts.count { counts[place] += Double(group.commands) }
        }
        let mean = counts.reduce(0, +) / 400
        let variance = counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 399
        #expect(abs(mean / (Double(rate) * window) - 1) < 0.05)
        #expect((0.75...1.3).contains(variance / mean))
    }

    @Test("what comes by chance comes again with the same seed, and stays in order and in groups of bounded size")
    func poissonOrder() {
        let groups = self.poisson(rate: 100_000, seconds: 0.5)
        #expect(groups == self.poisson(rate: 100_000, seconds: 0.5))
        #expect(groups != self.poisson(rate: 100_000, seconds: 0.5, seed: 4))
        #expect(zip(groups, groups.dropFirst()).allSatisfy { $0.intended <= $1.intended })
        #expect(groups.allSatisfy { (1...96).contains($0.commands) })
    }
}
