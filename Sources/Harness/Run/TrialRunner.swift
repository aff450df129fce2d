// Runs one trial after the other, of any case on any target, and keeps the servers that they need from one to the next: so
// that whoever decides on the order (a whole suite, a comparison that takes turns, a sweep in blocks) starts no server itself.

import Primitives

package struct TrialRunner {
    private let suite: Suite
    private let recorder: RunRecorder
    private let tell: (BenchEvent) -> Void
    private var generator: SeededGenerator
    /// The servers of the whole run.
    private var sessions: [TargetSpecification: Session] = [:]
    /// The servers that the cases at work share, beside those of the whole run.
    private var shared: (key: SharedServer, sessions: [TargetSpecification: Session])?

    /// Load connections of the largest case.
    private let connections: Int
    /// Enough for every case that does not say so.
    private static let usualConnections = 50
    /// Values of the preloaded keys, in bytes.
    private static let preloadValueSize = 1024

    /// - Parameters:
    ///   - recorder: where a target is described when it is started; trials are entered by the caller.
    ///   - seed: of keys and payloads.
    ///   - tell: what is told while a trial runs.
    package init(
        _ suite: Suite,
        recorder: RunRecorder,
        seed: UInt64,
        tell: @escaping (BenchEvent) -> Void = { _ in }
    ) {
        self.suite = suite
        self.recorder = recorder
        self.generator = SeededGenerator(seed: seed)
        self.connections = suite.entries.compactMap(\.work.connections).reduce(Self.usualConnections, max)
        self.tell = tell
    }

    /// Starts a target, fills it with the suite's keys and describes it in the record; one that runs already is left alone.
    /// `run` does so by itself for a case that needs it.
    package mutating func open(_ specification: TargetSpecification) throws(HarnessError) {
        _ = try self.session(specification)
    }

    /// Ends what was started for a target.
    package mutating func close(_ specification: TargetSpecification) {
        self.sessions.removeValue(forKey: specification)?.stop()
        self.shared?.sessions.removeValue(forKey: specification)?.stop()
    }

    /// Ends everything that was started.
    package mutating func stop() {
        for session in self.sessions.values { session.stop() }
        self.sessions.removeAll()
        self.stopShared()
    }

    /// Runs one trial.
    /// - Parameter specification: what is measured; nil for the machine itself.
    package mutating func run(
        _ work: Plan.Work,
        on specification: TargetSpecification?
    ) throws(HarnessError) -> Trial {
        guard let specification else {
            guard case .ceiling(let ceiling) = work else { preconditionFailure("\(work.scenario) needs a target") }
            return try CeilingScenario.run(ceiling)
        }
        switch work {
        case .idle(let fanOut):
            return try FanOutScenario.idle(fanOut, try self.session(specification))
        case .fast(let fanOut):
            let session = try self.session(specification)
            return try FanOutScenario.fast(fanOut, session) { self.tell(.pulse($0)) }
        case .stalled(let fanOut):
            return try self.stalled(fanOut, specification)
        case .handshake(let handshake):
            let session = try self.session(specification)
            return try HandshakeScenario.run(handshake, session)
        case .resume(let resume):
            return try self.resume(resume, specification)
        case .snapshot(let snapshot):
            return try self.snapshot(snapshot, specification)
        case .lag(let lag):
            let session = try self.session(specification)
            return try LagScenario.run(lag, session, specification)
        case .capacity(let capacity):
            return try self.capacity(capacity, specification)
        case .faults(let faults):
            let session = try self.start(specification)
            defer { session.stop() }
            let keys = self.suite.keys
            return try FaultsScenario.run(faults, session, specification, keys: keys, seed: self.generator.next())
        case .failover(let failover):
            return try FailoverScenario.run(failover, specification)
        case .catchUp(let catchUp):
            let (connections, seed) = (self.connections, self.generator.next())
            return try CatchUpScenario.run(catchUp, specification, connections: connections, seed: seed)
        case .ceiling(let ceiling):
            return try CeilingScenario.run(ceiling)
        }
    }

    // MARK: - Servers

    private mutating func session(_ specification: TargetSpecification) throws(HarnessError) -> Session {
        if let running = self.sessions[specification] { return running }
        let session = try self.start(specification)
        self.sessions[specification] = session
        self.recorder.add(try session.target.record())
        for note in session.target.notes { self.recorder.note(note) }
        try session.preload(keys: self.suite.keys, valueSize: Self.preloadValueSize)
        return session
    }

    private mutating func start(
        _ specification: TargetSpecification,
        _ settings: EngineSettings = EngineSettings()
    ) throws(HarnessError) -> Session {
        let target = try TargetLauncher.launch(specification, settings)
        return try Session(target, connections: self.connections, seed: self.generator.next())
    }

    /// Stalled replicas need a server without a past, in the case's own mode of fan-out.
    private mutating func stalled(
        _ fanOut: FanOutCase,
        _ specification: TargetSpecification
    ) throws(HarnessError) -> Trial {
        var settings = EngineSettings()
        settings.fanOut = fanOut.fanOut
        let session = try self.start(specification, settings)
        defer { session.stop() }
        return try FanOutScenario.stalled(fanOut, session, keys: self.suite.keys)
    }

    /// What a server holds is counted from its start.
    private mutating func capacity(
        _ capacity: CapacityCase,
        _ specification: TargetSpecification
    ) throws(HarnessError) -> Trial {
        var settings = EngineSettings()
        settings.backlogBytes = capacity.backlogBytes
        settings.isStreamQuiet = true
        let session = try self.start(specification, settings)
        defer { session.stop() }
        return try CapacityScenario.run(capacity, session)
    }

    private mutating func resume(
        _ resume: ResumeCase,
        _ specification: TargetSpecification
    ) throws(HarnessError) -> Trial {
        var settings = EngineSettings()
        settings.backlogBytes = resume.engine.backlogBytes
        settings.isStreamQuiet = true
        if specification.supports(.log) {
            settings.dataDirectory = ChildProcess.directoryPlaceholder + "/data"
            settings.logIndexInterval = resume.engine.indexInterval
            // Replicas return to any place of the log.
            settings.snapshotLogBytes = 0
        }
        let session = try self.sharedSession(.resume(resume.engine), settings, specification)
        return try ResumeScenario.run(resume, session)
    }

    private mutating func snapshot(
        _ snapshot: SnapshotCase,
        _ specification: TargetSpecification
    ) throws(HarnessError) -> Trial {
        var settings = EngineSettings()
        settings.backlogBytes = snapshot.data.backlogBytes
        settings.snapshotChunkBytes = snapshot.data.chunkBytes
        settings.isStreamQuiet = true
        let session = try self.sharedSession(.snapshot(snapshot.data), settings, specification)
        return try SnapshotScenario.run(snapshot, session, specification)
    }

    /// The server that a case shares with those before and after it: its log, or its data, stay.
    private mutating func sharedSession(
        _ key: SharedServer,
        _ settings: EngineSettings,
        _ specification: TargetSpecification
    ) throws(HarnessError) -> Session {
        if self.shared?.key != key { self.stopShared() }
        if let running = self.shared?.sessions[specification] { return running }
        let session = try self.start(specification, settings)
        self.shared = self.shared ?? (key, [:])
        self.shared?.sessions[specification] = session
        return session
    }

    private mutating func stopShared() {
        for session in (self.shared?.sessions ?? [:]).values { session.stop() }
        self.shared = nil
    }
}

/// What servers of cases must agree in to be shared.
enum SharedServer: Hashable {
    case resume(ResumeCase.Engine)
    case snapshot(SnapshotCase.DataSet)
}
