// How many times memory was asked for, as jemalloc's arenas count it. A thread's cache fetches blocks in bulk before they
// are asked for, and hands them out without telling anybody; so the thread whose work is counted goes without one.

internal import CJemalloc

package enum AllocationCount {
    /// Counts the blocks that `body` asks for on the calling thread. What other threads do meanwhile counts as well, as far
    /// as it reaches the arenas.
    /// - Returns: the count; nil when jemalloc is not in charge of this process, and `body` has run all the same.
    package static func of(_ body: () -> Void) -> UInt64? {
        var before: UInt64 = 0
        var after: UInt64 = 0
        guard
            JemallocStatistics.isInCharge,
            sluice_jemalloc_enable_thread_cache(false) == 0,
            sluice_jemalloc_count_blocks(&before) == 0
        else {
            body()
            return nil
        }
        body()
        let error = sluice_jemalloc_count_blocks(&after)
        _ = sluice_jemalloc_enable_thread_cache(true)
        return error == 0 ? after - before : nil
    }
}
