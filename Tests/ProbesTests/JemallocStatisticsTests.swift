import Probes
import Testing

@Suite struct JemallocStatisticsTests {
    @Test("a known allocation shows in the statistics and goes again")
    func knownAmount() throws {
        // Never touched, so that it costs address space alone.
        let amount = 512 << 20
        let before = try #require(JemallocStatistics.read())
        let memory = UnsafeMutableRawPointer.allocate(byteCount: amount, alignment: 16)
        let during = try #require(JemallocStatistics.read())
        memory.deallocate()
        let after = try #require(JemallocStatistics.read())
        // Other tests of the process allocate at the same time, but far less.
        #expect(abs(during.allocated - before.allocated - amount) < 128 << 20)
        #expect(abs(after.allocated - before.allocated) < 128 << 20)
    }

    @Test("the levels of the account contain each other")
    func levels() throws {
        let statistics = try #require(JemallocStatistics.read())
        #expect(statistics.allocated <= statistics.active)
        #expect(statistics.active <= statistics.resident)
        #expect(statistics.resident <= statistics.mapped)
    }

    @Test("a thread's count of allocated bytes goes up by at least what it allocates")
    func threadCount() throws {
        let before = try #require(JemallocStatistics.threadAllocatedBytes)
        let bytes = [UInt8](repeating: 1, count: 100_000)
        let after = try #require(JemallocStatistics.threadAllocatedBytes)
        #expect(withExtendedLifetime(bytes) { after - before } >= 100_000)
    }

    @Test("version and options in force are known")
    func options() throws {
        #expect(try #require(JemallocStatistics.version).hasPrefix("5."))
        #expect(JemallocOptions.inForce().contains { $0.name == "dirty_decay_ms" })
        #expect(JemallocOptions.inForce().contains { $0.name == "narenas" })
    }
}
