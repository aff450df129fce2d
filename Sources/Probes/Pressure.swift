// Whether something else wanted the processors while we measured. Sources: proc(5), /proc/stat (steal: time that the
// hypervisor gave to other guests) and the kernel's pressure stall information, /proc/pressure/cpu.

/// Cumulative counts of the whole machine; take the difference of two readings.
package struct Pressure: Sendable, Equatable {
    /// Ticks that all processors spent in any state.
    package var totalTicks: UInt64
    /// Ticks that the hypervisor took away.
    package var stolenTicks: UInt64
    /// Microseconds in which a runnable task waited for a processor; nil on kernels without PSI.
    package var waitedMicroseconds: UInt64?

    package static func read() -> Pressure? {
        guard let text = ProcFile.text("/proc/stat") else { return nil }
        return Pressure(stat: text, pressure: ProcFile.text("/proc/pressure/cpu"))
    }

    init?(stat: String, pressure: String?) {
        guard let line = stat.split(separator: "\n").first(where: { $0.hasPrefix("cpu ") }) else { return nil }
        let fields = line.split(separator: " ").dropFirst().prefix(8).compactMap { UInt64($0) }
        guard fields.count == 8 else { return nil }
        self.totalTicks = fields.reduce(0, +)
        self.stolenTicks = fields[7]
        self.waitedMicroseconds = pressure.flatMap(Self.waited)
    }

    /// Share of all processor time that the hypervisor took between two readings, 0…1.
    package func stolenShare(since earlier: Pressure) -> Double {
        guard self.totalTicks > earlier.totalTicks else { return 0 }
        return Double(self.stolenTicks - earlier.stolenTicks) / Double(self.totalTicks - earlier.totalTicks)
    }

    private static func waited(_ text: String) -> UInt64? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("some ") }) else { return nil }
        guard let total = line.split(separator: " ").first(where: { $0.hasPrefix("total=") }) else { return nil }
        return UInt64(total.dropFirst("total=".count))
    }
}
