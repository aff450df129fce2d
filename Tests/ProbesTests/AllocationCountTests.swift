import Glibc
import Probes
import Testing

@Suite struct AllocationCountTests {
    /// The least of several counts: other tests of the process may allocate at the same time, and never the opposite.
    private func least(_ body: () -> Void) throws -> UInt64 {
        try #require((0..<50).compactMap { _ in AllocationCount.of(body) }.min())
    }

    @Test("every block asked for counts once, small or large", arguments: [1, 64, 5000, 100_000])
    func everyBlock(size: Int) throws {
        let count = try self.least {
            for _ in 0..<100 { free(malloc(size)) }
        }
        #expect(count == 100)
    }

    @Test("work without allocations counts nothing")
    func nothing() throws {
        var sum = 0
        let count = try self.least {
            for index in 0..<1000 { sum &+= index }
        }
        #expect(count == 0)
        #expect(sum > 0)
    }
}
