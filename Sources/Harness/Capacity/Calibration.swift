// What `sluice plan --calibrate` measures: four configurations at the corners of what is asked about (few and many replicas,
// small and large values), to which a plan's formulas are fitted, and others between them, on which the formulas are checked.

import Measurement
import Primitives

package final class Calibration {
    /// One server and what plays against it.
    private struct Place {
        let replicas: Int
        let stalled: Int
        let valueSize: Int
        let backlogMebibytes: Int
        let keys: UInt64
    }

    /// The first four are the corners.
    private static let places = [
        Place(replicas: 1, stalled: 0, valueSize: 128, backlogMebibytes: 8, keys: 200_000),
        Place(replicas: 1, stalled: 2, valueSize: 2048, backlogMebibytes: 64, keys: 20_000),
        Place(replicas: 16, stalled: 2, valueSize: 128, backlogMebibytes: 8, keys: 100_000),
        Place(replicas: 16, stalled: 0, valueSize: 2048, backlogMebibytes: 64, keys: 40_000),
        Place(replicas: 2, stalled: 1, valueSize: 512, backlogMebibytes: 24, keys: 80_000),
        Place(replicas: 4, stalled: 0, valueSize: 256, backlogMebibytes: 32, keys: 150_000),
        Place(replicas: 8, stalled: 1, valueSize: 1024, backlogMebibytes: 12, keys: 50_000),
        Place(replicas: 12, stalled: 2, valueSize: 1536, backlogMebibytes: 48, keys: 30_000),
    ]
    /// A copy of so many times the keys takes long enough for processor time, which comes in ticks of 10 ms where a server
    /// forks.
    private static let copiedKeysFactor: UInt64 = 4
    /// The law of saturation needs several numbers of replicas at one value size.
    private static let saturation = [1, 4, 8, 12, 16].map { Calibration.load(replicas: $0, valueSize: 512) }
    private static let drainTrials = 2
    /// Processor time is the smallest of the trials, so loads are shorter and more often than in a suite.
    private static let loadTrialsFactor = 2
    private static let loadSeconds = 0.5
    /// What a record of the log takes, where there is one.
    private static let log = ResumeCase(records: 100_000, distance: 1000)
    /// Keys that a load touches.
    private static let keys: UInt64 = 10_000

    private let targets: [TargetSpecification]
    private let trials: Int
    private let recorder: RunRecorder
    private let tell: (BenchEvent) -> Void

    package init(
        _ targets: [TargetSpecification],
        trials: Int,
        recorder: RunRecorder,
        tell: @escaping (BenchEvent) -> Void
    ) {
        self.targets = targets
        self.trials = trials
        self.recorder = recorder
        self.tell = tell
    }

    /// Runs it. What was measured stays recorded however it ends.
    package func run() throws(HarnessError) {
        do throws(HarnessError) {
            try self.measure()
        } catch {
            if error.code != .interrupted { self.recorder.invalidate(error.message) }
            self.recorder.finish(interrupted: error.code == .interrupted)
            throw error
        }
        self.recorder.finish(interrupted: false)
    }

    private func measure() throws(HarnessError) {
        var generator = SeededGenerator(seed: self.recorder.record.seed)
        var suite = Suite(name: "calibrate")
        suite.keys = Self.keys
        var runner = TrialRunner(suite, recorder: self.recorder, seed: generator.next(), tell: self.tell)
        defer { runner.stop() }
        for target in self.targets { try runner.open(target) }
        let steps = self.steps(&generator)
        for (place, step) in steps.enumerated() {
            try Interruption.check()
            let title = "\(step.work.scenario) \(step.target) \(Self.text(step.work.parameters(for: step.target)))"
            let left = steps[place...].reduce(0) { $0 + $1.work.seconds }
            self.tell(.trialBegan(title, place: place + 1, of: steps.count, remainingSeconds: left))
            try self.run(step.work, on: step.target, &runner)
        }
    }

    /// One trial. One that fails is noted and repeated once on a fresh server: minutes of measuring hang on it, and a machine
    /// that stands still for a moment may cost a replica its place in the backlog.
    private func run(
        _ work: Plan.Work,
        on target: TargetSpecification,
        _ runner: inout TrialRunner
    ) throws(HarnessError) {
        let trial: Trial
        do throws(HarnessError) {
            trial = try runner.run(work, on: target)
        } catch {
            guard error.code == .targetFailed || error.code == .timedOut else { throw error }
            let note = "A trial of \(work.scenario) was repeated: \(error.message)"
            self.recorder.note(note)
            self.tell(.note(note))
            runner.close(target)
            trial = try runner.run(work, on: target)
        }
        self.recorder.add(trial, of: work, on: target)
    }

    private static func text(_ parameters: [Parameter]) -> String {
        parameters.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }

    private static func load(replicas: Int, valueSize: Int) -> FanOutCase {
        var load = FanOutCase(.fast, replicas: replicas, valueSize: valueSize)
        load.seconds = Self.loadSeconds
        return load
    }

    /// In the order of their kinds, shuffled within each, the targets taking turns.
    private func steps(_ generator: inout SeededGenerator) -> [(work: Plan.Work, target: TargetSpecification)] {
        var kinds: [[Plan.Work]] = [[], []]
        for place in Self.places {
            let capacity = CapacityCase(
                replicas: place.replicas,
                stalled: place.stalled,
                valueSize: place.valueSize,
                keys: place.keys,
                backlogBytes: place.backlogMebibytes << 20
            )
            let load = Self.load(replicas: place.replicas, valueSize: place.valueSize)
            kinds[0] += [Plan.Work](repeating: .capacity(capacity), count: self.trials)
            kinds[1] += [Plan.Work](repeating: .fast(load), count: self.trials * Self.loadTrialsFactor)
        }
        for fanOut in Self.saturation {
            kinds[1] += [Plan.Work](repeating: .fast(fanOut), count: self.trials * Self.loadTrialsFactor)
        }
        for place in kinds.indices { kinds[place].shuffle(using: &generator) }
        // Copies of one data set come one after the other: they share a server.
        kinds += Self.places.shuffled(using: &generator).map { place in
            let data = SnapshotCase.DataSet(keys: place.keys * Self.copiedKeysFactor, valueSize: place.valueSize)
            return [Plan.Work](repeating: .snapshot(SnapshotCase(data)), count: self.trials)
        }
        var lag = LagCase(.live, .rate(Self.lagRate))
        lag.valueSize = Self.lagValueSize
        kinds.append([Plan.Work](repeating: .lag(lag), count: Self.drainTrials))
        let steps = kinds.flatMap { works in
            works.enumerated().flatMap { place, work in
                // A B B A: neither target always goes first.
                (place.isMultiple(of: 2) ? self.targets : self.targets.reversed()).map { (work, $0) }
            }
        }
        return steps + self.targets.filter { $0.supports(.log) }.map { (.resume(Self.log), $0) }
    }

    /// Writes a second while a live replica follows, before it is stopped and drains.
    private static let lagRate = 20_000
    private static let lagValueSize = 512
}
