// How many times memory was asked for, as jemalloc's arenas count it. A thread's cache fetches blocks in bulk before they
// are asked for, and hands out the rest without telling anybody; so the thread whose work is counted goes without one.

internal import CJemalloc

/// Requests that the allocator has served since the process began, of every thread.
package struct AllocationCount: Sendable, Equatable {
    /// Blocks handed out. Exact for a thread without a cache (`of`); others count when they fetch.
    package var blocks: UInt64

    /// The present count, or nil when jemalloc is not in charge of this process.
    package static func read() -> AllocationCount? {
        guard JemallocStatistics.isInCharge, sluice_jemalloc_refresh() == 0 else { return nil }
        var small: UInt64 = 0
        var large: UInt64 = 0
        // 4096 stands for all arenas (MALLCTL_ARENAS_ALL).
        guard
            sluice_jemalloc_read_u64("stats.arenas.4096.small.nmalloc", &small) == 0,
            sluice_jemalloc_read_u64("stats.arenas.4096.large.nmalloc", &large) == 0
        else { return nil }
        return AllocationCount(blocks: small + large)
    }

    /// Counts the blocks that `body` asks for on the calling thread, and those of other threads meanwhile.
    /// - Returns: the count; nil when jemalloc is not in charge.
    package static func of(_ body: () -> Void) -> UInt64? {
        guard sluice_jemalloc_enable_thread_cache(false) == 0, let before = self.read() else {
            body()
            return nil
        }
        body()
        let after = self.read()
        _ = sluice_jemalloc_enable_thread_cache(true)
        return after.map { $0.blocks - before.blocks }
    }
}
