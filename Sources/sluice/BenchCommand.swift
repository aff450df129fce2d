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

    @Option(help: "Which cases: quick (a minute), standard (many minutes), resume, snapshot, live, lag or soak.")
    var suite = "quick"

    private static let suites = ["quick", "standard", "resume", "snapshot", "live", "lag", "soak"]

    @OptionGroup var targets: TargetOptions

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
        guard Self.suites.contains(self.suite) else {
            throw ValidationError("Unknown suite '\(self.suite)'; use one of \(Self.suites.joined(separator: ", ")).")
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
            suite: self.suite,
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
            throw ExitCode(CommandStatus.failed.rawValue)
        }
        if !validity.isValid { throw ExitCode(CommandStatus.invalid.rawValue) }
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
            switch self.suite {
            case "standard": .standard
            case "resume": .resume
            case "snapshot": .snapshot
            case "live": .live
            case "lag": .lag
            default: .quick
            }
        suite = suite.narrowed(
            replicas: self.replicas.isEmpty ? nil : self.replicas,
            valueSize: self.valueSize,
            trials: self.trials
        )
        try Bench(suite, targets: targets, recorder: recorder, tell: progress.show).run()
    }
}
