// What does not wobble: bytes, allocations, system calls and instructions, which a shared machine leaves alone, so that one
// look is enough to block a change. Servers are started for it and watched in ways that cost speed, which does not matter
// here; one client and one replica follow a script, so that the same things happen in the same order each time.

import Measurement
import Workload

package enum CountScenario {
    package static let name = "counts"

    /// Bytes per value of the script's writes.
    static let valueSize = 100
    /// Keys that it writes to, all of them there before anything is counted.
    static let keys: UInt64 = 1024
    /// Writes per batch, and so per turn of the server, of the script for memory.
    static let pipeline = 64

    /// Metrics of the case, each measured or unavailable with the reason.
    static let metrics =
        [
            "heap_bytes_per_replica", "heap_bytes_per_mutation", "wire_bytes_per_mutation", "allocations_per_mutation",
            "allocated_bytes_per_mutation", "system_calls_per_frame", "disk_bytes_per_resume",
        ] + CoreExercise.allCases.map(\.metric)

    static let parameters = [Parameter("value_size", Self.valueSize), Parameter("pipeline", Self.pipeline)]

    /// Counts everything for each target, and ends the record of the run.
    /// - Parameter tell: hears what is being counted.
    package static func run(
        on targets: [TargetSpecification],
        recorder: RunRecorder,
        tell: @escaping (BenchEvent) -> Void
    ) throws(HarnessError) {
        do throws(HarnessError) {
            for target in targets { try self.count(target, recorder: recorder, tell: tell) }
        } catch {
            if error.code != .interrupted { recorder.invalidate(error.message) }
            recorder.finish(interrupted: error.code == .interrupted)
            throw error
        }
        recorder.finish(interrupted: false)
    }

    /// Counts everything for one target and records it as one case.
    static func count(
        _ target: TargetSpecification,
        recorder: RunRecorder,
        tell: @escaping (BenchEvent) -> Void
    ) throws(HarnessError) {
        var trial = Trial()
        var unavailable: [String: String] = [:]
        if target.isChild {
            var run = CountRun(target, tell)
            try run.perform(recorder)
            trial = run.trial
            unavailable = run.unavailable
        } else {
            let reason = "it runs already, and counts are taken from a server that is started and stopped for them"
            for metric in self.metrics { unavailable[metric] = reason }
        }
        trial.phaseEnded(Trial.measurePhase)
        recorder.add(
            trial,
            scenario: self.name,
            target: target.description,
            parameters: self.parameters,
            expected: self.metrics,
            unsupported: unavailable
        )
    }

    /// The counts of two sides against each other.
    static func compare(_ a: CaseRecord, _ b: CaseRecord) -> [ComparedFigure] {
        let settings = a.parameters.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        return GatedMetric.counts.compactMap { gate in
            ComparedFigure.comparing(a, b, named: "\(self.name)/\(settings)", by: gate)
        }
    }
}

/// The counting of one target.
struct CountRun {
    private let target: TargetSpecification
    private let tell: (BenchEvent) -> Void
    private(set) var trial = Trial()
    private(set) var unavailable: [String: String] = [:]

    /// One stream of keys and payloads for all: both sides of a comparison get the very same bytes.
    private static let seed: UInt64 = 42
    private static let titles = 5

    init(_ target: TargetSpecification, _ tell: @escaping (BenchEvent) -> Void) {
        self.target = target
        self.tell = tell
    }

    mutating func perform(_ recorder: RunRecorder) throws(HarnessError) {
        try self.step("memory", 1) { (run: inout CountRun) throws(HarnessError) in try run.memory(recorder) }
        try self.step("allocations", 2) { (run: inout CountRun) throws(HarnessError) in try run.allocations() }
        try self.step("system calls", 3) { (run: inout CountRun) throws(HarnessError) in try run.systemCalls() }
        try self.step("resume", 4) { (run: inout CountRun) throws(HarnessError) in try run.resume(recorder) }
        try self.step("instructions", 5) { (run: inout CountRun) throws(HarnessError) in try run.instructions() }
    }

    private mutating func step(
        _ title: String,
        _ place: Int,
        _ body: (inout CountRun) throws(HarnessError) -> Void
    ) throws(HarnessError) {
        try Interruption.check()
        let remaining = Double(Self.titles - place + 1) * 4
        let name = "\(CountScenario.name) \(self.target) \(title)"
        self.tell(.trialBegan(name, place: place, of: Self.titles, remainingSeconds: remaining))
        try body(&self)
    }

    private mutating func add(_ metric: String, _ value: Double?, unit: String) {
        self.trial.add(metric, value, unit: unit, better: .lower)
    }

    // MARK: - Servers

    private func launch(_ watch: EngineSettings.Watch) throws(HarnessError) -> Session {
        var settings = EngineSettings()
        settings.watch = watch
        settings.isStreamQuiet = true
        var specification = self.target
        // Small chunks, so that the memory that mutations take is known to a fraction of a per cent.
        if specification.profile.knobNames.contains(Self.chunkKnob.name) {
            specification = try specification.setting(Self.chunkKnob)
        }
        // In results it is the target that was asked for.
        specification.label = self.target.description
        let session = try Session(try TargetLauncher.launch(specification, settings), connections: 1, seed: Self.seed)
        try session.preload(keys: CountScenario.keys, valueSize: CountScenario.valueSize)
        return session
    }

    private static let chunkKnob = Knob("chunk-size", "16kb")

    /// Writes so many mutations over one connection, a batch after the answers to the one before.
    private static func write(_ count: UInt64, _ session: Session, pipeline: Int) throws(HarnessError) {
        var shape = LoadShape()
        shape.connections = 1
        shape.pipeline = pipeline
        shape.valueSize = CountScenario.valueSize
        shape.keys = .sequential(keys: CountScenario.keys)
        session.load.begin(shape, limit: count)
        try session.rest()
        try session.drain()
    }

    // MARK: - Memory that is held

    private static let replicaCounts = [0, 1, 2, 4, 8, 16]
    private static let heldMutations: UInt64 = 25_600

    private mutating func memory(_ recorder: RunRecorder) throws(HarnessError) {
        let session = try self.launch(.allocations)
        defer { session.stop() }
        recorder.add(try session.target.record())
        guard try session.target.info("memory").number("allocator_allocated") != nil else {
            for metric in ["heap_bytes_per_replica", "heap_bytes_per_mutation"] {
                self.unavailable[metric] = "it does not tell what its allocator has handed out"
            }
            return try self.wireBytes(session)
        }
        try self.heapPerReplica(session)
        try self.wireBytes(session)
        try self.heapPerMutation(session)
    }

    private mutating func heapPerReplica(_ session: Session) throws(HarnessError) {
        var points: [(x: Double, y: Double)] = []
        // The first visit makes what stays, such as the room for slots.
        for count in [Self.replicaCounts[Self.replicaCounts.count - 1]] + Self.replicaCounts {
            try session.attach(count, .silent)
            points.append((Double(count), try Self.allocated(session)))
            try session.check(session.fleet.counters)
            try session.detach()
        }
        self.add("heap_bytes_per_replica", LineFit(Array(points.dropFirst()))?.slope, unit: "B")
    }

    private mutating func heapPerMutation(_ session: Session) throws(HarnessError) {
        // The connection is there before, with its buffers as large as they get.
        try Self.write(2 * CountScenario.keys, session, pipeline: CountScenario.pipeline)
        let before = try Self.allocated(session)
        try Self.write(Self.heldMutations, session, pipeline: CountScenario.pipeline)
        let growth = try Self.allocated(session) - before
        self.add("heap_bytes_per_mutation", growth / Double(Self.heldMutations), unit: "B")
    }

    /// What goes over the wire beside mutations (signs of life, once in a while) is in some portions and not in others, so
    /// the smallest counts.
    private static let portions = 8

    private mutating func wireBytes(_ session: Session) throws(HarnessError) {
        try session.attach(1, .silent)
        // Positions have one number of digits from here on.
        try Self.write(10 * CountScenario.keys, session, pipeline: CountScenario.pipeline)
        var smallest = UInt64.max
        for _ in 0..<Self.portions {
            let before = session.fleet.counters.receivedBytes
            try Self.write(CountScenario.keys, session, pipeline: CountScenario.pipeline)
            smallest = min(smallest, session.fleet.counters.receivedBytes - before)
        }
        self.add("wire_bytes_per_mutation", Double(smallest) / Double(CountScenario.keys), unit: "B")
        try session.detach()
        session.load.disconnect()
    }

    /// Redis counts its memory ten times a second.
    private static let settleSeconds = 0.12
    /// A server that is not at rest by then never is.
    private static let longestSettling = 20

    /// What is handed out once nothing moves any more: what those who left had is given back a little later.
    private static func allocated(_ session: Session) throws(HarnessError) -> Double {
        var last: UInt64?
        for _ in 0..<self.longestSettling {
            try Wait.seconds(self.settleSeconds)
            guard let bytes = try session.target.info("memory").number("allocator_allocated") else {
                throw HarnessError(
                    .targetFailed,
                    "\(session.target.id) no longer tells allocator_allocated in INFO memory"
                )
            }
            if bytes == last { break }
            last = bytes
        }
        return last.map { Double($0) } ?? 0
    }

    // MARK: - Memory that is asked for

    /// Two lengths of one script: what the longer one has more belongs to the mutations alone.
    private static let scriptLengths: [UInt64] = [6400, 32_000]

    private mutating func allocations() throws(HarnessError) {
        var outputs: [AllocatorOutput] = []
        for length in Self.scriptLengths {
            let session = try self.launch(.allocations)
            defer { session.stop() }
            try session.attach(1, .silent)
            try Self.write(length, session, pipeline: CountScenario.pipeline)
            guard let text = session.target.child?.finish(), let output = AllocatorOutput(parsing: text) else {
                for metric in ["allocations_per_mutation", "allocated_bytes_per_mutation"] {
                    self.unavailable[metric] = "its allocator is not jemalloc 5, which counts what it hands out"
                }
                return
            }
            outputs.append(output)
        }
        let count = Double(Self.scriptLengths[1] - Self.scriptLengths[0])
        let blocks = Double(outputs[1].blocks) - Double(outputs[0].blocks)
        let bytes = Double(outputs[1].bytes) - Double(outputs[0].bytes)
        self.add("allocations_per_mutation", blocks / count, unit: "count")
        self.add("allocated_bytes_per_mutation", bytes / count, unit: "B")
    }

    // MARK: - System calls

    private static let tracedLengths: [UInt64] = [200, 1200]
    /// Timers call into the kernel as well, the more often the longer a script takes; of so many runs the one that they
    /// disturbed least counts.
    private static let tracedRuns = 3

    private mutating func systemCalls() throws(HarnessError) {
        guard TargetLauncher.tracer != nil else {
            self.unavailable["system_calls_per_frame"] = "strace is not installed (Debian: apt install strace)"
            return
        }
        var totals: [UInt64] = []
        for length in Self.tracedLengths {
            do throws(HarnessError) {
                var least = UInt64.max
                for _ in 0..<Self.tracedRuns { least = min(least, try self.callsOfScript(length)) }
                totals.append(least)
            } catch {
                if error.code == .interrupted { throw error }
                // Tracing may be forbidden here, as in many containers.
                self.unavailable["system_calls_per_frame"] = "strace cannot trace it: \(error.message)"
                return
            }
        }
        let frames = Double(Self.tracedLengths[1] - Self.tracedLengths[0])
        self.add("system_calls_per_frame", (Double(totals[1]) - Double(totals[0])) / frames, unit: "count")
    }

    private func callsOfScript(_ length: UInt64) throws(HarnessError) -> UInt64 {
        let session = try self.launch(.systemCalls)
        defer { session.stop() }
        try session.attach(1, .silent)
        try Self.write(length, session, pipeline: 1)
        _ = session.target.child?.finish()
        let text = session.target.child?.fileOnceWritten(EngineSettings.Watch.summaryName)
        guard let output = text.flatMap(SystemCallOutput.init) else {
            throw HarnessError(.targetUnavailable, "strace left no summary")
        }
        return output.total
    }

    // MARK: - Disk

    private mutating func resume(_ recorder: RunRecorder) throws(HarnessError) {
        let metric = "disk_bytes_per_resume"
        guard self.target.supports(.log) else {
            self.unavailable[metric] = "it resumes from memory only"
            return
        }
        var runner = TrialRunner(Suite(name: CountScenario.name), recorder: recorder, seed: Self.seed)
        defer { runner.stop() }
        let trial = try runner.run(.resume(ResumeCase(records: 20_000, distance: 15_000)), on: self.target)
        self.add(metric, trial.samples.first { $0.metric == metric }?.value, unit: "B")
        self.trial.invalidate(trial.invalid)
    }

    // MARK: - Instructions

    private mutating func instructions() throws(HarnessError) {
        for exercise in CoreExercise.allCases {
            do throws(HarnessError) {
                self.add(exercise.metric, try CoreExercise.instructions(of: exercise, self.target), unit: "count")
            } catch {
                if error.code == .interrupted { throw error }
                self.unavailable[exercise.metric] = error.message
            }
        }
    }
}
