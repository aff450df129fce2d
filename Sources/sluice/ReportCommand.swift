// `sluice report`: render a run again from its results.json, with this version's tables and charts.

import ArgumentParser
import Measurement
import Reports

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Render a run again from its results.json.",
        discussion: """
            Writes report.md, results.csv, environment.json and charts/ beside results.json.

            \(CommandStatus.help(CommandStatus.ofRuns))
            """
    )

    @Argument(help: ArgumentHelp("The directory of a run, or its results.json.", valueName: "run"))
    var path: String

    func run() throws {
        let (directory, record) = try ReportDirectory.load(self.path)
        let (validity, charts) = try directory.finish(record)
        print("\(directory.path)/\(ReportFiles.markdownName)")
        if case .skipped(let reason) = charts { print("charts skipped: \(reason)") }
        guard validity.isValid else {
            print("invalid run: \(validity.reasons.joined(separator: "\n             "))")
            throw ExitCode(CommandStatus.invalid.rawValue)
        }
    }
}
