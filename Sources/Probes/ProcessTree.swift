// A server and what it has forked: Redis writes its snapshots in a child, whose memory and processor time are part of
// the price. Sources: proc(5), `/proc/<pid>/task/<tid>/children`, `statm`, `smaps_rollup` and `stat`.

internal import Glibc

package enum ProcessTree {
    /// Processes that the main thread of `process` started and has not waited for yet.
    package static func children(of process: Int32) -> [Int32] {
        guard let text = ProcFile.text("/proc/\(process)/task/\(process)/children") else { return [] }
        return text.split(whereSeparator: { $0 == " " || $0 == "\n" }).compactMap { Int32($0) }
    }

    /// Bytes that the children of a process share with nobody. After a fork both share every page; one that either of them
    /// writes becomes private to each, and the child's is what was added.
    ///
    /// The kernel walks the children's page tables for it, some 40 ms per GiB: ask rarely.
    package static func privateBytesOfChildren(of process: Int32) -> Int {
        self.children(of: process).reduce(0) { $0 + (self.privateBytes($1) ?? 0) }
    }

    /// Processor time of a process, of the children that it has waited for, and of those that run, in nanoseconds. The
    /// kernel keeps the second part in ticks of 10 ms. Nil when the process is gone.
    package static func processorNanoseconds(of process: Int32) -> UInt64? {
        guard
            let own = ProcessorTime.read(process: process)?.nanoseconds,
            let text = ProcFile.text("/proc/\(process)/stat"),
            let reaped = ProcessorTime.ticks(parsing: text, ofChildren: true)
        else { return nil }
        let perSecond = UInt64(max(1, sysconf(CInt(_SC_CLK_TCK))))
        let running = self.children(of: process).reduce(0) { sum, child in
            sum + (ProcessorTime.read(process: child)?.nanoseconds ?? 0)
        }
        return own + reaped * (1_000_000_000 / perSecond) + running
    }

    /// Bytes of pages that are in memory, by the second field of `statm`: a counter, read in microseconds.
    package static func resident(_ process: Int32) -> Int? {
        guard let text = ProcFile.text("/proc/\(process)/statm") else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * max(1, sysconf(CInt(_SC_PAGESIZE)))
    }

    private static func privateBytes(_ process: Int32) -> Int? {
        ProcFile.text("/proc/\(process)/smaps_rollup").flatMap(self.privateBytes(parsing:))
    }

    static func privateBytes(parsing text: String) -> Int? {
        guard
            let clean = ProcFile.bytes(of: "Private_Clean", in: text),
            let dirty = ProcFile.bytes(of: "Private_Dirty", in: text)
        else { return nil }
        return clean + dirty
    }
}
