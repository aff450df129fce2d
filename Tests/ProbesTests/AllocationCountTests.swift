import Glibc
import Probes
import Testing

@Suite struct AllocationCountTests {
    /// The least of many counts: other tests of the process may allocate at the same time, and never the opposite. It stops
    /// at the one expected, or below.
    private func least(expecting expected: UInt64, _ body: () -> Void) throws -> UInt64 {
        let first = AllocationCount.of(body)
        var least = try #require(first)
        for _ in 0..<10_000 where least > expected { least = min(least, AllocationCount.of(body) ?? least) }
        return least
    }

    @Test("every block asked for counts once, small or large", arguments: [1, 64, 5000, 100_000])
    func everyBlock(size: Int) throws {
        let count = try self.least(expecting: 100) {
            for _ in 0..<100 { free(malloc(size)) }
        }
        #expect(count == 100)
    }

    @Test("work without allocations counts nothing")
    func nothing() throws {
        var sum = 0
        let count = try self.least(expecting: 0) {
            for index in 0..<1000 { sum &+= index }
        }
        #expect(count == 0)
        #expect(sum > 0)
    }
}
