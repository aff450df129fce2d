import ArgumentParser
import Foundation
import Harness
import Measurement
import Probes
import Reports

/// `sluice bench`: measures what replication costs.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure what replicas cost a primary.",
        discussion: """
            Floods a primary with writes, attaches synthetic replicas, checks every byte that they receive, and measures \
            memory, processor time, rates and latencies. Without --target it starts this engine as a child process. \
            The server may be one that runs already; only replication traffic and keys named key:* touch it.

            \(CommandStatus.help(CommandStatus.ofComparisons))
            """
    )

    @OptionGroup var cases: SuiteOptions

    @OptionGroup var targets: TargetOptions

    @OptionGroup(title: "Comparing") var comparison: ComparisonOptions

    /// The suite that is measured unless the user says so.
    private var usual: String { self.comparison.isPaired ? "gate" : SuiteOptions.usual }

    private var suiteName: String {
        let countsAlone = self.comparison.counts && self.cases.suite == nil && !self.comparison.isPaired
        return countsAlone ? CountScenario.name : self.cases.label(otherwise: self.usual)
    }

    @Option(help: "Directory for the results (default: reports/run-<time>).")
    var out: String?

    @Option(help: "Seed of keys, payloads and order. (default: the suite's own, or 1)")
    var seed: UInt64?

    @Option(help: "Length of the soak suite, in minutes.")
    var minutes = 20.0

    @OptionGroup var workers: WorkerOptions

    @Flag(help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        guard !self.comparison.isPaired || (self.targets.target.count <= 1 && !self.cases.isSoak) else {
            throw ValidationError("A comparison takes one --target, the one that is judged, and not the suite soak.")
        }
        if self.comparison.isPaired {
            do {
                let judged = try self.targets.specifications(otherwise: try self.cases.targets(otherwise: self.usual))[
                    0
                ]
                _ = try self.comparison.sides(judged, self.targets)
            } catch {
                throw ValidationError("--against: \(error)")
            }
        }
        guard self.minutes > 0, self.minutes <= 10_000 else {
            throw ValidationError("--minutes takes a number above 0.")
        }
        guard !self.cases.isSoak || self.targets.target.count <= 1 else {
            throw ValidationError("The soak suite takes one target at a time.")
        }
        try self.workers.check(isSoak: self.cases.isSoak, self.targets)
    }

    func run() throws {
        if let answer = try self.cases.answer() { return print(answer, terminator: "") }
        Interruption.catchSignals()
        DescriptorLimit.raise()
        let began = Date()
        let stamp = began.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        let name = self.out.map { URL(fileURLWithPath: $0).lastPathComponent } ?? "run-\(stamp)"
        let directory = ReportDirectory(path: self.out ?? "reports/\(name)")

        var record = RunRecord(
            name: name,
            suite: self.suiteName,
            command: CommandLine.arguments.map(Secret.masked).joined(separator: " "),
            startedAt: began.formatted(.iso8601),
            seed: try self.seed ?? self.cases.seed(otherwise: self.usual) ?? 1
        )
        record.environment = [BuildFacts.section] + Environment.sections()
        try directory.save(record)
        let recorder = RunRecorder(record) { Self.save($0, to: directory) }
        let progress = BenchProgress(isQuiet: self.quiet)
        var failure: HarnessError?
        do {
            try self.perform(recorder, progress)
        } catch {
            failure = error
        }
        progress.end()
        let validity = try directory.finish(recorder.record)
        if !self.quiet { print("report: \(directory.path)/report.md") }
        if let failure, failure.code != .interrupted {
            Self.complain("\(failure)")
        }
        let told = try self.tell(recorder.record.comparison)
        try CommandStatus(failure, isValid: validity.isValid).end()
        // A comparison that was stopped has not said what it was asked.
        if self.comparison.isPaired, failure != nil { try CommandStatus.failed.end() }
        try told?.status(isStrict: self.comparison.strict).end()
    }

    /// Prints a comparison, and writes it where that was asked for.
    private func tell(_ comparison: ComparisonRecord?) throws -> ComparisonRecord? {
        guard let comparison else { return nil }
        let output = ComparisonOutput(comparison, json: self.comparison.json, markdown: self.comparison.markdown)
        try output.write()
        if !self.quiet { print("\n" + output.page, terminator: "") }
        return comparison
    }

    /// Keeps what has been measured so far. A full disk is said and does not end the run: the next case may fit again.
    private static func save(_ record: RunRecord, to directory: ReportDirectory) {
        do {
            try directory.save(record)
        } catch {
            Self.complain("\(error)")
        }
    }

    private static func complain(_ message: String) {
        FileHandle.standardError.write(Data("sluice bench: \(message)\n".utf8))
    }

    private func perform(_ recorder: RunRecorder, _ progress: BenchProgress) throws(HarnessError) {
        let targets = try self.targets.specifications(otherwise: try self.cases.targets(otherwise: self.usual))
        if self.cases.isSoak {
            let soak = Soak(targets[0], minutes: self.minutes, recorder: recorder, tell: progress.show)
            return try soak.run()
        }
        if let limit = self.cases.limit {
            return try FindMax(limit, recorder: recorder, tell: progress.show).run(
                try self.cases.searched(),
                on: targets
            )
        }
        let suite = try self.cases.narrowed(otherwise: self.usual)
        if self.comparison.isPaired { return try self.compare(suite, targets[0], recorder, progress) }
        if self.comparison.counts {
            try CountScenario.run(on: targets, recorder: recorder, tell: progress.show)
            if self.cases.suite == nil { return }
        }
        if let share = try self.workers.share() {
            let run = WorkerRun(suite, target: targets[0], share: share, recorder: recorder, tell: progress.show)
            return try run.run(startsIn: try self.workers.secondsUntilStart())
        }
        try Bench(suite, targets: targets, recorder: recorder, tell: progress.show).run()
    }

    private func compare(
        _ suite: Suite,
        _ target: TargetSpecification,
        _ recorder: RunRecorder,
        _ progress: BenchProgress
    ) throws(HarnessError) {
        let (a, b) = try self.comparison.sides(target, self.targets)
        let bench = PairedBench(
            suite,
            a: a,
            b: b,
            recorder: recorder,
            stopsAtRegression: self.comparison.failFast,
            tell: progress.show
        )
        if self.comparison.aa { return try bench.runSelfTests(self.comparison.repetitions) }
        try bench.run(withCounts: !self.comparison.noCounts)
    }
}
