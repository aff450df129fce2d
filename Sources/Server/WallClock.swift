import Glibc
import Primitives

/// The wall clock, which only the shell reads.
enum WallClock {
    static var milliseconds: Milliseconds { Self.microseconds / 1000 }

    static var microseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }
}
