import ArgumentParser
import Foundation
import Harness
import Measurement
import Planning
import Reports

/// `sluice plan`: answers capacity questions from what was measured.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Size a primary: backlog, memory, processor, network and full copies.",
        discussion: """
            Answers from a run that was measured before (--from), or measures one first (--calibrate, some minutes). Every \
            answer shows its formula, what went into it, and how far the formula was off on configurations that it had \
            not seen.

                sluice plan --calibrate --target bundled --target redis --out reports/plan
                sluice plan --from reports/plan --target redis --write-rate 50k --value-size 1kb --replicas 16 --outage 10m

            Exit status: 0 good, 1 failed, 3 the run is invalid, 64 wrong usage.
            """
    )

    @Option(help: "Writes a second, as in 50k.")
    var writeRate: String?

    @Option(help: "Bytes of a value, as in 100 or 1kb.")
    var valueSize = "1kb"

    @Option(help: "Replicas that read.")
    var replicas = 1

    @Option(help: "Replicas that stopped reading, beside them.")
    var stalled = 0

    @Option(
        help: "How long a replica may be away and still resume, and how long the stalled ones have been: 30s, 10m, 2h."
    )
    var outage = "1m"

    @Option(help: "Keys, as in 2m; 0 leaves the data out.")
    var keys = "0"

    @Option(help: "Bytes of backlog, as in 256mb (default: what the outage takes).")
    var backlog: String?

    @Option(help: "What the primary's network carries a second, as in 1gbit or 125mb.")
    var linkSpeed: String?

    @Option(help: "Commands that clients have on their way at a time (default: what the run measured most).")
    var pipeline: Int?

    @OptionGroup var targets: TargetOptions

    @Option(help: ArgumentHelp("The directory of a run, or its results.json.", valueName: "run"))
    var from: String?

    @Flag(help: "Measure the targets first.")
    var calibrate = false

    @Option(help: "Trials per configuration of a calibration.")
    var trials = 3

    @Option(help: "Directory for the plan, and for the results of a calibration (default: reports/plan-<time>).")
    var out: String?

    @Option(help: "Seed of keys, payloads and order of a calibration.")
    var seed: UInt64 = 1

    @Flag(help: "Print the plan as JSON.")
    var json = false

    @Flag(help: "Print nothing but errors.")
    var quiet = false

    func validate() throws {
        guard self.calibrate != (self.from != nil) else {
            throw ValidationError(
                "Say what the plan rests on: --from RUN for one that was measured, or --calibrate to measure first."
            )
        }
        guard self.calibrate || self.writeRate != nil else {
            throw ValidationError("Say how much is written: --write-rate 50k.")
        }
        guard (1...1000).contains(self.trials) else { throw ValidationError("--trials takes 1 to 1000.") }
        guard self.pipeline.map({ $0 > 0 }) ?? true else { throw ValidationError("--pipeline takes 1 or more.") }
        _ = try self.question()
    }

    private func question() throws -> PlanQuestion {
        var question = PlanQuestion()
        func limit(_ value: Int?, _ range: ClosedRange<Int>, _ words: String) throws -> Double {
            guard let value, range.contains(value) else { throw ValidationError(words) }
            return Double(value)
        }
        if let writeRate {
            let words = "--write-rate takes 1 to 1000 million a second, as in 50k."
            question.writeRate = try limit(AmountText.count(writeRate), 1...1_000_000_000, words)
        }
        let sizes = "--value-size takes 0 to 512mb."
        question.valueSize = try limit(AmountText.bytes(self.valueSize), 0...(512 << 20), sizes)
        question.replicas = try limit(self.replicas, 0...1_000_000, "--replicas takes 0 to 1000000.")
        question.stalled = try limit(self.stalled, 0...1_000_000, "--stalled takes 0 to 1000000.")
        let keys = "--keys takes 0 to a million million, as in 2m."
        question.keys = try limit(AmountText.count(self.keys), 0...1_000_000_000_000, keys)
        guard let outage = AmountText.seconds(self.outage), outage > 0 else {
            throw ValidationError("--outage takes a time above 0, as in 30s, 10m or 2h.")
        }
        question.outage = outage
        if let backlog {
            question.backlog = try limit(
                AmountText.bytes(backlog),
                1...(1 << 50),
                "--backlog takes a size, as in 256mb."
            )
        }
        if let linkSpeed {
            guard let speed = AmountText.bytesPerSecond(linkSpeed) else {
                throw ValidationError("--link-speed takes what goes over in a second, as in 1gbit or 125mb.")
            }
            question.linkSpeed = speed
        }
        return question
    }

    func run() throws {
        let specifications = try self.targets.specifications()
        let record: RunRecord
        var folder = self.out
        var isValid = true
        if let from {
            record = try ReportDirectory.load(from).1
            isValid = Validity(of: record).isValid
        } else {
            let run = try MeasuredRun("plan", out: self.out, seed: self.seed, isQuiet: self.quiet || self.json) {
                (recorder, progress) throws(HarnessError) in
                try Calibration(specifications, trials: self.trials, recorder: recorder, tell: progress.show).run()
            }
            (record, folder, isValid) = (run.record, run.directory.path, run.validity.isValid)
        }
        for specification in specifications {
            try self.answer(record, specification.description, folder, isAlone: specifications.count == 1)
        }
        if !isValid { throw ExitCode(3) }
    }

    private func answer(_ record: RunRecord, _ target: String, _ folder: String?, isAlone: Bool) throws {
        guard record.targets.contains(where: { $0.id == target }) else {
            let ids = record.targets.map(\.id).joined(separator: ", ")
            throw ValidationError("The run has not measured \(target); choose with --target from \(ids).")
        }
        let plan = Planner(record, target: target, pipeline: self.pipeline, try self.question()).plan()
        let page = PlanPage(plan).markdown
        let json = try plan.json()
        if let folder {
            let name =
                isAlone ? "plan" : "plan-\(target.map { $0.isLetter || $0.isNumber ? String($0) : "-" }.joined())"
            for (file, bytes) in [("\(name).md", Array(page.utf8)), ("\(name).json", json)] {
                let url = URL(fileURLWithPath: "\(folder)/\(file)")
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(),
                    withIntermediateDirectories: true
                )
                try Data(bytes).write(to: url, options: .atomic)
            }
        }
        if !self.quiet { print(self.json ? String(decoding: json, as: UTF8.self) : page, terminator: "") }
    }
}
