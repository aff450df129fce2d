import Measurement
import Primitives
import Testing

@testable import Harness

@Suite struct PlanTests {
    private func titles(seed: UInt64) throws -> [String] {
        var generator = SeededGenerator(seed: seed)
        return try Plan(Suite.named("quick"), targets: [.bundled, .redis], &generator).steps.map(\.title)
    }

    @Test("the same seed gives the same order, another seed another one of the same trials")
    func order() throws {
        #expect(try self.titles(seed: 1) == self.titles(seed: 1))
        #expect(try self.titles(seed: 1) != self.titles(seed: 2))
        #expect(try self.titles(seed: 1).sorted() == self.titles(seed: 2).sorted())
    }

    @Test("targets take turns, and neither always goes first")
    func turns() throws {
        var generator = SeededGenerator(seed: 1)
        let steps = try Plan(Suite.named("quick"), targets: [.bundled, .redis], &generator).steps.filter {
            if case .fast = $0.work { true } else { false }
        }
        let pairs = stride(from: 0, to: steps.count, by: 2).map { (steps[$0], steps[$0 + 1]) }
        #expect(pairs.allSatisfy { $0.work == $1.work && $0.target != $1.target })
        #expect(Set(pairs.map { $0.0.target }) == [.bundled, .redis])
    }

    @Test("private copies are asked of the bundled engine alone")
    func copies() throws {
        var generator = SeededGenerator(seed: 1)
        let targets: [TargetSpecification] = [.bundled, .redis, try TargetSpecification(parsing: "redis://h:1")]
        for step in try Plan(Suite.named("quick"), targets: targets, &generator).steps {
            guard case .stalled(let fanOut) = step.work else { continue }
            #expect(step.target == .bundled || (step.target == .redis && fanOut.fanOut == .shared))
        }
    }

    @Test("the quick suite is planned to stay under 50 s for one target")
    func budget() throws {
        for target in [TargetSpecification.bundled, .redis] {
            var generator = SeededGenerator(seed: 1)
            let steps = try Plan(Suite.named("quick"), targets: [target], &generator).steps
            #expect(steps.reduce(0) { $0 + $1.seconds } < 50)
        }
    }

    @Test("a suite can be narrowed to replica counts, one value size and a number of trials")
    func narrowed() throws {
        let suite = try Suite.named("quick").narrowed(replicas: [4, 16], valueSize: 1024, trials: 2)
        let fanOuts = suite.entries.filter { $0.work.scenario == "fan-out" }
        #expect(Set(fanOuts.map(\.work.replicas)) == [4, 16])
        #expect(fanOuts.allSatisfy { $0.work.valueSize == 1024 && $0.trials == 2 })
        #expect(suite.entries.contains { $0.work.scenario == "handshake" })
    }

    @Test("memory of few replicas comes first, logs grow from one length to the next, and the machine comes last")
    func blocks() throws {
        var generator = SeededGenerator(seed: 3)
        let works = try Plan(Suite.named("standard"), targets: [.bundled], &generator).steps.map(\.work)
        let idle = works.prefix { if case .idle = $0 { true } else { false } }
        #expect(idle.count == 51 && idle.suffix(5).allSatisfy { ($0.replicas ?? 0) > 64 })
        #expect(works.last?.scenario == "ceiling")
        var lengths: [ResumeCase.Engine: [UInt64]] = [:]
        for case .resume(let resume) in works { lengths[resume.engine, default: []].append(resume.records) }
        #expect(lengths.count == 4 && lengths.values.allSatisfy { $0 == $0.sorted() })
    }
}

@Suite struct RunRecorderTests {
    private func recorder(_ write: @escaping (RunRecord) -> Void = { _ in }) -> RunRecorder {
        let record = RunRecord(name: "r", suite: "quick", command: "c", startedAt: "2026-01-01T00:00:00Z", seed: 1)
        return RunRecorder(record, write: write)
    }

    @Test("a promised metric that is missing makes the trial invalid; an unsupported one does not")
    func missing() throws {
        let recorder = self.recorder()
        var trial = Trial()
        trial.add("rate", 3, unit: "1/s", better: .higher)
        trial.add("share", 1.0 / 0, unit: "ratio", better: .neither)
        recorder.add(
            trial,
            scenario: "s",
            target: "t",
            parameters: [Parameter("n", 1)],
            expected: ["rate", "share", "rss"],
            unsupported: ["rss": "the process is on another machine"]
        )
        let record = try #require(recorder.record.cases.first)
        #expect(record.id == "s/t/n=1")
        #expect(record.expectedMetrics == ["rate", "share"])
        #expect(record.trials.first?.invalid == ["the metric share is missing"])
        #expect(record.trials.first?.samples.map(\.metric) == ["rate"])
    }

    @Test("trials of one case are gathered, and the record is written after each")
    func written() {
        var sizes: [Int] = []
        let recorder = self.recorder { sizes.append($0.cases.reduce(0) { $0 + $1.trials.count }) }
        for parameters in [[Parameter("n", 1)], [Parameter("n", 2)], [Parameter("n", 1)]] {
            recorder.add(Trial(), scenario: "s", target: "t", parameters: parameters, expected: [])
        }
        #expect(sizes == [1, 2, 3])
        #expect(recorder.record.cases.map(\.trials.count) == [2, 1])
        #expect(recorder.record.cases[0].trials.map(\.order) == [1, 3])
    }
}

@Suite struct SoakTests {
    @Test("memory that fills up first and then stays is flat; memory that climbs is not")
    func growth() throws {
        let settled = [10.0, 150, 200, 200, 201, 199, 200, 202, 200, 201, 200, 200].map { $0 * 1_048_576 }
        #expect(try #require(SoakScenario.growth(settled)).isFlat)
        let climbing = (1...12).map { Double($0) * 20 * 1_048_576 }
        #expect(try !#require(SoakScenario.growth(climbing)).isFlat)
        #expect(SoakScenario.growth([1, 2, 3]) == nil)
    }

    @Test("a pace lets through what time has filled, and a pause is not followed by a burst")
    func pace() {
        var pace = Pace(bytesPerSecond: 1_000_000)
        func passed(_ pace: inout Pace) -> Int {
            var bytes = 0
            while pace.allows(1000) { bytes += 1000 }
            return bytes
        }
        pace.advance(to: 0)
        #expect(passed(&pace) == 50_000)
        pace.advance(to: 20_000_000)
        #expect(passed(&pace) == 20_000)
        pace.advance(to: 9_000_000_000)
        #expect(passed(&pace) == 50_000)
        var free = Pace(bytesPerSecond: nil)
        #expect((0..<1000).allSatisfy { _ in free.allows(1 << 20) })
    }
}
