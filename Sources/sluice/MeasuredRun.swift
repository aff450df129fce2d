import ArgumentParser
import Foundation
import Harness
import Measurement
import Probes
import Reports

/// A run from the command line: its directory, its record that is kept after every trial, its report, and its exit status.
struct MeasuredRun {
    /// The directory, and what was measured.
    let directory: ReportDirectory
    let record: RunRecord
    let validity: Validity

    /// Measures, and writes the report however that ends.
    ///
    /// - Parameters:
    ///   - kind: what the run is called when no directory is given, and the suite in its record.
    ///   - out: the directory for the results.
    /// - Throws: `ExitCode` 1 when measuring failed.
    init(
        _ kind: String,
        out: String?,
        seed: UInt64,
        isQuiet: Bool,
        _ measure: (RunRecorder, BenchProgress) throws(HarnessError) -> Void
    ) throws {
        Interruption.catchSignals()
        DescriptorLimit.raise()
        let began = Date()
        let stamp = began.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
        let name = out.map { URL(fileURLWithPath: $0).lastPathComponent } ?? "\(kind)-\(stamp)"
        let directory = ReportDirectory(path: out ?? "reports/\(name)")
        var record = RunRecord(
            name: name,
            suite: kind,
            command: CommandLine.arguments.joined(separator: " "),
            startedAt: began.formatted(.iso8601),
            seed: seed
        )
        record.environment = [BuildFacts.section] + Environment.sections()
        try directory.save(record)
        let recorder = RunRecorder(record) { Self.save($0, to: directory, kind) }
        let progress = BenchProgress(isQuiet: isQuiet)
        var failure: HarnessError?
        do {
            try measure(recorder, progress)
        } catch {
            failure = error
        }
        progress.end()
        let validity = try directory.finish(recorder.record)
        if !isQuiet { print("report: \(directory.path)/\(ReportFiles.markdownName)") }
        if let failure, failure.code != .interrupted {
            Self.complain("\(failure)", kind)
            throw ExitCode(1)
        }
        self.directory = directory
        self.record = recorder.record
        self.validity = validity
    }

    /// Keeps what has been measured so far. A full disk is said and does not end the run: the next case may fit again.
    private static func save(_ record: RunRecord, to directory: ReportDirectory, _ kind: String) {
        do {
            try directory.save(record)
        } catch {
            Self.complain("\(error)", kind)
        }
    }

    private static func complain(_ message: String, _ kind: String) {
        FileHandle.standardError.write(Data("sluice \(kind): \(message)\n".utf8))
    }
}
