// A whole run: starts the targets, walks through the suite's blocks in shuffled order with the targets taking turns, and
// records every trial.

import Measurement
import Primitives
import Sockets

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
    private var generator: SeededGenerator
    private var sessions: [(specification: TargetSpecification, session: Session)] = []
    private var plan = Plan()
    /// The servers that the cases at work share, beside those of the whole run.
    private var shared: (key: SharedServer, sessions: [TargetSpecification: Session])?

    /// Load connections of the largest case.
    private static let connections = 50
    /// Values of the preloaded keys, in bytes.
    private static let preloadValueSize = 1024

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
        self.generator = SeededGenerator(seed: recorder.record.seed)
    }

    /// Runs the suite. What was measured stays recorded however it ends.
    /// - Throws: when no target can be measured, or one fails.
    package func run() throws(HarnessError) {
        defer {
            for entry in self.sessions { entry.session.stop() }
            self.stopShared()
        }
        do throws(HarnessError) {
            try self.provision()
            try self.measure()
        } catch {
            if error.code != .interrupted { self.recorder.invalidate(error.message) }
            self.recorder.finish(interrupted: error.code == .interrupted)
            throw error
        }
        self.recorder.finish(interrupted: false)
    }

    /// Starts the targets. One that is not there is noted; a run without any fails.
    private func provision() throws(HarnessError) {
        for specification in self.specifications {
            do throws(HarnessError) {
                let session = try self.open(specification)
                self.sessions.append((specification, session))
                self.recorder.add(try session.target.record())
            } catch {
                // Only a peer may be missing: without the engine itself, or an address that the user gave, a run is void.
                guard specification.isOptional, self.specifications.count > 1 else { throw error }
                self.recorder.note(error.message)
                self.tell(.note(error.message))
            }
        }
        if self.sessions.isEmpty {
            throw HarnessError(.targetUnavailable, "none of the targets could be started")
        }
    }

    private func open(
        _ specification: TargetSpecification,
        _ settings: EngineSettings = EngineSettings()
    ) throws(HarnessError) -> Session {
        let target = try TargetLauncher.launch(specification, settings)
        return try Session(target, connections: Self.connections, seed: self.generator.next())
    }

    private func measure() throws(HarnessError) {
        var suite = self.suite
        if !PageCache.canDrop, suite.leaveOutColdCache() {
            self.recorder.note("Cases with an empty page cache were left out: emptying it takes root.")
        }
        self.plan = Plan(suite, targets: self.sessions.map(\.specification), &self.generator)
        for entry in self.sessions {
            try entry.session.preload(keys: self.suite.keys, valueSize: Self.preloadValueSize)
        }
        let count = self.plan.steps.count
        for (place, step) in self.plan.steps.enumerated() {
            try Interruption.check()
            let remaining = self.plan.steps[place...].reduce(0) { $0 + $1.seconds }
            self.tell(.trialBegan(step.title, place: place + 1, of: count, remainingSeconds: remaining))
            try self.perform(step)
        }
    }

    private func perform(_ step: Plan.Step) throws(HarnessError) {
        let session = self.sessions.first { $0.specification == step.target }?.session
        let trial: Trial
        switch (step.work, session) {
        case (.idle(let fanOut), let session?):
            trial = try FanOutScenario.idle(fanOut, session)
        case (.fast(let fanOut), let session?):
            trial = try FanOutScenario.fast(fanOut, session, keys: self.suite.keys, timing: self.suite.timing) {
                self.tell(.pulse($0))
            }
        case (.stalled(let fanOut), _?):
            trial = try self.stalled(fanOut, step)
        case (.handshake(let handshake), let session?):
            trial = try HandshakeScenario.run(handshake, session, seconds: self.suite.handshakeSeconds)
        case (.resume(let resume), _?):
            trial = try self.resume(resume, step)
        case (.snapshot(let snapshot), _?):
            trial = try self.snapshot(snapshot, step)
        case (.lag(let lag), let session?):
            guard let specification = step.target else { preconditionFailure("a lag case needs a target") }
            trial = try LagScenario.run(lag, session, specification, keys: self.suite.keys)
        case (.ceiling(let ceiling), _):
            trial = try CeilingScenario.run(ceiling)
        case (_, nil):
            preconditionFailure("the plan names a target that was not started")
        }
        self.recorder.add(
            trial,
            scenario: step.work.scenario,
            target: step.target?.description ?? "machine",
            parameters: step.work.parameters(for: step.target),
            expected: step.work.expectedMetrics(from: step.target),
            unsupported: step.work.unsupported(by: step.target)
        )
    }

    /// Stalled replicas need a server without a past, in the case's own mode of fan-out.
    private func stalled(_ fanOut: FanOutCase, _ step: Plan.Step) throws(HarnessError) -> Trial {
        guard let specification = step.target else { preconditionFailure("a stalled case needs a target") }
        var settings = EngineSettings()
        settings.fanOut = fanOut.fanOut
        let session = try self.open(specification, settings)
        defer { session.stop() }
        return try FanOutScenario.stalled(
            fanOut,
            session,
            keys: self.suite.keys,
            pendingBytes: self.suite.pendingBytes
        )
    }

    private func resume(_ resume: ResumeCase, _ step: Plan.Step) throws(HarnessError) -> Trial {
        var settings = EngineSettings()
        settings.backlogBytes = resume.engine.backlogBytes
        settings.isStreamQuiet = true
        if step.target?.supports(.log) ?? false {
            settings.dataDirectory = ChildProcess.directoryPlaceholder + "/data"
            settings.logIndexInterval = resume.engine.indexInterval
            // Replicas return to any place of the log.
            settings.snapshotLogBytes = 0
        }
        return try ResumeScenario.run(resume, try self.sharedSession(.resume(resume.engine), settings, step).session)
    }

    private func snapshot(_ snapshot: SnapshotCase, _ step: Plan.Step) throws(HarnessError) -> Trial {
        var settings = EngineSettings()
        settings.backlogBytes = snapshot.data.backlogBytes
        settings.snapshotChunkBytes = snapshot.data.chunkBytes
        settings.isStreamQuiet = true
        let (session, specification) = try self.sharedSession(.snapshot(snapshot.data), settings, step)
        return try SnapshotScenario.run(snapshot, session, specification)
    }

    /// The server that a case shares with those before and after it: its log, or its data, stay.
    private func sharedSession(
        _ key: SharedServer,
        _ settings: EngineSettings,
        _ step: Plan.Step
    ) throws(HarnessError) -> (session: Session, specification: TargetSpecification) {
        guard let specification = step.target else { preconditionFailure("a case with a server needs a target") }
        if self.shared?.key != key { self.stopShared() }
        if let running = self.shared?.sessions[specification] { return (running, specification) }
        let session = try self.open(specification, settings)
        self.shared = self.shared ?? (key, [:])
        self.shared?.sessions[specification] = session
        return (session, specification)
    }

    private func stopShared() {
        for session in (self.shared?.sessions ?? [:]).values { session.stop() }
        self.shared = nil
    }
}

/// What servers of cases must agree in to be shared.
enum SharedServer: Hashable {
    case resume(ResumeCase.Engine)
    case snapshot(SnapshotCase.DataSet)
}
