import Measurement
import Testing
import Workload

@testable import Harness

@Suite struct SuiteFileTests {
    private func suite(_ text: String) throws(HarnessError) -> Suite { try SuiteFile.read(text, name: "my.yaml") }

    private func fanOuts(_ text: String) throws -> [FanOutCase] {
        try self.suite(text).entries.compactMap { entry in
            switch entry.work {
            case .idle(let one), .fast(let one), .stalled(let one): one
            case .handshake, .resume, .snapshot, .lag, .ceiling, .capacity, .faults, .failover, .catchUp: nil
            }
        }
    }

    @Test("lists of values make a product, and what is not written has its usual value")
    func grid() throws {
        let suite = try self.suite(
            """
            name: ours
            about: what we write
            seed: 7
            keys: 5000
            targets: [bundled, redis]
            scenarios:
              - scenario: fan-out
                replicas: [0, 4]
                value-size: [64, 4kb]
                behaviour: [fast, slow]
                trials: 3
                products: sluice
              - scenario: ceiling
            """
        )
        #expect(suite.name == "ours" && suite.seed == 7 && suite.keys == 5000 && suite.targets == ["bundled", "redis"])
        #expect(
            suite.entries.count == 9
                && suite.entries.prefix(8).allSatisfy { $0.trials == 3 && $0.products == [.sluice] }
        )
        #expect(Set(suite.entries.map(\.work)).count == 9)
        #expect(suite.entries[0].work.valueSize == 64 && suite.entries[7].work.valueSize == 4096)
        guard case .fast(let first) = suite.entries[0].work else { return #expect(Bool(false), "no load") }
        #expect(first.load.keys == .uniform(keys: 5000) && first.load.rate == nil && first.load.pipeline == 64)
    }

    @Test("a load is described with distributions, mixes, hot keys and chance, by the suite or by a scenario")
    func load() throws {
        let cases = try self.fanOuts(
            """
            load:
              mix: {set: 80, incr: 10, append: 5, del: 5}
              compressibility: 0.5
            scenarios:
              - scenario: fan-out
                value-size:
                  - 100
                  - {uniform: [64, 4kb]}
                  - {lognormal: {median: 200, sigma: 1.2, from: 30, to: 64kb}}
                  - {table: {64: 9, 4096: 1}}
              - scenario: fan-out
                replicas: 1
                keys: {zipf: 0.99, count: 1m}
                mix: {set: 1}
                write-rate: [10k, 20000]
                arrival: [fixed, poisson]
            """
        )
        let mix = MutationMix(set: 80, increment: 10, append: 5, delete: 5)
        #expect(cases.count == 8 && cases.prefix(4).allSatisfy { $0.load.mix == mix })
        #expect(cases.allSatisfy { $0.load.compressibility == 0.5 })
        #expect(cases[1].load.sizes == .uniform(64...4096))
        #expect(cases[2].load.sizes == .lognormal(LogNormalSizes(median: 200, sigma: 1.2, in: 30...65_536)))
        #expect(cases[3].load.sizes.mean == 467.2)
        let hot = cases.suffix(4)
        #expect(
            hot.allSatisfy { $0.load.mix.isPlain && $0.load.keys == .zipf(ZipfKeys(keys: 1_000_000, exponent: 0.99)) }
        )
        #expect(Set(hot.map(\.load.rate)) == [10_000, 20_000] && Set(hot.map(\.load.arrival)) == [.fixed, .poisson])
        #expect(Set(hot.map(\.parameters)).count == 4)
    }

    @Test(
        "what is wrong is told with its line and column and what may stand there",
        arguments: [
            ("scenarios:\n  - scenario: fan-out\n    replica: 4\n", "3:5", "replicas"),
            ("scenarios:\n  - scenario: fanout\n", "2:15", "fan-out"),
            ("scenarios:\n  - replicas: 4\n", "2:5", "scenario:"),
            ("scenarios:\n  - scenario: fan-out\n    replicas: [1, many]\n", "3:19", "whole number"),
            ("scenarios:\n  - scenario: fan-out\n    replicas: 10001\n", "3:15", "0…10000"),
            ("scenarios:\n  - scenario: fan-out\n    replicas: []\n", "3:15", "lists nothing"),
            ("scenarios:\n  - scenario: fan-out\n    replicas: [4, 8, 4]\n", "3:22", "twice"),
            ("scenarios:\n  - scenario: fan-out\n    trials: [1, 2]\n", "3:13", "one value"),
            ("scenarios:\n  - scenario: fan-out\n    trials: 0\n", "3:13", "1…1000"),
            ("scenarios:\n  - scenario: fan-out\n    value-size: 23\n", "3:17", "24…"),
            ("scenarios:\n  - scenario: fan-out\n    value-size: {uniform: [64]}\n", "3:27", "[64, 4096]"),
            ("scenarios:\n  - scenario: fan-out\n    mix: {get: 1}\n", "3:11", "set, incr"),
            ("scenarios:\n  - scenario: fan-out\n    mix: {set: 0}\n", "3:10", "above 0"),
            ("scenarios:\n  - scenario: fan-out\n    mix: {set: 1, lpush: 1}\n", "3:10", "del"),
            ("scenarios:\n  - scenario: fan-out\n    keys: {zipf: 1}\n", "3:11", "count"),
            ("scenarios:\n  - scenario: fan-out\n    behaviour: idle\n    bystanders: {slow: 1}\n", "2:5", "memory"),
            (
                "scenarios:\n  - scenario: fan-out\n    behaviour: slow\n    write-rate: 900000\n", "2:5",
                "leave them room"
            ),
            ("scenarios:\n  - scenario: ceiling\n  - scenario: ceiling\n", "3:5", "line 2"),
            ("scenarios:\n  - scenario: resume\n    log-records: 100\n    distance: 100\n", "2:5", "no combination"),
            ("scenarios: []\n", "1:12", "list"), ("name: x\n", "1:1", "scenarios"),
            ("- a\n", "1:1", "names and values"),
            ("scenarios:\n  - scenario: fan-out\n\treplicas: 1\n", "3:1", "no YAML"),
            ("name: a\nname: b\nscenarios:\n  - scenario: ceiling\n", "1:1", "more than once"),
        ]
    )
    func errors(text: String, place: String, hint: String) throws {
        let error = try #require(throws: HarnessError.self) { try self.suite(text) }
        #expect(error.code == .usage)
        #expect(error.message.hasPrefix("my.yaml:\(place): "), "\(error.message)")
        #expect(error.message.contains(hint), "\(error.message)")
    }

    @Test("a grid with more cases than anybody waits for is refused")
    func limits() throws {
        let values = (24..<224).map(String.init).joined(separator: ", ")
        let text = "scenarios:\n  - scenario: fan-out\n    value-size: [\(values)]\n    replicas: [\(values)]\n"
        let error = try #require(throws: HarnessError.self) { try self.suite(text) }
        #expect(error.message.contains("5000 are the most"))
        #expect(throws: HarnessError.self) { try self.suite(String(repeating: "# much\n", count: 200_000)) }
        #expect(throws: HarnessError.self) { try self.suite("") }
    }
}

@Suite struct BuiltInSuitesTests {
    @Test(
        "every suite that comes with the program can be read, tells what it is for, and can be explained",
        arguments: BuiltInSuites.names
    )
    func readable(name: String) throws {
        let suite = try Suite.named(name)
        #expect(suite.name == name && !suite.about.isEmpty && !suite.entries.isEmpty)
        for entry in suite.entries {
            let metrics = entry.work.expectedMetrics(from: .bundled) + entry.work.expectedMetrics(from: .redis)
            for metric in metrics { #expect(MetricCatalog.definitions[metric] != nil, "\(metric) is not explained") }
            for parameter in entry.work.parameters(for: .bundled) {
                #expect(ScenarioGuide.parameters[parameter.name] != nil, "\(parameter.name)")
            }
            #expect(!ScenarioGuide.account(entry.work).isEmpty && entry.work.seconds > 0)
        }
    }

    @Test("the full suite has everything that the standard one has")
    func full() throws {
        let full = Set(try Suite.named("full").entries.map(\.work))
        #expect(try Suite.named("standard").entries.allSatisfy { full.contains($0.work) })
        let behaviours = Set(full.compactMap { work in if case .fast(let one) = work { one.kind } else { nil } })
        #expect(behaviours == [.fast, .slow, .flapping, .late, .silent])
    }

    @Test("a guide lists and explains, and says so when nothing has these words")
    func guide() throws {
        let guide = SuiteGuide([try Suite.named("quick")])
        #expect(guide.overview.contains("quick") && guide.listing.contains("3 × "))
        let text = try guide.explanation(of: "fan-out replicas=16 pipeline=1")
        #expect(
            text.contains("What do replicas cost") && text.contains("3 trials")
                && text.contains("primary_cpu_per_delivery")
        )
        #expect(throws: HarnessError.self) { try guide.explanation(of: "fan-out replicas=17") }
    }
}
