import ArgumentParser
import LogFiles
import Primitives
import ReplicationLog

/// `sluice log`: looking at a log's files, and taking over those written elsewhere.
struct LogCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Verifies, prints and imports logs.",
        subcommands: [LogVerifyCommand.self, LogDumpCommand.self, LogImportCommand.self]
    )

    /// Finds the directories that hold segments: the one given, or those of a data directory's shards.
    static func directories(at path: String) throws -> [String] {
        func hasSegments(_ path: String) -> Bool {
            guard TextFile.exists(path), let files = try? FileStorage(path).list() else { return false }
            return files.contains { SegmentName.first(ofLog: $0.name) != nil }
        }
        let shards = (0..<1024).map { "\(path)/shard-\($0)/log" }.prefix(while: TextFile.exists)
        let found = [path, path + "/log"].filter(hasSegments) + shards
        guard !found.isEmpty else {
            throw ValidationError("no log at \(path): give a data directory, or the folder that holds *.rdlw files")
        }
        return found
    }
}

struct LogVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads every record and checks it. Changes nothing; exits with 1 when something is damaged."
    )

    @Argument(help: "A data directory, or the folder that holds *.rdlw files.")
    var path: String

    func run() throws {
        var isSound = true
        for directory in try LogCommand.directories(at: self.path) {
            print(directory)
            let inspection = try LogInspection(try FileStorage(directory), segments: { print("  " + Self.line($0)) })
            let records = inspection.segments.reduce(0) { $0 + $1.records }
            print(
                "  \(inspection.segments.count) segments, \(records) records, \(inspection.isSound ? "sound" : "DAMAGED")"
            )
            isSound = isSound && inspection.isSound
        }
        if !isSound { throw ExitCode(1) }
    }

    private static func line(_ segment: LogInspection.Segment) -> String {
        var text = "\(segment.name)  \(segment.records) records"
        if segment.records > 0 { text += " (\(segment.first)…\(segment.last))" }
        text += ", \(segment.validBytes) bytes, index \(segment.index.rawValue)"
        if segment.hasGapBefore { text += ", RECORDS MISSING BEFORE IT" }
        if let damage = segment.damage {
            let kind = segment.isLast ? "torn end" : "DAMAGED"
            text += ", \(kind) at offset \(segment.validBytes): \(damage.rawValue)"
            text += ", \(segment.bytes - segment.validBytes) bytes after it"
        }
        return text
    }
}

struct LogDumpCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump",
        abstract: "Prints records, one a line: LSN, term, time in ms, bytes, payload."
    )

    @Argument(help: "A data directory, or the folder that holds *.rdlw files.")
    var path: String

    @Option(help: "The first LSN to print.")
    var from: UInt64 = 1

    @Option(help: "Records to print at most.")
    var count: Int = .max

    @Option(help: "Bytes of each payload to print at most.")
    var width: Int = 200

    func run() throws {
        let directories = try LogCommand.directories(at: self.path)
        for directory in directories {
            if directories.count > 1 { print(directory) }
            var left = self.count
            let inspection = try LogInspection(
                try FileStorage(directory),
                records: { record in
                    guard record.lsn >= self.from, left > 0 else { return }
                    left -= 1
                    print(record.lsn, record.term, record.timestamp, record.payload.count, self.text(record.payload))
                }
            )
            for segment in inspection.segments where !segment.isSound {
                print("damage in \(segment.name) at offset \(segment.validBytes)")
            }
        }
    }

    /// Printable ASCII as it is, the rest escaped as redis-cli does.
    private func text(_ bytes: Bytes) -> String {
        var text = ""
        for byte in bytes.prefix(self.width) {
            switch byte {
            case UInt8(ascii: "\r"): text += "\\r"
            case UInt8(ascii: "\n"): text += "\\n"
            case UInt8(ascii: "\\"): text += "\\\\"
            case 0x20...0x7e: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return bytes.count > self.width ? text + "…" : text
    }
}
