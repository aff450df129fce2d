import Primitives
import Testing

@testable import Replication

@Suite struct BackoffTests {
    @Test("waits double from 100 ms to 10 s, and each lies between half and all of that")
    func doubling() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<200 {
            var backoff = Backoff()
            for ceiling: Milliseconds in [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000] {
                let wait = backoff.next(using: &generator)
                #expect(wait >= ceiling / 2 && wait <= ceiling)
            }
        }
    }

    @Test("replicas that lost the same primary come back at different times")
    func jitter() {
        let waits = (0..<100 as Range<UInt64>).map { seed -> Milliseconds in
            var generator = SeededGenerator(seed: seed)
            var backoff = Backoff()
            return backoff.next(using: &generator)
        }
        #expect(Set(waits).count > 20)
    }

    @Test("a stream that got further begins with a short wait again")
    func progress() {
        var generator = SeededGenerator(seed: 1)
        var backoff = Backoff()
        for _ in 0..<8 { _ = backoff.next(using: &generator) }
        backoff.progressMade()
        #expect(backoff.next(using: &generator) <= Backoff.shortest)
    }
}
