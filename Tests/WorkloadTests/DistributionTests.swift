import Glibc
import Primitives
import Testing
import Workload

@Suite struct DistributionTests {
    private func sizes(_ sizes: ValueSizes, count: Int = 40_000, seed: UInt64 = 11) -> [Int] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in sizes.draw(&generator) }
    }

    @Test(
        "sizes keep to their bounds, their mean is the one that is told, and a seed repeats them",
        arguments: [
            ValueSizes.fixed(64), .uniform(24...4096),
            .lognormal(LogNormalSizes(median: 200, sigma: 1.2, in: 24...65_536)),
            .lognormal(LogNormalSizes(median: 64, sigma: 2, in: 60...70)),
            .table(SizeTable([SizeTable.Entry(size: 64, weight: 9), SizeTable.Entry(size: 4096, weight: 1)])),
        ]
    )
    func means(_ distribution: ValueSizes) {
        let drawn = self.sizes(distribution)
        #expect(drawn.allSatisfy { ValueSizes.allowed.contains($0) && $0 <= distribution.largest })
        let mean = Double(drawn.reduce(0, +)) / Double(drawn.count)
        #expect(abs(mean / distribution.mean - 1) < 0.03, "\(mean) where \(distribution.mean) was told")
        #expect(drawn == self.sizes(distribution))
    }

    @Test("half of lognormal sizes lie on either side of the median")
    func median() {
        let drawn = self.sizes(.lognormal(LogNormalSizes(median: 500, sigma: 1, in: 24...100_000))).sorted()
        #expect((480...520).contains(drawn[drawn.count / 2]))
        #expect(drawn.contains { $0 > 4000 })
    }

    @Test("keys come as often as their rank to the power of the exponent says", arguments: [0.5, 0.99, 1, 1.2, 2.5])
    func zipf(exponent: Double) {
        let keys: UInt64 = 50
        let zipf = ZipfKeys(keys: keys, exponent: exponent)
        var generator = SeededGenerator(seed: 4)
        let draws = 200_000
        var counts = [Double](repeating: 0, count: Int(keys))
        for _ in 0..<draws { counts[Int(zipf.draw(&generator))] += 1 }
        let weights = (1...keys).map { pow(Double($0), -exponent) }
        let sum = weights.reduce(0, +)
        // Pearson's statistic over ranks that are expected often enough; 49 degrees of freedom, one in a thousand is above 86.
        var statistic = 0.0
        for (count, weight) in zip(counts, weights) {
            let expected = Double(draws) * weight / sum
            if expected > 5 { statistic += (count - expected) * (count - expected) / expected }
        }
        #expect(statistic < 86)
    }

    @Test("a billion keys, a single one and steep exponents are drawn within bounds, and the same again")
    func zipfEdges() {
        for zipf in [
            ZipfKeys(keys: 1_000_000_000, exponent: 0.99), ZipfKeys(keys: 1, exponent: 1),
            ZipfKeys(keys: 2, exponent: 10),
            ZipfKeys(keys: 1_000_000, exponent: 0.01),
        ] {
            var (first, second) = (SeededGenerator(seed: 8), SeededGenerator(seed: 8))
            for _ in 0..<2000 {
                let key = zipf.draw(&first)
                #expect(key < zipf.keys)
                #expect(key == zipf.draw(&second))
            }
        }
    }
}
