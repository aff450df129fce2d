// A whole run: starts the targets, walks through the suite's blocks in shuffled order with the targets taking turns, and
// records every trial.

import Measurement
import Primitives

/// What a run tells while it goes on.
package enum BenchEvent: Sendable {
    /// A trial begins: what it is, its place, and how many seconds remain by the plan.
    case trialBegan(String, place: Int, of: Int, remainingSeconds: Double)
    /// Live figures of the trial.
    case pulse(String)
    case note(String)
}

package final class Bench {
    private let suite: Suite
    private let specifications: [TargetSpecification]
    let recorder: RunRecorder
    private let tell: (BenchEvent) -> Void
    private var runner: TrialRunner

    /// Of so many trials one may be repeated in which the generator alone was late: in a run of hours the machine stands still for
    /// a moment sooner or later, and that says nothing about the server. Who is late more often measures nothing.
    private static let stepsPerRepeat = 50

    package init(
        _ suite: Suite,
        targets: [TargetSpecification],
        recorder: RunRecorder,
        tell: @escaping (BenchEvent) -> Void
    ) {
        self.suite = suite
        self.specifications = targets
        self.recorder = recorder
        self.tell = tell
        self.runner = TrialRunner(suite, recorder: recorder, seed: recorder.record.seed, tell: tell)
    }

    /// Runs the suite. What was measured stays recorded however it ends.
    /// - Throws: when no target can be measured, or one fails.
    package func run() throws(HarnessError) {
        defer { self.runner.stop() }
        do throws(HarnessError) {
            try self.measure(try self.provision())
        } catch {
            if error.code != .interrupted { self.recorder.invalidate(error.message) }
            self.recorder.finish(interrupted: error.code == .interrupted)
            throw error
        }
        self.recorder.finish(interrupted: false)
    }

    /// Starts the targets. One that is not there is noted; a run without any fails.
    /// - Returns: those that run.
    private func provision() throws(HarnessError) -> [TargetSpecification] {
        var targets: [TargetSpecification] = []
        for specification in self.specifications {
            do throws(HarnessError) {
                try self.runner.open(specification)
                targets.append(specification)
            } catch {
                // Only a peer may be missing: without the engine itself, or an address that the user gave, a run is void.
                guard specification.isOptional, self.specifications.count > 1 else { throw error }
                self.note(error.message)
            }
        }
        if targets.isEmpty { throw HarnessError(.targetUnavailable, "none of the targets could be started") }
        return targets
    }

    private func measure(_ targets: [TargetSpecification]) throws(HarnessError) {
        var suite = self.suite
        if !PageCache.canDrop, suite.leaveOutColdCache() {
            self.recorder.note("Cases with an empty page cache were left out: emptying it takes root.")
        }
        var generator = SeededGenerator(seed: self.recorder.record.seed)
        let plan = Plan(suite, targets: targets, &generator)
        let count = plan.steps.count
        var repeats = count / Self.stepsPerRepeat
        for (place, step) in plan.steps.enumerated() {
            try Interruption.check()
            let remaining = plan.steps[place...].reduce(0) { $0 + $1.seconds }
            self.tell(.trialBegan(step.title, place: place + 1, of: count, remainingSeconds: remaining))
            var trial = try self.runner.run(step.work, on: step.target)
            if trial.isOnlyLate, repeats > 0 {
                repeats -= 1
                self.note("A trial was repeated (\(step.title)): \(trial.invalid.joined(separator: "; ")).")
                trial = try self.runner.run(step.work, on: step.target)
            }
            self.recorder.add(trial, of: step.work, on: step.target)
        }
    }

    private func note(_ text: String) {
        self.recorder.note(text)
        self.tell(.note(text))
    }
}

extension RunRecorder {
    /// Enters a finished trial under the case that it belongs to.
    /// - Parameter target: nil for the machine itself.
    package func add(_ trial: Trial, of work: Plan.Work, on target: TargetSpecification?) {
        self.add(
            trial,
            scenario: work.scenario,
            target: target?.description ?? "machine",
            parameters: work.parameters(for: target),
            expected: work.expectedMetrics(from: target),
            unsupported: work.unsupported(by: target)
        )
    }
}
