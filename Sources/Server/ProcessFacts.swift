import Glibc

/// What the process knows of itself.
enum ProcessFacts {
    static var identifier: Int32 { getpid() }

    /// Seconds of processor time used so far; nil when the system does not say.
    static var processorSeconds: (user: Double, system: Double)? {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return (seconds(usage.ru_utime), seconds(usage.ru_stime))
    }
}
