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

    @Option(
        help: """
            Which cases: quick (a minute), standard (many minutes), resume, snapshot, live, lag, faults, gate or soak. \
            (default: quick; gate where two sides are compared; none with --counts alone)
            """
    )
    var suite: String?

    private static let suites = ["quick", "standard", "resume", "snapshot", "live", "lag", "faults", "gate", "soak"]

    private var suiteName: String {
        self.suite ?? (self.comparison.isPaired ? "gate" : self.comparison.counts ? CountScenario.name : "quick")
    }

    @OptionGroup var targets: TargetOptions

    @OptionGroup(title: "Comparing") var comparison: ComparisonOptions

    @Option(help: "Directory for the results (default: reports/run-<time>).")
    var out: String?

    @Option(help: "Only cases with this many replicas; may be repeated.")
    var replicas: [Int] = []

    @Option(help: "Only cases with values of this many bytes (24 or more).")
    var valueSize: Int?

    @Option(help: "Trials per case, instead of the suite's own number.")
    var trials: Int?

    @Option(help: "Seed of keys, payloads and order.")
    var seed: UInt64 = 1

    @Option(help: "Length of the soak suite, in minutes.")
    var minutes = 20.0

    @Flag(help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        if let suite, !Self.suites.contains(suite) {
            throw ValidationError("Unknown suite '\(suite)'; use one of \(Self.suites.joined(separator: ", ")).")
        }
        guard !self.comparison.isPaired || (self.targets.target.count == 1 && self.suite != "soak") else {
            throw ValidationError("A comparison takes one --target, the one that is judged, and not the suite soak.")
        }
        if self.comparison.isPaired {
            do {
                _ = try self.comparison.sides(self.targets.specification(self.targets.target[0]), self.targets)
            } catch {
                throw ValidationError("--against: \(error)")
            }
        }
        guard self.valueSize.map({ (24...(64 << 20)).contains($0) }) ?? true else {
            throw ValidationError("A value has 24 to 67108864 bytes: it must hold the header that is verified.")
        }
        guard self.trials.map({ (1...1000).contains($0) }) ?? true else {
            throw ValidationError("--trials takes 1 to 1000.")
        }
        guard self.replicas.allSatisfy({ (0...10_000).contains($0) }) else {
            throw ValidationError("--replicas takes 0 to 10000.")
        }
        guard self.minutes > 0, self.minutes <= 10_000 else {
            throw ValidationError("--minutes takes a number above 0.")
        }
        guard self.suite != "soak" || self.targets.target.count == 1 else {
            throw ValidationError("The soak suite takes one target at a time.")
        }
    }

    func run() throws {
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
            seed: self.seed
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
        let targets = try self.targets.specifications()
        if self.suite == "soak" {
            let soak = Soak(targets[0], minutes: self.minutes, recorder: recorder, tell: progress.show)
            return try soak.run()
        }
        var suite: Suite =
            switch self.suiteName {
            case "standard": .standard
            case "gate": .gate
            case "resume": .resume
            case "snapshot": .snapshot
            case "live": .live
            case "lag": .lag
            case "faults": .faults
            default: .quick
            }
        suite = suite.narrowed(
            replicas: self.replicas.isEmpty ? nil : self.replicas,
            valueSize: self.valueSize,
            trials: self.trials
        )
        if self.comparison.isPaired { return try self.compare(suite, targets[0], recorder, progress) }
        if self.comparison.counts {
            try CountScenario.run(on: targets, recorder: recorder, tell: progress.show)
            if self.suite == nil { return }
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
