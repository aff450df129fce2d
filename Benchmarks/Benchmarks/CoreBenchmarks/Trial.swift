// One iteration of a benchmark: a fixed number of operations, timed, with the memory that they asked for.

import Benchmark
import Glibc
import Probes

enum Trial {
    /// Operations of one iteration: a thousand turns of 64 commands.
    static let operations = 64_000

    /// Blocks of memory that all operations of one iteration asked for, in sum: a count per operation would round the few
    /// that chunks of the backlog need down to nothing.
    static let allocations = BenchmarkMetric.custom("allocations", useScalingFactor: false)
    /// Processor time of one operation in picoseconds; steadier than wall time on a machine that is shared.
    static let processorTime = BenchmarkMetric.custom("processorPicosecondsPerOperation", useScalingFactor: false)
    /// Operations in one second of wall time.
    static let rate = BenchmarkMetric.custom("operationsPerSecond", polarity: .prefersLarger, useScalingFactor: false)

    static let metrics = [Self.allocations, Self.processorTime, Self.rate]

    /// For benchmarks that fill chunks of the backlog, each an allocation: an iteration may see one more or less of them.
    static var givingOrTakingAChunk: Benchmark.Configuration {
        var configuration = Benchmark.defaultConfiguration
        configuration.thresholds = [Self.allocations: BenchmarkThresholds(absolute: [.p90: 1])]
        return configuration
    }

    /// For benchmarks that go over to new segments, more often in one iteration than in another: each takes a few blocks, for
    /// its names, its index and its entries.
    static var givingOrTakingASegment: Benchmark.Configuration {
        var configuration = Benchmark.defaultConfiguration
        configuration.thresholds = [Self.allocations: BenchmarkThresholds(absolute: [.p90: 40])]
        return configuration
    }

    /// For benchmarks that fill pages of entries preserved for a view: an iteration may begin one more or less.
    static var givingOrTakingAPage: Benchmark.Configuration { Self.givingOrTakingAChunk }

    /// Runs `body`, which must carry out so many operations, and records what it took.
    static func measure(_ benchmark: Benchmark, operations: Int, _ body: () -> Void) {
        var wall: UInt64 = 0
        var processor: UInt64 = 0
        let allocations = AllocationCount.of {
            let wallStart = Self.nanoseconds(CLOCK_MONOTONIC)
            let processorStart = Self.nanoseconds(CLOCK_THREAD_CPUTIME_ID)
            body()
            processor = Self.nanoseconds(CLOCK_THREAD_CPUTIME_ID) - processorStart
            wall = Self.nanoseconds(CLOCK_MONOTONIC) - wallStart
        }
        guard let allocations else {
            return benchmark.error("jemalloc is not in charge: allocations cannot be counted")
        }
        benchmark.measurement(Self.allocations, Int(allocations))
        benchmark.measurement(Self.processorTime, Int(processor) * 1000 / operations)
        benchmark.measurement(Self.rate, Int(Double(operations) / (Double(max(wall, 1)) / 1e9)))
    }

    /// For what cannot fail here.
    static func expectNoError<Result>(_ body: () throws -> Result) -> Result {
        do {
            return try body()
        } catch {
            fatalError("\(error)")
        }
    }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
