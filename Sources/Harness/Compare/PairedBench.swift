// Two builds, or two servers, measured side by side: both are up, and short trials take turns on them. What comes next, and
// when enough is known, is for `PairedSchedule` to say; this only makes the trials.

package import Measurement
import Primitives
import Sockets

package final class PairedBench {
    private let suite: Suite
    private let a: TargetSpecification
    private let b: TargetSpecification
    private let recorder: RunRecorder
    private let looks: Looks
    private let stopsAtRegression: Bool
    private let tell: (BenchEvent) -> Void
    private var generator: SeededGenerator
    private var units: [GatedMetric: String] = [:]
    private var trialCount = 0
    private var trialNanoseconds: UInt64 = 0
    /// Reasons for which trials did not count, of rounds whose trials are not kept.
    private var excuses: [String] = []

    /// - Parameters:
    ///   - a: what is compared with.
    ///   - b: what is judged.
    ///   - stopsAtRegression: whether a look that finds one is the last.
    package init(
        _ suite: Suite,
        a: TargetSpecification,
        b: TargetSpecification,
        recorder: RunRecorder,
        looks: Looks = .standard,
        stopsAtRegression: Bool = false,
        tell: @escaping (BenchEvent) -> Void
    ) {
        self.suite = suite
        self.a = a
        self.b = b
        self.recorder = recorder
        self.looks = looks
        self.stopsAtRegression = stopsAtRegression
        self.tell = tell
        self.generator = SeededGenerator(seed: recorder.record.seed)
    }

    /// Compares once, and keeps every trial. What was measured stays recorded however it ends.
    /// - Parameter withCounts: whether both sides are counted as well, before the timings.
    /// - Throws: when a side cannot be measured, or fails.
    package func run(withCounts: Bool) throws(HarnessError) {
        try self.concluding { () throws(HarnessError) in
            if withCounts {
                for side in [self.a, self.b] {
                    try CountScenario.count(side, recorder: self.recorder, tell: self.tell)
                }
            }
            let figures = try self.round("", keepsTrials: true)
            var comparison = self.comparison
            comparison.figures = self.countFigures + figures
            self.recorder.set(comparison)
        }
    }

    /// Compares a build with itself again and again; what is found then is the machine's doing.
    package func runSelfTests(_ repetitions: Int) throws(HarnessError) {
        try self.concluding { () throws(HarnessError) in
            var selfTests: [ComparisonRecord.SelfTest] = []
            for repetition in 1...repetitions {
                let figures = try self.round("repetition \(repetition)/\(repetitions) ", keepsTrials: repetition == 1)
                selfTests.append(.init(figures: figures))
                var comparison = self.comparison
                comparison.selfTests = selfTests
                comparison.figures = figures
                self.recorder.set(comparison)
                let alarms = comparison.falseAlarms
                self.tell(.note("repetition \(repetition): \(alarms) false alarm\(alarms == 1 ? "" : "s") so far"))
            }
        }
    }

    private func concluding(_ body: () throws(HarnessError) -> Void) throws(HarnessError) {
        do throws(HarnessError) {
            try body()
        } catch {
            if error.code != .interrupted { self.recorder.invalidate(error.message) }
            self.conclude(interrupted: error.code == .interrupted)
            throw error
        }
        self.conclude(interrupted: false)
    }

    private func conclude(interrupted: Bool) {
        for excuse in self.excuses { self.recorder.invalidate(excuse) }
        self.recorder.finish(interrupted: interrupted)
    }

    // MARK: - One round

    /// One comparison from the first trial to the last verdict. When it is interrupted, or fails, what is known by then is
    /// recorded.
    private func round(_ title: String, keepsTrials: Bool) throws(HarnessError) -> [ComparedFigure] {
        let cases = PairedCase.all(of: self.suite, self.a, self.b, &self.generator)
        guard !cases.isEmpty else {
            throw HarnessError(
                .usage,
                "\(self.a) and \(self.b) have no case of the suite \(self.suite.name) in common whose timings can be judged"
            )
        }
        var schedule = PairedSchedule(gates: cases.map(\.gates), looks: self.looks)
        var runner = TrialRunner(self.suite, recorder: self.recorder, seed: self.generator.next(), tell: self.tell)
        defer { runner.stop() }
        do throws(HarnessError) {
            try self.perform(&schedule, cases, &runner, title, keepsTrials)
        } catch {
            guard keepsTrials else { throw error }
            var comparison = self.comparison
            comparison.figures = self.countFigures + self.figures(schedule, cases)
            self.recorder.set(comparison)
            throw error
        }
        return self.figures(schedule, cases)
    }

    private func perform(
        _ schedule: inout PairedSchedule,
        _ cases: [PairedCase],
        _ runner: inout TrialRunner,
        _ title: String,
        _ keepsTrials: Bool
    ) throws(HarnessError) {
        var place = 0
        while true {
            try Interruption.check()
            switch schedule.next(using: &self.generator) {
            case .done: return
            case .renew:
                if self.stopsAtRegression, schedule.hasRegression { return }
                runner.stop()
                self.recorder.save()
            case .trial(let assignment):
                place += 1
                let one = cases[assignment.place]
                let side = assignment.side == .a ? self.a : self.b
                self.announce(title + "\(one.name) \(side) pair \(assignment.pair + 1)", place, schedule.mostTrialsLeft)
                let began = Clocks.monotonicNanoseconds
                let trial = try runner.run(one.work, on: side)
                self.trialNanoseconds += Clocks.monotonicNanoseconds - began
                self.trialCount += 1
                self.enter(trial, one, side, keepsTrials)
                schedule.enter(trial.figures(one.gates))
            }
        }
    }

    private func announce(_ title: String, _ place: Int, _ left: Int) {
        let mean = self.trialCount > 0 ? Double(self.trialNanoseconds) / Double(self.trialCount) / 1e9 : 0
        // Trials of the pair at work are in what is left.
        let count = place + max(0, left - 1)
        self.tell(.trialBegan(title, place: place, of: count, remainingSeconds: mean * Double(left)))
    }

    private func enter(_ trial: Trial, _ one: PairedCase, _ side: TargetSpecification, _ isKept: Bool) {
        for sample in trial.samples {
            for gate in one.gates where gate.metric == sample.metric && gate.stat == sample.stat {
                self.units[gate] = sample.unit
            }
        }
        guard isKept else {
            // A reason that repeats itself is told once.
            for reason in trial.invalid.map({ "\(one.name) \(side): \($0)" }) where !self.excuses.contains(reason) {
                self.excuses.append(reason)
            }
            return
        }
        self.recorder.add(
            trial,
            scenario: one.work.scenario,
            target: side.description,
            parameters: one.work.parameters(for: side),
            expected: one.work.expectedMetrics(from: side),
            unsupported: one.work.unsupported(by: side),
            isSaved: false
        )
    }

    // MARK: - What came of it

    private func figures(_ schedule: PairedSchedule, _ cases: [PairedCase]) -> [ComparedFigure] {
        zip(cases, schedule.tracks).flatMap { one, tracks in
            tracks.map { track in
                ComparedFigure(
                    caseID: one.name,
                    gate: track.gate,
                    unit: self.units[track.gate] ?? "",
                    pairs: track.pairs,
                    isLowerBetter: track.isLowerBetter,
                    judgement: track.judgement
                )
            }
        }
    }

    private var countFigures: [ComparedFigure] {
        func found(_ side: TargetSpecification) -> CaseRecord? {
            self.recorder.record.cases.first { $0.scenario == CountScenario.name && $0.target == side.description }
        }
        guard let before = found(self.a), let after = found(self.b) else { return [] }
        return CountScenario.compare(before, after)
    }

    private var comparison: ComparisonRecord {
        ComparisonRecord(kind: .paired, a: self.side(self.a), b: self.side(self.b), level: self.looks.level)
    }

    private func side(_ side: TargetSpecification) -> ComparedSide {
        let product = self.recorder.record.targets.first { $0.id == side.description }?.product
        return ComparedSide(
            label: side.description,
            detail: [product, side.origin].compactMap(\.self).joined(separator: ", ")
        )
    }
}

extension TargetSpecification {
    /// Where it comes from, beside its label.
    var origin: String {
        switch self.place {
        case .child(let executable):
            executable ?? self.profile.server.map { "\($0.program) in PATH" } ?? "this executable"
        case .running(let host, let port, _): "\(host):\(port)"
        }
    }
}
