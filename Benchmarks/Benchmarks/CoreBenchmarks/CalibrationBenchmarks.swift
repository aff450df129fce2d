// Benchmarks of the measurement itself: a counter that does not count would pass every bound of zero.

import Benchmark
import Glibc

func calibrationBenchmarks() {
    Benchmark("Calibration.1000-allocations") { benchmark in
        Trial.measure(benchmark, operations: 1000) {
            for _ in 0..<1000 {
                let block = malloc(64)
                blackHole(block)
                free(block)
            }
        }
    }
    Benchmark("Calibration.nothing") { benchmark in
        Trial.measure(benchmark, operations: 1000) {
            for index in 0..<1000 { blackHole(index) }
        }
    }
}
