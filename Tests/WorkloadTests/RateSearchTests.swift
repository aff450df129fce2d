import Primitives
import Testing
import Workload

@Suite struct RateSearchTests {
    /// Searches a server that keeps its limit up to a rate.
    private func search(
        from first: Int,
        _ outcome: (Int) -> RateSearch.Outcome
    ) -> (answer: RateSearch.Answer, rates: [Int]) {
        var search = RateSearch(from: first)
        var rates: [Int] = []
        while let rate = search.rate {
            rates.append(rate)
            search.enter(outcome(rate))
        }
        return (search.answer, rates)
    }

    @Test("the highest rate is found between bounds that lie close together", arguments: [37, 4999, 83_000, 2_000_000])
    func bounds(limit: Int) throws {
        for first in [10, 10_000, 5_000_000] {
            let (answer, rates) = self.search(from: first) { $0 <= limit ? .holds : .exceeds }
            let (holding, failing) = (try #require(answer.holding), try #require(answer.failing))
            #expect(holding <= limit && failing > limit)
            #expect(Double(failing) / Double(holding) <= RateSearch.resolution || failing - holding <= 2)
            #expect(rates.count < 70 && !answer.isGeneratorLimited)
        }
    }

    @Test("a server that keeps the limit at any rate, or at none, ends the search as well")
    func edges() {
        let any = self.search(from: 1000) { _ in .holds }.answer
        #expect(any.holding == RateSearch.highest && any.failing == nil && !any.isGeneratorLimited)
        let none = self.search(from: 1000) { _ in .exceeds }.answer
        #expect(none.holding == nil && none.failing == RateSearch.lowest)
    }

    @Test("where the generator is the limit, the search says so")
    func generator() {
        let (answer, _) = self.search(from: 1000) { $0 <= 50_000 ? .holds : .generatorLimited }
        #expect(answer.isGeneratorLimited && (answer.holding ?? 0) > 45_000)
    }

    @Test("one bad trial in thirty does not lead astray")
    func noise() throws {
        for seed in 0..<20 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let (answer, _) = self.search(from: 8000) { rate in
                let isOdd = generator.next() % 30 == 0
                return (rate <= 60_000) != isOdd ? .holds : .exceeds
            }
            #expect((30_000...130_000).contains(try #require(answer.holding)))
        }
    }

    @Test("limits are read, and written as they were")
    func limits() throws {
        for text in ["p99<5ms", "p99.9<800us", "mean<1s", "p50<2.5ms"] {
            #expect(try #require(LatencyLimit(parsing: text)).description == text)
        }
        #expect(LatencyLimit(parsing: " p99 < 5ms")?.nanoseconds == 5_000_000)
        for text in ["", "p99", "p98<5ms", "p99<5", "p99<0ms", "p99<-1ms", "p99>5ms", "p99<5ms<6ms", "p99<9999s"] {
            #expect(LatencyLimit(parsing: text) == nil, "\(text)")
        }
    }
}
