import CLinux
import Glibc
import Sockets

/// Ctrl-C and its relatives: the first one stops the run cleanly, the second one at once.
package enum Interruption {
    /// Call once, before servers are started.
    package static func catchSignals() {
        // Whoever started this process may have blocked them, as threads of a pool do.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        clinux_catch_interrupt()
    }

    package static var isRequested: Bool { clinux_interrupted() != 0 }

    package static func check() throws(HarnessError) {
        if self.isRequested { throw HarnessError(.interrupted, "stopped by the user") }
    }
}

/// Waiting, in the thread that drives a run.
enum Wait {
    /// Sleeps in slices, so that Ctrl-C is heard; `each` is called about four times a second.
    static func seconds(_ seconds: Double, each: () -> Void = {}) throws(HarnessError) {
        let end = Clocks.monotonicNanoseconds + UInt64(seconds * 1e9)
        var next = Clocks.monotonicNanoseconds + 250_000_000
        while true {
            try Interruption.check()
            let now = Clocks.monotonicNanoseconds
            guard now < end else { return }
            if now >= next {
                each()
                next += 250_000_000
            }
            usleep(UInt32(min(50_000, (end - now) / 1000 + 1)))
        }
    }

    /// Waits until `condition` holds, asking every millisecond.
    /// - Throws: `timedOut` naming what was waited for.
    static func until(
        _ what: String,
        withinSeconds limit: Double,
        _ condition: () throws(HarnessError) -> Bool
    ) throws(HarnessError) {
        let end = Clocks.monotonicNanoseconds + UInt64(limit * 1e9)
        while try !condition() {
            try Interruption.check()
            guard Clocks.monotonicNanoseconds < end else {
                throw HarnessError(.timedOut, "waited \(limit) s in vain until \(what)")
            }
            usleep(1_000)
        }
    }
}
