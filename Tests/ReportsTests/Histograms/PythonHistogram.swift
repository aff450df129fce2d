// Another implementation of HdrHistogram to check ours against: PyPI's hdrhistogram, in a virtual environment that is made
// on first use below .build and kept there. Where python3 or the package cannot be had, tests that need it are skipped.

import Foundation

enum PythonHistogram {
    private static let requirement = "hdrhistogram>=0.10,<0.11"

    /// The interpreter of the environment; `nil` when it cannot be made.
    static let python: String? = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folder = root.appendingPathComponent(".build/hdrhistogram").path
        let python = "\(folder)/bin/python3"
        if Self.run(python, ["-c", "import hdrh.histogram"]) != nil { return python }
        guard Self.run("/usr/bin/env", ["python3", "-m", "venv", "--clear", folder]) != nil else { return nil }
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", Self.requirement]
        return Self.run(python, install) == nil ? nil : python
    }()

    /// What a script prints, given some arguments; `nil` when it fails or cannot be started.
    static func run(_ path: String, _ arguments: [String]) -> Data? {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        do { try process.run() } catch { return nil }
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return process.terminationStatus == 0 ? bytes : nil
    }
}
