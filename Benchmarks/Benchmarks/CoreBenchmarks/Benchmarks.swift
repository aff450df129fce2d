// The micro-benchmarks of the cores: what one command costs in each room that it passes through, in time and in
// allocations. See ../../README.md for how to run and read them.

import Benchmark

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: Trial.metrics,
        warmupIterations: 3,
        maxDuration: .seconds(1),
        maxIterations: 500
    )
    calibrationBenchmarks()
    parserBenchmarks()
    keyspaceBenchmarks()
    viewBenchmarks()
    streamBenchmarks()
    engineBenchmarks()
    logBenchmarks()
    rdbBenchmarks()
}
