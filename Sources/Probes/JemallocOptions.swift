internal import CJemalloc

/// The allocator options in force; they decide what memory figures mean, so reports print them.
package enum JemallocOptions {
    /// Name and value of each option that matters to a memory figure; empty when jemalloc is not linked.
    package static func inForce() -> [(name: String, value: String)] {
        var options: [(name: String, value: String)] = []
        for name in ["background_thread", "tcache"] {
            var value = false
            if sluice_jemalloc_read_bool("opt.\(name)", &value) == 0 { options.append((name, String(value))) }
        }
        for name in ["dirty_decay_ms", "muzzy_decay_ms"] {
            var value = 0
            if sluice_jemalloc_read_ssize("opt.\(name)", &value) == 0 { options.append((name, String(value))) }
        }
        var arenas: UInt32 = 0
        if sluice_jemalloc_read_u32("opt.narenas", &arenas) == 0 { options.append(("narenas", String(arenas))) }
        return options
    }

    /// Lets jemalloc's own threads give freed pages back to the system. Without them the thread that frees pays for it, some
    /// milliseconds at a time, and a process that goes idle keeps what it does not need.
    /// - Returns: whether jemalloc took the request.
    @discardableResult
    package static func enableBackgroundThread() -> Bool {
        sluice_jemalloc_enable_background_thread() == 0
    }
}
