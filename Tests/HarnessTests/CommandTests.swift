import Foundation
import Harness
import Measurement
import Reports
import Testing

/// The program that stands beside the tests, run as people run it.
struct Command {
    static var executable: URL? {
        let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        // The tests run in a file of their own, or in a helper of the toolchain that was told of it.
        let folders = [folder] + CommandLine.arguments.map { URL(fileURLWithPath: $0).deletingLastPathComponent() }
        return folders.map { $0.appendingPathComponent("sluice") }.first {
            FileManager.default.isExecutableFile(atPath: $0.path)
        }
    }

    let process = Process()
    private let output = Pipe()

    init(_ arguments: [String]) throws {
        let executable = try #require(Self.executable)
        self.process.executableURL = executable
        self.process.arguments = arguments
        self.process.standardInput = FileHandle.nullDevice
        self.process.standardOutput = self.output
        self.process.standardError = self.output
        try self.process.run()
    }

    /// Waits for its end.
    func finish() -> (status: Int32, output: String) {
        let bytes = self.output.fileHandleForReading.readDataToEndOfFile()
        self.process.waitUntilExit()
        return (self.process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }
}

@Suite(.serialized, .enabled(if: Command.executable != nil, "the program was not built"))
struct CommandTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID())")

    private func path(_ name: String) -> String { self.folder.appendingPathComponent(name).path }

    private func remove() { try? FileManager.default.removeItem(at: self.folder) }

    /// A short run on a server that lies, by the command itself.
    private func bench(_ lie: Lie) throws -> (status: Int32, output: String, report: String) {
        let primary = try LyingPrimary(lie)
        defer { primary.stop() }
        let target = "redis://127.0.0.1:\(primary.port)"
        let arguments = ["bench", "--suite", "gate", "--replicas", "4", "--target", target, "--out", self.path("run")]
        let (status, output) = try Command(arguments).finish()
        return (status, output, try String(contentsOfFile: self.path("run/report.md"), encoding: .utf8))
    }

    @Test("a run that is good ends with 0")
    func good() throws {
        defer { self.remove() }
        let (status, output, report) = try self.bench(.none)
        #expect(status == 0, "\(output)")
        #expect(!report.contains("INVALID"))
    }

    @Test("an invalid run ends with 3, and its report says so first")
    func invalid() throws {
        defer { self.remove() }
        let (status, output, report) = try self.bench(.losesWrite)
        #expect(status == 3, "\(output)")
        #expect(report.contains("INVALID"))
    }

    @Test("a server that is not there ends a run with 1, and a flag that makes no sense with 64")
    func failed() throws {
        defer { self.remove() }
        let missing = try Command(["bench", "--target", "redis://127.0.0.1:1", "--out", self.path("run")]).finish()
        #expect(missing.status == 1, "\(missing.output)")
        #expect(try Command(["bench", "--suite", "none-such"]).finish().status == 64)
        #expect(try Command(["bench", "--against", "none-such"]).finish().status == 64)
        let unsaid = try Command(["sweep", "fan-out"]).finish()
        #expect(unsaid.status == 64 && unsaid.output.contains("Say what to vary"), "\(unsaid.output)")
        #expect(try Command(["compare", self.path("no"), self.path("run")]).finish().status == 1)
    }

    @Test("Ctrl-C in the middle of a run leaves a readable report of what was measured")
    func interrupted() throws {
        defer { self.remove() }
        let command = try Command([
            "bench", "--suite", "quick", "--replicas", "0", "--replicas", "1", "--trials", "100", "--out",
            self.path("run"),
        ])
        let results = self.path("run/results.json")
        let deadline = Date(timeIntervalSinceNow: 60)
        while Date() < deadline {
            let text = (try? String(contentsOfFile: results, encoding: .utf8)) ?? ""
            if text.contains("allocator_allocated") { break }
            usleep(20_000)
        }
        command.process.interrupt()
        let (status, output) = command.finish()
        #expect(status == 0, "\(output)")
        let (_, record) = try ReportDirectory.load(self.path("run"))
        #expect(record.interrupted)
        #expect(record.cases.contains { !$0.trials.isEmpty })
        let report = try String(contentsOfFile: self.path("run/report.md"), encoding: .utf8)
        #expect(report.contains("**Interrupted**"))
        #expect(FileManager.default.fileExists(atPath: self.path("run/results.csv")))
    }

    @Test("groups are measured beside a primary with replicas: a dead leader, and a node that was away")
    func groups() throws {
        defer { self.remove() }
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        let suite = """
            name: groups
            scenarios:
              - scenario: failover
                heartbeat: 200
              - scenario: catch-up
                bytes: 4mb
                write-rate: 200
            """
        try Data(suite.utf8).write(to: URL(fileURLWithPath: self.path("suite.yaml")))
        let arguments = ["bench", "--suite", self.path("suite.yaml"), "--out", self.path("run")]
        let (status, output) = try Command(arguments).finish()
        // A busy machine may make the generator late: 3. What was measured is there all the same.
        #expect(status == 0 || status == 3, "\(output)")
        let (_, record) = try ReportDirectory.load(self.path("run"))
        #expect(record.cases.map(\.scenario) == ["failover", "failover", "catch-up", "catch-up"])
        for one in record.cases {
            let trial = try #require(one.trials.first)
            #expect(trial.invalid.allSatisfy { $0.contains("saturated") }, "\(one.id): \(trial.invalid)")
            let measured = Set(trial.samples.map(\.metric))
            #expect(measured.isSuperset(of: one.expectedMetrics), "\(one.id): \(measured)")
        }
    }

    @Test("a member that never stops sending and strangers at every port change nothing")
    func flood() throws {
        defer { self.remove() }
        let arguments = ["failover-test", "--fault", "flood", "--rounds", "1", "--writers", "2"]
        let (status, output) = try Command(arguments).finish()
        #expect(status == 0, "\(output)")
    }

    @Test("a count that got worse ends a comparison with 2, one that got better with 0, or 4 where that was asked for")
    func compared() throws {
        defer { self.remove() }
        for (name, value) in [("base", 4.0), ("worse", 5.0), ("better", 3.0)] {
            var record = RunRecord(name: name, suite: "counts", command: "", startedAt: "", seed: 1)
            let sample = Sample("allocations_per_mutation", value, unit: "count", better: .lower)
            record.cases = [
                CaseRecord(
                    id: "counts/bundled/",
                    scenario: "counts",
                    target: "bundled",
                    parameters: [],
                    trials: [TrialRecord(trial: 1, order: 1, samples: [sample])]
                )
            ]
            try ReportDirectory(path: self.path(name)).save(record)
        }
        func compare(_ name: String, _ flags: String...) throws -> Int32 {
            try Command(["compare", self.path("base"), self.path(name)] + flags).finish().status
        }
        #expect(try compare("base") == 0)
        #expect(try compare("worse") == 2)
        #expect(try compare("better") == 0)
        #expect(try compare("better", "--strict", "--json", self.path("c.json"), "--markdown", self.path("c.md")) == 4)
        let json = try String(contentsOfFile: self.path("c.json"), encoding: .utf8)
        #expect(json.contains("\"improvement\""))
        let page = try String(contentsOfFile: self.path("c.md"), encoding: .utf8)
        #expect(page.hasPrefix("# better against base\n\n**1 better**"))
    }
}
