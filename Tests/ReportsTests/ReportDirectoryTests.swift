import Foundation
import Measurement
import Testing

@testable import Reports

@Suite("Report directory")
struct ReportDirectoryTests {
    private func inTemporaryDirectory(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    @Test("a run saved after a case can be loaded, by its directory or by its file")
    func saveAndLoad() throws {
        try self.inTemporaryDirectory { path in
            let record = SampleRun.record()
            try ReportDirectory(path: path).save(record)
            #expect(try ReportDirectory.load(path).record == record)
            let loaded = try ReportDirectory.load("\(path)/results.json")
            #expect(loaded.record == record)
            #expect(loaded.directory.path == path)
        }
    }

    @Test("finishing writes every file, and the report refers to charts that exist")
    func finish() throws {
        try self.inTemporaryDirectory { path in
            #expect(try ReportDirectory(path: path).finish(SampleRun.record()).isValid)
            for name in ["results.csv", "results.json", "environment.json", "report.md", "charts/memory-idle.tsv"] {
                #expect(try !self.text("\(path)/\(name)").isEmpty)
            }
            let report = try self.text("\(path)/report.md")
            for chart in ReportFiles(SampleRun.record()).charts {
                #expect(report.contains("(charts/\(chart.name).svg)"))
                #expect(try self.text("\(path)/charts/\(chart.name).svg").hasSuffix("</svg>\n"))
            }
        }
    }

    @Test("the page in one file is written on request")
    func page() throws {
        try self.inTemporaryDirectory { path in
            let directory = ReportDirectory(path: path)
            let page = try directory.writePage(SampleRun.record())
            #expect(page == "\(path)/report.html")
            #expect(try self.text(page).hasPrefix("<!doctype html>"))
        }
    }

    @Test("rendering again removes charts that the record no longer has")
    func again() throws {
        try self.inTemporaryDirectory { path in
            let directory = ReportDirectory(path: path)
            try directory.finish(SampleRun.record())
            var record = SampleRun.record()
            record.cases.removeAll { $0.scenario == "handshake" }
            try directory.finish(record)
            #expect(!FileManager.default.fileExists(atPath: "\(path)/charts/handshake-rate.tsv"))
            #expect(!FileManager.default.fileExists(atPath: "\(path)/charts/handshake-rate.svg"))
            #expect(FileManager.default.fileExists(atPath: "\(path)/charts/memory-idle.svg"))
        }
    }

    @Test("a wrong path and a damaged file are errors that name the file and what to do")
    func errors() throws {
        try self.inTemporaryDirectory { path in
            let missing = try #require(throws: ReportDirectoryError.self) { try ReportDirectory.load(path) }
            #expect(missing.description.contains("does not exist: give the directory of a run"))
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let empty = try #require(throws: ReportDirectoryError.self) { try ReportDirectory.load(path) }
            #expect(empty.description.contains("results.json cannot be read"))
            try Data("{\"schemaVersion\": 99}".utf8).write(to: URL(fileURLWithPath: "\(path)/results.json"))
            let newer = try #require(throws: ReportDirectoryError.self) { try ReportDirectory.load(path) }
            #expect(newer.description.contains("schema version 99"))
        }
    }
}
