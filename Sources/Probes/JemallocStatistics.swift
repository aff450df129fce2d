// What jemalloc says about this process. Two things make such numbers wrong elsewhere: the statistics stand still until
// the epoch is advanced, and a sanitizer takes malloc away without a word. So every read advances the epoch, and the
// first one tries with a known amount whether the statistics move at all.

internal import CJemalloc

/// The allocator's own account of this process's memory, in bytes.
package struct JemallocStatistics: Sendable, Equatable {
    /// Bytes that the application holds. Memory freed into a thread's cache still counts.
    package var allocated: Int
    /// Bytes in pages that hold at least one allocation.
    package var active: Int
    /// Bytes in pages that are backed by memory, dirty ones included.
    package var resident: Int
    /// Bytes in extents that are mapped by the allocator.
    package var mapped: Int
    /// Bytes of address space kept for later use instead of given back.
    package var retained: Int
    /// Bytes of the allocator's own bookkeeping.
    package var metadata: Int

    /// The present statistics, or nil when jemalloc is not in charge of this process (sanitizers, a preloaded allocator).
    package static func read() -> JemallocStatistics? {
        self.isInCharge ? self.current() : nil
    }

    /// `5.3.0-0-g…`, or nil when jemalloc is not in charge.
    package static var version: String? {
        guard self.isInCharge, let version = sluice_jemalloc_version() else { return nil }
        return String(cString: version)
    }

    /// Bytes that the calling thread has allocated since it began; a count that never goes back. Nil when unavailable.
    package static var threadAllocatedBytes: UInt64? {
        guard self.isInCharge, let counter = sluice_jemalloc_thread_allocated() else { return nil }
        return sluice_jemalloc_load(counter)
    }

    /// Gives the calling thread's cached memory back to its arena, so that `allocated` is exact for it.
    package static func flushThreadCache() {
        guard self.isInCharge else { return }
        _ = sluice_jemalloc_flush_thread_cache()
    }

    /// Whether malloc is jemalloc's: tried once, by allocating an amount that no thread cache takes.
    static let isInCharge: Bool = {
        let amount = 1 << 20
        guard let before = current() else { return false }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: amount, alignment: 16)
        defer { memory.deallocate() }
        // An opaque call with the pointer: otherwise the optimiser may remove the allocation and its release together.
        guard malloc_usable_size(memory) >= amount, let after = current() else { return false }
        return after.allocated - before.allocated >= amount / 2
    }()

    private static func current() -> JemallocStatistics? {
        guard
            sluice_jemalloc_refresh() == 0,
            let allocated = Self.size("stats.allocated"),
            let active = Self.size("stats.active"),
            let resident = Self.size("stats.resident"),
            let mapped = Self.size("stats.mapped"),
            let retained = Self.size("stats.retained"),
            let metadata = Self.size("stats.metadata")
        else { return nil }
        return JemallocStatistics(
            allocated: allocated,
            active: active,
            resident: resident,
            mapped: mapped,
            retained: retained,
            metadata: metadata
        )
    }

    private static func size(_ name: String) -> Int? {
        var value = 0
        return sluice_jemalloc_read_size(name, &value) == 0 ? value : nil
    }
}
