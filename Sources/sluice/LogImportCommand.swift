import ArgumentParser
import LogFiles
import ReplicationLog

struct LogImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Turns a spool that was written elsewhere, a single file of records, into a log.",
        discussion: """
            Reads records of versions 1, 2 and 3 in any mix, with ascending LSNs, with or without gaps, from any LSN on. \
            Terms, times and LSNs stay as they are; gaps are put on record. Exits with 1 when the spool ends in damage: \
            what stands before it has been imported.
            """
    )

    @Argument(help: "The spool, usually <name>.logical.wal.")
    var file: String

    @Option(help: "An empty or new folder for the log. (default: the spool's name with .log in place of its endings)")
    var into: String?

    func run() throws {
        let slash = self.file.lastIndex(of: "/")
        let folder = slash.map { String(self.file[..<$0]) } ?? "."
        let name = String(self.file[(slash.map { self.file.index(after: $0) } ?? self.file.startIndex)...])
        let stem = name.prefix { $0 != "." }
        let target = self.into ?? "\(folder)/\(stem).log"
        // The folder of the spool exists if the spool does; a mistyped one must not be made.
        guard TextFile.exists(self.file) else { throw ValidationError("no such file: \(self.file)") }
        let spool = try FileStorage(folder).open(name, create: false)
        let report: SpoolReport
        do {
            report = try LogImport.run(spool, into: try FileStorage(target))
        } catch {
            print("failed: what is in \(target) is not whole, remove it before the next attempt")
            throw error
        }
        self.tell(report, target)
        if report.stop != nil { throw ExitCode(1) }
    }

    private func tell(_ report: SpoolReport, _ target: String) {
        let versions = report.recordsByVersion.enumerated().filter { $0.element > 0 }
            .map { "\($0.element) of version \($0.offset + 1)" }
        print("\(report.records) records" + (versions.isEmpty ? "" : ": " + versions.joined(separator: ", ")))
        if let first = report.first, let last = report.last {
            print("LSNs \(first)…\(last), in \(target)")
        } else {
            print("no records, so no log was begun")
        }
        for gap in report.gaps { print("gap: \(gap.first)…\(gap.last)") }
        if report.gapCount > report.gaps.count { print("and \(report.gapCount - report.gaps.count) more gaps") }
        if let stop = report.stop {
            print("stopped at offset \(stop.offset): \(stop.damage.rawValue), \(stop.bytesLeft) bytes left")
        }
    }
}
