import Harness
import Measurement
import Testing

@Suite("Sweep")
struct SweepTests {
    private static func sweep(_ knobs: [SweepKnob], of target: TargetSpecification = .bundled) throws -> Sweep {
        let record = RunRecord(name: "", suite: "sweep", command: "", startedAt: "", seed: 1)
        return try Sweep(
            .fanOut,
            SweepShape(),
            of: target,
            vary: knobs,
            blocks: 1,
            recorder: RunRecorder(record) { _ in },
            tell: { _ in }
        )
    }

    @Test("a knob that the target lacks is refused before anything is started, with those that it has")
    func unknownKnob() {
        let error = #expect(throws: HarnessError.self) {
            _ = try Self.sweep([SweepKnob(name: "chunk-size", values: ["4kb"])], of: .redis)
        }
        #expect(error?.code == .usage)
        #expect(error?.message.contains("backlog-size") ?? false)
    }

    @Test("a value that a knob does not take is refused")
    func badValue() {
        #expect(throws: HarnessError.self) {
            _ = try Self.sweep([SweepKnob(name: "chunk-size", values: ["4kb", "many"])])
        }
    }

    @Test("more settings than a sweep can finish are refused")
    func tooMany() {
        let values = (1...20).map { "\($0)kb" }
        #expect(throws: HarnessError.self) {
            _ = try Self.sweep(["chunk-size", "link-output-limit"].map { SweepKnob(name: $0, values: values) })
        }
    }

    @Test("every scenario names what it judges by and knows its unit", arguments: SweepScenario.allCases)
    func metrics(scenario: SweepScenario) {
        #expect(!scenario.metrics.isEmpty)
        #expect(Set(scenario.metrics).count == scenario.metrics.count)
        #expect(scenario.metrics[0].better != .neither)
    }

    @Test("sizes with suffixes are bytes", arguments: [("4kb", 4096), ("1MB", 1_048_576), ("64", 64)])
    func sizes(text: String, bytes: Int) {
        #expect(Knob("chunk-size", text).bytes == bytes)
    }

    @Test("what is no size has no bytes", arguments: ["", "kb", "4tb", "-1", "99999999999gb"])
    func noSizes(text: String) {
        #expect(Knob("chunk-size", text).bytes == nil)
    }
}

@Suite("Bisection")
struct BisectionTests {
    @Test("the largest number that works is found, near the guess and far from it", arguments: [1000, 90_000, 7])
    func found(guess: UInt64) throws {
        var attempts = 0
        let largest = try Bisection.largest(upTo: 100_000, near: guess) { (number) throws(HarnessError) in
            attempts += 1
            return number <= 1100
        }
        let found = try #require(largest)
        #expect(found <= 1100 && found >= 1095)
        #expect(attempts < 25)
    }

    @Test("a limit that works is no answer, and nothing that works is none")
    func ends() throws {
        let all = try Bisection.largest(upTo: 100, near: 50) { (_) throws(HarnessError) in true }
        #expect(all == nil)
        let none = try Bisection.largest(upTo: 100, near: 50) { (_) throws(HarnessError) in false }
        #expect(none == 0)
    }

    @Test("few attempts fail when the guess is good, because each may cost a full copy")
    func failures() throws {
        var failures = 0
        _ = try Bisection.largest(upTo: 1_000_000, near: 10_000) { (number) throws(HarnessError) in
            if number > 10_100 { failures += 1 }
            return number <= 10_100
        }
        #expect(failures <= 8)
    }
}
