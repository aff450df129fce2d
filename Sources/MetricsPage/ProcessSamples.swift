// What Prometheus expects every process to tell, under the names that its own client libraries use.

package import CoreMetrics
internal import Glibc
internal import Probes
internal import Synchronization

/// Told to a backend whenever somebody comes to look.
package final class ProcessSamples: Sendable {
    private let resident: Gauge
    private let processor: FloatingPointCounter
    private let allocated: Gauge
    private let toldNanoseconds = Mutex<UInt64>(0)

    package init(factory: any MetricsFactory) {
        self.resident = Gauge(label: "process_resident_memory_bytes", dimensions: [], factory: factory)
        self.processor = FloatingPointCounter(
            label: "process_cpu_seconds_total",
            dimensions: [],
            factory: factory
        )
        self.allocated = Gauge(label: "sluice_allocated_bytes", dimensions: [], factory: factory)
    }

    /// What cannot be measured is not told.
    package func report() {
        if let memory = ProcessMemory.read(process: getpid()) { self.resident.record(memory.resident) }
        self.toldNanoseconds.withLock { told in
            let used = max(told, ProcessorTime.ownNanoseconds)
            self.processor.increment(by: Double(used - told) / 1e9)
            told = used
        }
        if let heap = JemallocStatistics.read() { self.allocated.record(heap.allocated) }
    }
}
