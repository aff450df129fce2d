import CLinux

/// Clocks that the shells read; cores are given the time.
package enum Clocks {
    /// Nanoseconds of the monotonic clock.
    package static var monotonicNanoseconds: UInt64 { clinux_monotonic_ns() }

    /// Nanoseconds of processor time that the calling thread has used.
    package static var threadProcessorNanoseconds: UInt64 { clinux_thread_cpu_ns() }
}
