// `sluice compare`: what moved between two finished runs.

import ArgumentParser
import Foundation
import Measurement
import Reports

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compare two finished runs, or read a comparison again.",
        discussion: """
            Prints one line with the verdict and a Markdown table. Counts (allocations, system calls, bytes on the wire, \
            instructions …) are judged and block. Timings of two separate runs are shown as indicative, because a shared \
            machine moves them more than a build does; `sluice bench --against` makes them side by side. With one run that \
            was made so, its verdicts are told again.

            \(CommandStatus.help(CommandStatus.ofComparisons))
            """
    )

    @Argument(help: "Directory, or results.json, of the run to compare with; or of one made with --against.")
    var baseline: String

    @Argument(help: "Directory, or results.json, of the run to judge.")
    var current: String?

    @Option(help: "Changes of timings below this count for nothing, as in 5%. Counts keep their own bounds.")
    var minEffect: EffectSize?

    @Flag(help: "End with 4 for an improvement beyond its bound, and with 5 for nothing but noise.")
    var strict = false

    @Option(help: ArgumentHelp("File for the comparison as JSON.", valueName: "file"))
    var json: String?

    @Option(help: ArgumentHelp("File for the page in Markdown.", valueName: "file"))
    var markdown: String?

    func run() throws {
        let (comparison, judged) = try self.comparison()
        let output = ComparisonOutput(comparison, json: self.json, markdown: self.markdown)
        try output.write()
        print(output.page, terminator: "")
        guard !comparison.figures.isEmpty else {
            throw ComparisonError(
                "the runs have no figure in common: compare runs of the same suite (sluice bench --suite …), or with counts"
                    + " (sluice bench --counts)"
            )
        }
        for run in judged {
            let validity = Validity(of: run)
            guard validity.isValid else {
                print("invalid run \(run.name): \(validity.reasons.joined(separator: "\n             "))")
                throw ExitCode(CommandStatus.invalid.rawValue)
            }
        }
        try comparison.status(isStrict: self.strict).end()
    }

    /// The comparison, and the runs that it rests on.
    private func comparison() throws -> (ComparisonRecord, [RunRecord]) {
        let (_, before) = try ReportDirectory.load(self.baseline)
        guard let current else {
            guard let comparison = RunComparison.judge(paired: before, minimumEffect: self.minEffect?.share) else {
                throw ComparisonError(
                    "\(self.baseline) was not made with --against: give a second run to compare it with"
                )
            }
            return (comparison, [before])
        }
        let (_, after) = try ReportDirectory.load(current)
        let effect = self.minEffect?.share ?? RunComparison.defaultMinimumEffect
        return (RunComparison.judge(baseline: before, current: after, minimumEffect: effect), [before, after])
    }
}

struct ComparisonError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A share, as people write it: `5%` or `0.05`.
struct EffectSize: ExpressibleByArgument {
    let share: Double

    init?(argument: String) {
        let isPercent = argument.hasSuffix("%")
        guard let number = Double(isPercent ? String(argument.dropLast()) : argument), number.isFinite else {
            return nil
        }
        let share = isPercent ? number / 100 : number
        guard share > 0, share <= 1 else { return nil }
        self.share = share
    }
}

extension CommandStatus {
    /// Ends the command with this status, unless it is good.
    func end() throws { if self != .good { throw ExitCode(self.rawValue) } }
}
