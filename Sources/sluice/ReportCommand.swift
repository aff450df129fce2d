// `sluice report`: render a run again from its results.json, with this version's tables and charts; or join the runs of
// several generators into one.

import ArgumentParser
import Foundation
import Measurement
import Reports

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Render a run again from its results.json, or join runs of several generators.",
        discussion: """
            Writes report.md, results.csv, environment.json, charts/ and histograms/ beside results.json; with \
            --format html also report.html, one file with everything inside. With --merge the runs of generators that \
            measured one server together become one run: histograms are added count by count, rates are summed, and \
            what cannot be joined is left out and named.

            \(CommandStatus.help(CommandStatus.ofRuns))
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case markdown
        case html
    }

    @Argument(help: ArgumentHelp("The directory of a run, or its results.json.", valueName: "run"))
    var paths: [String]

    @Option(help: "markdown, or html for one self-contained page beside it.")
    var format = Format.markdown

    @Flag(help: "Join these runs into one; needs --out.")
    var merge = false

    @Option(help: "Directory for the report (default: the run's own).")
    var out: String?

    func validate() throws {
        if self.merge {
            guard self.paths.count > 1 else { throw ValidationError("--merge takes two or more runs.") }
            guard self.out != nil else {
                throw ValidationError("--merge needs --out, the directory of the joined run.")
            }
        } else if self.paths.count > 1 {
            throw ValidationError("One run at a time; to join the runs of several generators use --merge.")
        }
    }

    func run() throws {
        var directory = ReportDirectory(path: self.out ?? "")
        let record: RunRecord
        if self.merge {
            let runs = try self.paths.map { try ReportDirectory.load($0).record }
            let name = URL(fileURLWithPath: directory.path).lastPathComponent
            let command = CommandLine.arguments.joined(separator: " ")
            record = try RunMerge.merged(runs, name: name, command: command)
        } else {
            let loaded = try ReportDirectory.load(self.paths[0])
            if self.out == nil { directory = loaded.directory }
            record = loaded.record
        }
        let validity = try directory.finish(record)
        switch self.format {
        case .markdown: print("\(directory.path)/\(ReportFiles.markdownName)")
        case .html: print(try directory.writePage(record))
        }
        guard validity.isValid else {
            print("invalid run: \(validity.reasons.joined(separator: "\n             "))")
            throw ExitCode(CommandStatus.invalid.rawValue)
        }
    }
}
