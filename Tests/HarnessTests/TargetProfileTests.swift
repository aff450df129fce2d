import Measurement
import Primitives
import Testing

@testable import Harness

@Suite struct TargetProfileTests {
    @Test("a knob is written name=value")
    func parsing() throws {
        let knob = try Knob(parsing: "chunk-size=64kb")
        #expect(knob == Knob("chunk-size", "64kb"))
        for text in ["", "chunk-size", "=1", "chunk-size="] {
            #expect(throws: HarnessError.self) { try Knob(parsing: text) }
        }
    }

    @Test("one knob means the same for every product that has it, in that product's words")
    func translation() throws {
        let backlog = Knob("backlog-size", "16mb")
        #expect(try TargetProfile.sluice.settings(for: backlog) == [ServerSetting("backlog-size", "16mb")])
        for profile in [TargetProfile.redis, .valkey] {
            #expect(try profile.settings(for: backlog) == [ServerSetting("repl-backlog-size", "16mb")])
            let limit = try profile.settings(for: Knob("link-output-limit", "64mb"))
            #expect(limit == [ServerSetting("client-output-buffer-limit", "replica 64mb 0 0")])
        }
        let log = try TargetProfile.sluice.settings(for: Knob("log-sync", "always"))
        #expect(log.map(\.name) == ["data-dir", "log-sync"] && log.last?.value == "always")
    }

    @Test("a knob that a product lacks is refused with those that it has")
    func lacking() throws {
        let error = try #require(throws: HarnessError.self) {
            try TargetProfile.redis.settings(for: Knob("chunk-size", "64kb"))
        }
        #expect(error.code == .usage)
        #expect(error.message.contains("Redis") && error.message.contains("backlog-size"))
    }

    @Test(
        "a value that a knob does not take is refused",
        arguments: [
            Knob("backlog-size", "much"), Knob("shards", "-1"), Knob("fan-out", "both"), Knob("index-interval", "1kb"),
        ]
    )
    func values(knob: Knob) {
        #expect(throws: HarnessError.self) { try TargetProfile.sluice.settings(for: knob) }
    }

    @Test("of two settings with one name the last one is given to the server")
    func arguments() {
        let settings = [
            ServerSetting("save", ""), ServerSetting("fan-out", "shared"), ServerSetting("limit", "replica 0 0 0"),
            ServerSetting("fan-out", "copy"),
        ]
        #expect(
            ServerSetting.arguments(settings) == [
                "--save", "", "--fan-out", "copy", "--limit", "replica", "0", "0", "0",
            ]
        )
    }

    @Test("every product is found by its name and its schemes, which are its own")
    func names() {
        let words = TargetProfile.all.flatMap { [$0.name, $0.scheme + "://"] + ($0.secureScheme.map { [$0] } ?? []) }
        #expect(Set(words).count == words.count)
        #expect(TargetSpecification.Product.allCases.allSatisfy { TargetProfile.of($0).product == $0 })
    }

    @Test("a server that runs elsewhere owes no metric of its process, and each is named with the reason")
    func remote() throws {
        let running = try TargetSpecification(parsing: "redis://h:1")
        var generator = SeededGenerator(seed: 1)
        let steps = try Plan(.named("standard"), targets: [running, .redis], &generator).steps
        #expect(steps.contains { $0.target == running })
        for step in steps where step.target != nil {
            let unsupported = step.work.unsupported(by: step.target)
            for metric in step.work.expectedMetrics(from: step.target) where Plan.Work.processMetrics.contains(metric) {
                #expect((unsupported[metric] != nil) == (step.target == running), "\(metric)")
            }
        }
    }
}
