import Planning
import Testing

@Suite("Fits of a plan")
struct FitTests {
    @Test("coefficients that are far apart in size come back")
    func wideScales() throws {
        let rows = (1...6).flatMap { keys in
            [64.0, 1024].map { size in
                let terms = [1, Double(keys) * 1e5, Double(keys) * 1e5 * size]
                return LeastSquares.Row(terms, 3 + terms[1] * 1e-6 + terms[2] * 2e-9)
            }
        }
        let fit = try #require(LeastSquares(rows))
        #expect(abs(fit.coefficients[0] - 3) < 1e-6)
        #expect(abs(fit.coefficients[1] / 1e-6 - 1) < 1e-6)
        #expect(abs(fit.coefficients[2] / 2e-9 - 1) < 1e-6)
    }

    @Test("rows that do not tell two terms apart give no fit")
    func singular() {
        #expect(LeastSquares([.init([1, 2], 1), .init([2, 4], 2), .init([3, 6], 3)]) == nil)
        #expect(LeastSquares([.init([1, 2], 1)]) == nil)
        #expect(LeastSquares([]) == nil)
    }

    @Test("the scalability law comes back from points that follow it, and its peak is not called extrapolated")
    func saturation() throws {
        // λ 1000, σ 0.02, κ 0.001: the peak is at √(0.98 ÷ 0.001) = 31.3.
        func throughput(_ n: Double) -> Double { 1000 * n / (1 + 0.02 * (n - 1) + 0.001 * n * (n - 1)) }
        let law = try #require(Saturation([1.0, 2, 4, 8, 16, 32, 40].map { ($0, throughput($0)) }))
        #expect(abs(law.rateOfOne - 1000) < 1e-6)
        #expect(abs(law.contention - 0.02) < 1e-9)
        #expect(abs(law.coherency - 0.001) < 1e-9)
        let peak = try #require(law.peak)
        #expect(peak.number == 31)
        #expect(!peak.isExtrapolated)
        #expect(peak.text(measuredUpTo: 40) == "31")
    }

    @Test("a peak that the measurements did not pass is never printed without the word extrapolated")
    func extrapolatedPeak() throws {
        func throughput(_ n: Double) -> Double { 1000 * n / (1 + 0.02 * (n - 1) + 0.001 * n * (n - 1)) }
        let law = try #require(Saturation([1.0, 2, 4, 8, 16].map { ($0, throughput($0)) }))
        let peak = try #require(law.peak)
        #expect(peak.isExtrapolated)
        #expect(peak.text(measuredUpTo: 16) == "31 (extrapolated: measured up to 16)")
    }

    @Test("too few numbers give no law, and one that only grows has no peak")
    func noPeak() throws {
        #expect(Saturation([(1, 10), (2, 20), (4, 40)]) == nil)
        #expect(Saturation([(1, 10), (1, 11), (1, 12), (1, 13)]) == nil)
        let law = try #require(Saturation([1.0, 2, 4, 8].map { ($0, 10 * $0) }))
        #expect(law.peak == nil || law.peak?.isExtrapolated == true)
    }

    @Test("corners are fitted, and what lies between them is held out")
    func split() {
        let observations = [(1, 128), (1, 2048), (8, 128), (8, 2048), (2, 512), (4, 2048)].map { replicas, size in
            Observation(Self.configuration(Double(replicas), Double(size)), 1)
        }
        let split = Split(observations, along: [.replicas, .valueSize])
        #expect(split.fitted.count == 4)
        #expect(split.heldOut.map(\.configuration.replicas) == [2, 4])
    }

    @Test("a model of four corners tells what the rest costs, with signed errors")
    func linearModel() throws {
        func cost(_ one: Configuration) -> Double {
            0.5 + 0.001 * one.valueSize + one.replicas * (0.02 + 0.0002 * one.valueSize)
        }
        let corners = [(1.0, 128.0), (1, 2048), (8, 128), (8, 2048)].map { Self.configuration($0.0, $0.1) }
        let middle = Self.configuration(4, 512)
        let observations = corners.map { Observation($0, cost($0)) } + [Observation(middle, cost(middle) / 1.1)]
        let model = try #require(
            LinearModel(
                observations,
                terms: [.one, .replicas, .valueSize, .replicasTimesValueSize],
                corners: [.replicas, .valueSize]
            )
        )
        #expect(abs(model.value(middle) - cost(middle)) < 1e-9)
        #expect(model.checks.count == 1)
        #expect(abs(model.checks[0].error - 0.1) < 1e-9)
        #expect(model.ranges.outside(Self.configuration(16, 64)).map(\.0) == [.replicas, .valueSize])
    }

    @Test("a term that noise turns negative is left out, and one that nothing tells apart too")
    func leftOut() throws {
        let falling = [(1.0, 100.0), (8, 100), (1, 1000), (8, 1000)].map { replicas, size in
            Observation(Self.configuration(replicas, size), 10 + replicas - size / 1000)
        }
        let model = try #require(
            LinearModel(falling, terms: [.one, .replicas, .valueSize], corners: [.replicas, .valueSize])
        )
        #expect(model.terms == [.one, .replicas])
        let oneSize = [1.0, 2, 8].map { Observation(Self.configuration($0, 100), 10 + $0) }
        let line = try #require(
            LinearModel(oneSize, terms: [.one, .replicas, .valueSize], corners: [.replicas, .valueSize])
        )
        #expect(line.terms == [.one, .replicas])
        #expect(abs(line.value(Self.configuration(4, 100)) - 14) < 1e-9)
    }

    @Test("errors are summed up by their mean size and their worst with its sign")
    func errors() throws {
        let summary = try #require(ErrorSummary([0.05, -0.15, 0.01]))
        #expect(summary.count == 3)
        #expect(abs(summary.mean - 0.07) < 1e-12)
        #expect(summary.worst == -0.15)
        #expect(summary.isValidated)
        #expect(ErrorSummary([0.21]).map(\.isValidated) == false)
        #expect(ErrorSummary([]) == nil)
    }

    static func configuration(_ replicas: Double, _ valueSize: Double) -> Configuration {
        var configuration = Configuration()
        configuration.replicas = replicas
        configuration.valueSize = valueSize
        return configuration
    }
}
