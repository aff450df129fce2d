// Processor time of another process. The kernel keeps it in nanoseconds, threads that have ended included, behind the
// clock that clock_getcpuclockid(3) names; /proc/<pid>/stat has the same in ticks of 10 ms.

internal import Glibc

/// Processor time that a process has used since it began, over all its threads.
package struct ProcessorTime: Sendable, Equatable {
    package enum Resolution: Sendable {
        case nanoseconds
        /// Ticks of the system clock, 10 ms on most systems: too coarse for intervals under a second.
        case ticks
    }

    package var nanoseconds: UInt64
    package var resolution: Resolution

    /// The kernel's own limit on process ids. A clock's name is made by shifting the id, so a larger one would name the
    /// clock of somebody else.
    private static let largestProcess: Int32 = 1 << 22

    /// Nil when the process is gone.
    package static func read(process: Int32) -> ProcessorTime? {
        guard process > 0, process <= self.largestProcess else { return nil }
        var clock = clockid_t()
        var time = timespec()
        if clock_getcpuclockid(process, &clock) == 0, clock_gettime(clock, &time) == 0 {
            return ProcessorTime(nanoseconds: Self.nanoseconds(time), resolution: .nanoseconds)
        }
        guard let text = ProcFile.text("/proc/\(process)/stat"), let ticks = Self.ticks(parsing: text) else {
            return nil
        }
        let perSecond = UInt64(max(1, sysconf(CInt(_SC_CLK_TCK))))
        return ProcessorTime(nanoseconds: ticks * (1_000_000_000 / perSecond), resolution: .ticks)
    }

    /// Processor time of this process, in nanoseconds.
    package static var ownNanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Self.nanoseconds(time)
    }

    private static func nanoseconds(_ time: timespec) -> UInt64 {
        UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// utime + stime of `/proc/<pid>/stat`, or cutime + cstime, those of children that were waited for. The command name
    /// may hold blanks and brackets, so counting starts behind the last closing one.
    static func ticks(parsing text: String, ofChildren: Bool = false) -> UInt64? {
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        let first = ofChildren ? 13 : 11
        guard fields.count > first + 1, let user = UInt64(fields[first]), let system = UInt64(fields[first + 1]) else {
            return nil
        }
        return user + system
    }
}
