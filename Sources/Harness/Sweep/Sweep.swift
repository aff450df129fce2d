// A sweep: every setting once in each block, the blocks in orders of their own, a fresh server for every measurement, and the
// default among the settings as the control that all others are paired with.

package import Measurement
import Primitives

package final class Sweep {
    private let scenario: SweepScenario
    private let shape: SweepShape
    private let target: TargetSpecification
    private let knobs: [SweepKnob]
    private let blocks: Int
    private let recorder: RunRecorder
    private let tell: (BenchEvent) -> Void
    /// The knobs of each setting; the first is the default, without any.
    private let settings: [[Knob]]
    private let specifications: [TargetSpecification]
    private var measurements: SweepMeasurements
    /// Keys that the load touches.
    private static let keys: UInt64 = 10_000
    /// More settings than that are a mistake, or a week.
    package static let mostSettings = 256
    /// Every setting is measured with a full backlog, so the largest is filled in all of them: at least the default of every
    /// product that is started, and no more than takes some seconds.
    private static let fillBytes = (256 << 20)...(1 << 30)
    /// A setting that failed in so many blocks is not tried again, and is none to choose; once may be an accident of the
    /// machine. The default cannot be done without: it ends the sweep.
    private var mostFailures: Int { min(self.blocks, 2 + self.blocks / 10) }
    private var failures: [Int: Int] = [:]

    /// - Throws: `usage` when the target has no such knob, or does not take a value.
    package init(
        _ scenario: SweepScenario,
        _ shape: SweepShape,
        of target: TargetSpecification,
        vary knobs: [SweepKnob],
        blocks: Int,
        recorder: RunRecorder,
        tell: @escaping (BenchEvent) -> Void
    ) throws(HarnessError) {
        var settings: [[Knob]] = [[]]
        for choice in RandomizedBlocks.grid(knobs.map(\.values.count)) {
            settings.append(zip(knobs, choice).map { Knob($0.name, $0.values[$1]) })
        }
        guard settings.count <= Self.mostSettings + 1 else {
            throw HarnessError(
                .usage,
                "\(settings.count - 1) settings are too many to sweep; at most \(Self.mostSettings) make sense"
            )
        }
        var specifications: [TargetSpecification] = []
        for setting in settings {
            var specification = target
            for knob in setting { specification = try specification.setting(knob) }
            specification.label = target.description
            specifications.append(specification)
        }
        self.scenario = scenario
        self.shape = shape
        self.target = target
        self.knobs = knobs
        self.blocks = blocks
        self.recorder = recorder
        self.tell = tell
        self.settings = settings
        self.specifications = specifications
        self.measurements = SweepMeasurements(
            settings: settings.map { $0.map { Parameter($0.name, $0.value) } }
        )
    }

    /// Runs it. What was measured stays recorded however it ends.
    package func run() throws(HarnessError) {
        do throws(HarnessError) {
            try self.measure()
        } catch {
            if error.code != .interrupted { self.recorder.invalidate(error.message) }
            self.finish()
            self.recorder.finish(interrupted: error.code == .interrupted)
            throw error
        }
        self.finish()
        self.recorder.finish(interrupted: false)
    }

    private func measure() throws(HarnessError) {
        var generator = SeededGenerator(seed: self.recorder.record.seed)
        let orders = RandomizedBlocks.orders(settings: self.settings.count, blocks: self.blocks, using: &generator)
        let count = self.blocks * self.settings.count
        let seconds = self.scenario.seconds(self.shape, fillBytes: self.fillBytes)
        try self.describeDefault(seed: generator.next())
        for (block, order) in orders.enumerated() {
            for (place, setting) in order.enumerated() where self.failures[setting, default: 0] < self.mostFailures {
                try Interruption.check()
                let done = block * order.count + place
                let title = "block \(block + 1) of \(self.blocks)  \(self.label(setting))"
                let left = Double(count - done) * seconds
                self.tell(.trialBegan(title, place: done + 1, of: count, remainingSeconds: left))
                try self.measure(setting, block: block, seed: generator.next())
            }
        }
    }

    /// Bytes of commands that fill the largest backlog and a bit more, because chunks are let go whole.
    private var fillBytes: Int {
        let sizes = self.knobs.first { $0.name == "backlog-size" }.map { knob in
            knob.values.compactMap { Knob(knob.name, $0).bytes }
        }
        let largest = min(sizes?.max() ?? 0, Self.fillBytes.upperBound)
        return max(largest, Self.fillBytes.lowerBound) / 10 * 11
    }

    /// Starts the default once, so that the record tells its settings and not those of whatever comes first.
    private func describeDefault(seed: UInt64) throws(HarnessError) {
        var runner = TrialRunner(Suite(name: "sweep"), recorder: self.recorder, seed: seed)
        defer { runner.stop() }
        try runner.open(self.specifications[0])
    }

    private func label(_ setting: Int) -> String {
        let knobs = self.settings[setting]
        return knobs.isEmpty ? "default" : knobs.map(\.description).joined(separator: " ")
    }

    /// One measurement on a fresh server.
    private func measure(_ setting: Int, block: Int, seed: UInt64) throws(HarnessError) {
        var suite = Suite(name: "sweep")
        suite.keys = Self.keys
        var runner = TrialRunner(suite, recorder: self.recorder, seed: seed, tell: self.tell)
        defer { runner.stop() }
        let work = self.shape.work(self.scenario, self.settings[setting], fillBytes: self.fillBytes)
        let trial: Trial
        do throws(HarnessError) {
            trial = try runner.run(work, on: self.specifications[setting])
        } catch {
            guard error.code == .targetFailed || error.code == .timedOut else { throw error }
            let count = self.failures[setting, default: 0] + 1
            self.failures[setting] = count
            if count >= self.mostFailures {
                if setting == 0 { throw error }
                self.measurements.fail(setting: setting, because: error.message)
            }
            let note = "\(self.label(setting)) failed in block \(block + 1): \(error.message)"
            self.recorder.note(note)
            self.tell(.note(note))
            return
        }
        self.enter(trial, of: work, setting, block)
    }

    private func enter(_ trial: Trial, of work: Plan.Work, _ setting: Int, _ block: Int) {
        let target = self.specifications[setting]
        let values = self.knobs.map { knob in
            Parameter(knob.name, self.settings[setting].first { $0.name == knob.name }?.value ?? "default")
        }
        // A knob that the case follows is among its parameters already.
        let own = work.parameters(for: target).filter { one in !values.contains { $0.name == one.name } }
        self.recorder.add(
            trial,
            scenario: work.scenario,
            target: target.description,
            parameters: own + values,
            expected: work.expectedMetrics(from: target),
            unsupported: work.unsupported(by: target)
        )
        guard trial.invalid.isEmpty else { return }
        var found: [SweepMetric: Double] = [:]
        for metric in self.scenario.metrics + (self.scenario.cost.map { [$0] } ?? []) {
            found[metric] = trial.samples.first { $0.metric == metric.metric && $0.stat == metric.stat }?.value
        }
        self.measurements.enter(setting: setting, block: block, found)
    }

    /// Enters what it came to.
    private func finish() {
        let configuration = self.recorder.record.targets.first?.configuration ?? []
        let knobs = self.knobs.map { knob in
            var knob = knob
            knob.defaultValue = configuration.first { $0.name == knob.name }?.value
            return knob
        }
        let analysis = SweepAnalysis(self.measurements, metrics: self.scenario.metrics, cost: self.scenario.cost)
        self.recorder.set(
            analysis.record(
                scenario: self.scenario.rawValue,
                target: self.target.description,
                knobs: knobs,
                blocks: self.blocks
            )
        )
    }
}
