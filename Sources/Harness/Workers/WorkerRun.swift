// A run as one worker of several: the suite's cases that can be shared, each trial in a slot of its own that begins at the same
// moment for all. The cases keep the numbers of the whole, so that the runs of all workers can be joined case by case.

import Measurement
import Primitives
import Sockets

package final class WorkerRun {
    private static let preloadValueSize = 1024
    /// Load connections of the largest case, all workers together.
    private static let connections = 50

    private let suite: Suite
    private let specification: TargetSpecification
    private let share: WorkerShare
    private let recorder: RunRecorder
    private let tell: (BenchEvent) -> Void

    package init(
        _ suite: Suite,
        target: TargetSpecification,
        share: WorkerShare,
        recorder: RunRecorder,
        tell: @escaping (BenchEvent) -> Void
    ) {
        self.suite = suite
        self.specification = target
        self.share = share
        self.recorder = recorder
        self.tell = tell
    }

    /// - Parameter startsIn: seconds until the first slot begins.
    /// - Throws: `usage` when the server is one of our own, or nothing of the suite can be shared; `timedOut` when this worker
    ///   cannot keep up with the slots.
    package func run(startsIn: Double) throws(HarnessError) {
        do throws(HarnessError) {
            try self.perform(startsIn)
        } catch {
            if error.code != .interrupted { self.recorder.invalidate(error.message) }
            self.recorder.finish(interrupted: error.code == .interrupted)
            throw error
        }
        self.recorder.finish(interrupted: false)
    }

    /// What all workers measure, in the same order: it hangs on suite, target and seed alone.
    static func steps(
        _ suite: Suite,
        _ target: TargetSpecification,
        workers: Int,
        seed: UInt64
    ) -> [(Plan.Work, TrialSlot)] {
        var generator = SeededGenerator(seed: seed)
        return Plan(suite, targets: [target], &generator).steps.compactMap { step in
            guard step.target != nil, let slot = TrialSlot(step.work) else { return nil }
            // Who has no handshake to make has nothing to tell of them.
            if case .handshake(let handshake) = step.work, handshake.concurrency < workers { return nil }
            return (step.work, slot)
        }
    }

    private func perform(_ startsIn: Double) throws(HarnessError) {
        guard !self.specification.isChild else {
            throw HarnessError(.usage, "workers measure one server that runs already; name it by a URL")
        }
        let seed = self.recorder.record.seed
        let steps = Self.steps(self.suite, self.specification, workers: self.share.count, seed: seed)
        guard !steps.isEmpty else {
            throw HarnessError(.usage, "no case of the suite \(self.suite.name) can be shared among workers")
        }
        guard startsIn > 0 else { throw HarnessError(.usage, "the start lies in the past; give one that is to come") }
        var slotBegan = Clocks.monotonicNanoseconds + UInt64(startsIn * 1e9)
        let session = try self.session()
        defer { session.stop() }
        if self.share.isFirst {
            self.recorder.add(try session.target.record())
            try session.preload(keys: self.suite.keys, valueSize: Self.preloadValueSize)
        }
        self.recorder.note(
            "Worker \(self.share.index) of \(self.share.count): a share of the load and of the replicas."
        )
        for note in session.target.notes { self.recorder.note(note) }
        for (place, step) in steps.enumerated() {
            let remaining = steps[place...].reduce(0) { $0 + $1.1.length }
            let title = "\(step.0.scenario) \(self.specification) as worker \(self.share)"
            self.tell(.trialBegan(title, place: place + 1, of: steps.count, remainingSeconds: remaining))
            let clock = SlotClock(began: slotBegan)
            try clock.wait(until: 0, "the slot of trial \(place + 1) had begun when this worker was ready for it")
            let trial = WorkerTrial(session: session, share: self.share, slot: step.1, clock: clock)
            self.enter(try trial.run(step.0), step.0)
            slotBegan += UInt64(step.1.length * 1e9)
        }
    }

    private func session() throws(HarnessError) -> Session {
        let target = try TargetLauncher.launch(self.specification)
        let own = self.share.range(of: Self.connections)
        // Another seed for each, or all would write the same keys at the same time.
        let seed = self.recorder.record.seed &+ UInt64(self.share.index)
        return try Session(
            target,
            connections: Self.connections,
            own: own,
            name: "bench-\(self.share.index)",
            seed: seed
        )
    }

    private func enter(_ trial: Trial, _ work: Plan.Work) {
        let expected = work.expectedMetrics(from: self.specification).filter { metric in
            // Lag counts against all writes, of which each worker knows its own.
            metric != "replica_lag" && (self.share.isFirst || !WorkerTrial.firstOnly.contains(metric))
        }
        self.recorder.add(
            trial,
            scenario: work.scenario,
            target: self.specification.description,
            parameters: work.parameters(for: self.specification),
            expected: expected,
            unsupported: work.unsupported(by: self.specification)
        )
    }
}

/// The time of one slot.
struct SlotClock: Sendable {
    /// On the monotonic clock, in nanoseconds.
    let began: UInt64

    /// Sleeps until so many seconds of the slot have passed.
    /// - Throws: `timedOut` with `reason` when that is over already.
    func wait(until seconds: Double, _ reason: String) throws(HarnessError) {
        let due = self.began + UInt64(seconds * 1e9)
        let now = Clocks.monotonicNanoseconds
        guard now <= due else { throw HarnessError(.timedOut, reason) }
        try Wait.seconds(Double(due - now) / 1e9)
    }
}
