// The edge of this module: the only file here that touches a disk. It writes the files that
// `ReportFiles` computes, each in one step so that a crash leaves the old file or the new one.

internal import Foundation
package import Measurement

/// What went wrong on the disk, with the path.
package struct ReportDirectoryError: Error, CustomStringConvertible {
    package let description: String
    package let underlying: (any Error)?

    init(_ description: String, underlying: (any Error)? = nil) {
        self.description = description
        self.underlying = underlying
    }
}

/// The directory of one run: results.json after every case, the whole report at the end.
package struct ReportDirectory: Sendable {
    package let path: String

    /// Larger files are refused: a suite of thousands of trials stays below 50 MB, and a wrong path could name anything.
    static let largestResultsBytes = 268_435_456

    package init(path: String) {
        self.path = path
    }

    /// Reads the record of a finished or interrupted run.
    ///
    /// - Parameter path: the run's directory, or its results.json.
    package static func load(_ path: String) throws -> (directory: ReportDirectory, record: RunRecord) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw ReportDirectoryError("\(path) does not exist: give the directory of a run, or its results.json")
        }
        let file = isDirectory.boolValue ? "\(path)/\(ReportFiles.resultsName)" : path
        let bytes = try self.read(file)
        do {
            let record = try RunRecord(json: bytes)
            let parent = isDirectory.boolValue ? path : URL(fileURLWithPath: path).deletingLastPathComponent().path
            return (ReportDirectory(path: parent), record)
        } catch {
            throw ReportDirectoryError("\(file): \(error)", underlying: error)
        }
    }

    private static func read(_ file: String) throws -> [UInt8] {
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            if let size = attributes[.size] as? Int, size > self.largestResultsBytes {
                throw ReportDirectoryError("\(file) has \(size) bytes, more than a run record can have")
            }
            return try Array(Data(contentsOf: URL(fileURLWithPath: file)))
        } catch let error as ReportDirectoryError {
            throw error
        } catch {
            throw ReportDirectoryError(
                "\(file) cannot be read: give the directory of a run, or its results.json",
                underlying: error
            )
        }
    }

    /// Keeps what has been measured so far; call it after every case so that a crash loses one case at most.
    package func save(_ record: RunRecord) throws {
        try self.write(record.json(), to: ReportFiles.resultsName)
    }

    /// Writes the whole report.
    ///
    /// - Returns: the validity for the caller's exit status.
    @discardableResult
    package func finish(_ record: RunRecord) throws -> Validity {
        let files = ReportFiles(record)
        // The record goes first: whatever fails later, the measurements are safe.
        try self.save(record)
        try self.removeOld(ReportFiles.chartDirectory, [".gp", ".tsv", ".svg"])
        try self.removeOld(ReportFiles.histogramDirectory, [".hgrm", ".hlog"])
        for (name, content) in try files.contents().sorted(by: { $0.key < $1.key }) {
            try self.write(Array(content.utf8), to: name)
        }
        return files.validity
    }

    /// Writes the report as one page with everything inside, beside the other files.
    ///
    /// - Returns: the page's path.
    package func writePage(_ record: RunRecord) throws -> String {
        try self.write(Array(ReportFiles(record).page.utf8), to: ReportFiles.pageName)
        return "\(self.path)/\(ReportFiles.pageName)"
    }

    /// Files of an earlier rendering must not stand beside figures that they do not show.
    private func removeOld(_ directory: String, _ suffixes: [String]) throws {
        let folder = "\(self.path)/\(directory)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names where suffixes.contains(where: name.hasSuffix) {
            do {
                try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            } catch {
                throw ReportDirectoryError("\(folder)/\(name) cannot be replaced: \(error)", underlying: error)
            }
        }
    }

    private func write(_ bytes: [UInt8], to name: String) throws {
        let url = URL(fileURLWithPath: "\(self.path)/\(name)")
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(bytes).write(to: url, options: .atomic)
        } catch {
            throw ReportDirectoryError("\(url.path) cannot be written: \(error)", underlying: error)
        }
    }
}
