/// A process's memory as the system counts it, in bytes. Source: proc(5), `/proc/<pid>/smaps_rollup`.
package struct ProcessMemory: Sendable, Equatable {
    /// Resident set: pages of the process that are in memory.
    package var resident: Int
    /// Proportional set: as resident, but a page shared by n processes counts 1/n.
    package var proportional: Int

    /// Nil when the process is gone or belongs to somebody else.
    package static func read(process: Int32) -> ProcessMemory? {
        ProcFile.text("/proc/\(process)/smaps_rollup").flatMap(ProcessMemory.init(parsing:))
    }

    /// Parses the text of `smaps_rollup`.
    init?(parsing text: String) {
        guard let resident = ProcFile.bytes(of: "Rss", in: text), let proportional = ProcFile.bytes(of: "Pss", in: text)
        else { return nil }
        self.resident = resident
        self.proportional = proportional
    }
}
