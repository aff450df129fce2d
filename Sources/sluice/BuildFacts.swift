import Foundation
import Measurement
import Server

/// What a run must say of the build that it measured.
enum BuildFacts {
    static var section: EnvironmentSection {
        var facts = [Parameter("sluice", Product.version), Parameter("configuration", Self.configuration)]
        // The commit is that of the checkout which the command is typed in; elsewhere nothing is claimed.
        if let commit = Self.git(["rev-parse", "--short=12", "HEAD"]) {
            facts.append(Parameter("commit", commit))
            // Reports are written by the run itself, so they do not count.
            let changes = Self.git(["status", "--porcelain", "--", "Package.swift", "Sources"])
            facts.append(Parameter("changed_sources", changes.map { $0.isEmpty ? "no" : "yes" } ?? "unknown"))
        }
        return EnvironmentSection(title: "build", facts: facts)
    }

    private static var configuration: String {
        #if DEBUG
        "debug: its timings mean nothing"
        #else
        "release"
        #endif
    }

    private static func git(_ arguments: [String]) -> String? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
