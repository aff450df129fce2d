import Measurement
import Testing

/// The first words of a stream of numbers that only has to be uneven.
private struct Steps: RandomNumberGenerator {
    var state: UInt64 = 7

    mutating func next() -> UInt64 {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return self.state ^ self.state >> 29
    }
}

@Suite("Sweep")
struct SweepTests {
    private static let rate = SweepMetric("write_rate", unit: "1/s", better: .higher)
    private static let memory = SweepMetric("allocator_allocated", unit: "B", better: .lower)
    private static let wobble = [0.99, 1.01, 1.0, 0.995, 1.005, 1.002, 0.998, 1.003, 0.997, 1.0, 1.004, 0.996]

    private static func knob(_ value: String) -> [Parameter] { [Parameter("chunk-size", value)] }

    /// A sweep over chunk sizes, in which the machine drifts and the settings have these rates and bytes.
    private static func sweep(
        _ settings: [(rate: Double, bytes: Double)],
        blocks: Int = 12,
        failing: [Int: String] = [:]
    ) -> SweepRecord {
        let knobs = settings.indices.map { $0 == 0 ? [] : Self.knob("\($0)kb") }
        var measured = SweepMeasurements(settings: knobs)
        for block in 0..<blocks {
            let drift = 1 + 0.3 * Double(block % 3)
            for (place, one) in settings.enumerated() where failing[place] == nil {
                let noise = Self.wobble[(block + 5 * place) % Self.wobble.count]
                measured.enter(
                    setting: place,
                    block: block,
                    [Self.rate: one.rate * drift * noise, Self.memory: one.bytes * (2 - noise)]
                )
            }
        }
        for (place, reason) in failing { measured.fail(setting: place, because: reason) }
        return SweepAnalysis(measured, metrics: [Self.rate], cost: Self.memory).record(
            scenario: "fan-out",
            target: "bundled",
            knobs: [SweepKnob(name: "chunk-size", values: settings.indices.dropFirst().map { "\($0)kb" })],
            blocks: blocks
        )
    }

    @Test("every block has every setting once, and blocks differ in their order")
    func blocks() {
        var generator = Steps()
        let orders = RandomizedBlocks.orders(settings: 9, blocks: 6, using: &generator)
        #expect(orders.count == 6)
        #expect(orders.allSatisfy { $0.sorted() == Array(0..<9) })
        #expect(Set(orders).count > 1)
    }

    @Test("a grid has every combination once, the last list varying fastest")
    func grid() {
        #expect(RandomizedBlocks.grid([2, 3]) == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]])
        #expect(RandomizedBlocks.grid([]) == [[]])
    }

    @Test("the front has what nothing beats in both ways")
    func front() {
        let points = [(gain: 10.0, cost: 5.0), (gain: 8, cost: 5), (gain: 12, cost: 9), (gain: 10, cost: 4)]
        #expect(ParetoFront.members(points) == [false, false, true, true])
    }

    @Test("a faster setting is taken, the one with the least memory among equals, with its change and interval")
    func faster() throws {
        let record = Self.sweep([(1000, 100e6), (1200, 90e6), (1201, 50e6), (700, 20e6)])
        #expect(record.choice == SweepChoice(.better, setting: 2))
        let change = try #require(record.settings[2].figure(Self.rate)?.change)
        #expect(abs(change.estimate - 0.2) < 0.02)
        let interval = try #require(change.interval)
        #expect(interval.lowerBound > 0.15 && interval.upperBound < 0.25)
        #expect(record.settings.map(\.isInZone) == [false, true, true, false])
        #expect(record.settings[3].standing == .worse)
        #expect(record.settings.map(\.isOnFront) == [false, false, true, true])
        #expect(record.settings[0].figure(Self.rate)?.change == nil)
    }

    @Test("where nothing is faster the default stays")
    func keep() {
        let record = Self.sweep([(1000, 50e6), (1001, 50e6), (900, 50e6)])
        #expect(record.choice == SweepChoice(.keep, setting: 0))
        #expect(record.settings[0].isInZone)
    }

    @Test("a setting that is as fast and shown to need less memory is taken")
    func cheaper() {
        let record = Self.sweep([(1000, 100e6), (1000, 40e6), (1002, 99e6)])
        #expect(record.choice == SweepChoice(.cheaper, setting: 1))
    }

    @Test("a few blocks decide nothing, and the analysis says how many it takes")
    func tooFew() {
        let record = Self.sweep([(1000, 50e6), (1100, 50e6), (900, 50e6)], blocks: 3)
        #expect(record.choice == SweepChoice(.undecided, setting: 0))
        #expect(record.settings.map(\.isInZone) == [true, true, true])
        #expect(record.settings[1].figure(Self.rate)?.change?.interval == nil)
        #expect(SweepAnalysis.fewestBlocks(settings: 2) == 6)
        #expect(SweepAnalysis.fewestBlocks(settings: 12) == 8)
    }

    @Test("a setting that failed is out of the choice, with its reason")
    func failed() {
        let record = Self.sweep([(1000, 50e6), (2000, 10e6)], failing: [1: "a replica fell behind"])
        #expect(record.choice.setting == 0)
        #expect(record.settings[1].standing == .failed)
        #expect(record.settings[1].failure == "a replica fell behind")
        #expect(!record.settings[1].isOnFront)
    }

    @Test("without a default there is nothing to choose by")
    func noControl() {
        #expect(Self.sweep([(1000, 50e6), (1100, 50e6)], failing: [0: "it ended"]).choice.kind == .noControl)
    }

    @Test("where less is better, the setting with less wins")
    func lowerIsBetter() {
        let latency = SweepMetric("first_frame", stat: "p50", unit: "us", better: .lower)
        var measured = SweepMeasurements(settings: [[], Self.knob("4kb")])
        for block in 0..<12 {
            measured.enter(setting: 0, block: block, [latency: 100 * Self.wobble[block]])
            measured.enter(setting: 1, block: block, [latency: 80 * Self.wobble[11 - block]])
        }
        let record = SweepAnalysis(measured, metrics: [latency], cost: nil).record(
            scenario: "resume",
            target: "bundled",
            knobs: [SweepKnob(name: "chunk-size", values: ["4kb"])],
            blocks: 12
        )
        #expect(record.choice == SweepChoice(.better, setting: 1))
        #expect(record.settings[1].standing == .best)
    }
}
