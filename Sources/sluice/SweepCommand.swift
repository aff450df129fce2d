import ArgumentParser
import Harness
import Measurement
import Reports

/// `sluice sweep`: compares settings.
struct SweepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Compare settings of a server, and say which to choose.",
        discussion: """
            Measures every combination of the given values, each on a fresh server, in blocks of shuffled order with the \
            default in every block as the control, and ends with a recommendation, every setting that is as good as the \
            best, and the settings that are fastest for their memory.

                sluice sweep fan-out --vary chunk-size=4kb,16kb,64kb --vary backlog-size=16mb,256mb

            Exit status: 0 good, 1 failed, 3 invalid run, 64 wrong usage.
            """
    )

    @Argument(help: "What is measured at each setting: fan-out, resume, snapshot, handshake or lag.")
    var scenario: String

    @Option(
        help: ArgumentHelp(
            "A setting and its values; may be repeated, for every combination.",
            valueName: "knob=a,b,c"
        )
    )
    var vary: [String] = []

    @Option(help: "Blocks: how often each setting is measured.")
    var trials = 12

    @OptionGroup var targets: TargetOptions

    @Option(help: "Replicas, where the scenario has some.")
    var replicas = 8

    @Option(help: "Bytes of a value (24 or more), as in 100 or 1kb.")
    var valueSize = "1kb"

    @Option(help: "Keys of a full copy, as in 200k.")
    var keys = "200k"

    @Option(help: "Directory for the results (default: reports/sweep-<time>).")
    var out: String?

    @Option(help: "Seed of keys, payloads and order.")
    var seed: UInt64 = 1

    @Flag(help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        guard SweepScenario(rawValue: self.scenario) != nil else {
            let names = SweepScenario.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("'\(self.scenario)' cannot be swept; use one of \(names).")
        }
        guard (1...200).contains(self.trials) else { throw ValidationError("--trials takes 1 to 200.") }
        guard (0...1000).contains(self.replicas) else { throw ValidationError("--replicas takes 0 to 1000.") }
        guard self.targets.target.count <= 1 else { throw ValidationError("A sweep takes one target at a time.") }
        do {
            _ = try self.shape()
            let target = try self.targets.specifications()[0]
            let recorder = RunRecorder(RunRecord(name: "", suite: "", command: "", startedAt: "", seed: 0)) { _ in }
            _ = try self.sweep(of: target, recorder) { _ in }
        } catch let error as HarnessError {
            throw ValidationError("\(error)")
        }
    }

    private func shape() throws -> SweepShape {
        var shape = SweepShape()
        shape.replicas = self.replicas
        guard let size = AmountText.bytes(self.valueSize), (24...(64 << 20)).contains(size) else {
            throw ValidationError("--value-size takes 24 to 67108864 bytes, as in 100 or 1kb.")
        }
        guard let keys = AmountText.count(self.keys), (1...100_000_000).contains(keys) else {
            throw ValidationError("--keys takes 1 to 100 million, as in 200k.")
        }
        shape.valueSize = size
        shape.keys = UInt64(keys)
        return shape
    }

    /// `chunk-size=4kb,16kb` as a knob with its values.
    private static func knob(_ text: String) throws(HarnessError) -> SweepKnob {
        let knob = try Knob(parsing: text)
        let values = knob.value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard Set(values).count == values.count, !values.contains("") else {
            throw HarnessError(.usage, "'\(text)' has a value twice, or an empty one")
        }
        return SweepKnob(name: knob.name, values: values)
    }

    private func sweep(
        of target: TargetSpecification,
        _ recorder: RunRecorder,
        tell: @escaping (BenchEvent) -> Void
    ) throws -> Sweep {
        guard let scenario = SweepScenario(rawValue: self.scenario), !self.vary.isEmpty else {
            throw ValidationError(
                "Say what to vary: --vary knob=a,b,c. \(target.profile.productName) has the knobs "
                    + "\(target.profile.knobNames.joined(separator: ", "))."
            )
        }
        let knobs = try self.vary.map(Self.knob)
        guard Set(knobs.map(\.name)).count == knobs.count else {
            throw ValidationError("A knob is varied twice; put all its values into one --vary.")
        }
        return try Sweep(
            scenario,
            try self.shape(),
            of: target,
            vary: knobs,
            blocks: self.trials,
            recorder: recorder,
            tell: tell
        )
    }

    func run() throws {
        let target = try self.targets.specifications()[0]
        let run = try MeasuredRun("sweep", out: self.out, seed: self.seed, isQuiet: self.quiet) {
            (recorder, progress) throws(HarnessError) in
            do {
                try self.sweep(of: target, recorder, tell: progress.show).run()
            } catch let error as HarnessError {
                throw error
            } catch {
                throw HarnessError(.usage, "\(error)")
            }
        }
        if let sweep = run.record.sweep, !self.quiet {
            let advice = SweepRecommendation(sweep)
            for line in [advice.sentence] + advice.remarks { print(line) }
        }
        if !run.validity.isValid { throw ExitCode(3) }
    }
}
