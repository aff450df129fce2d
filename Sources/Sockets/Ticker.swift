import CLinux
import Glibc

/// A timer that a `Poller` waits for like a socket (timerfd(2)): finer than the milliseconds of epoll's own time-out.
package struct Ticker: Sendable {
    /// What the poller watches.
    package let socket: Socket

    /// - Parameter intervalNanoseconds: between two ticks; more than zero.
    package init(intervalNanoseconds: UInt64) throws(SocketError) {
        precondition(intervalNanoseconds > 0, "a ticker that never rests")
        let descriptor = clinux_ticker(Int64(clamping: intervalNanoseconds))
        guard descriptor >= 0 else { throw SocketError("timerfd_create") }
        self.socket = Socket(descriptor: descriptor)
    }

    /// Takes the ticks that have passed, so that the poller waits for the next one.
    package func drain() {
        var ticks: UInt64 = 0
        _ = read(self.socket.descriptor, &ticks, 8)
    }

    package func close() { self.socket.close() }
}

/// Who runs first when there are more threads than processors: the calling thread's nice value, as it was.
package struct ThreadPriority: Sendable {
    /// Enough to come before whatever runs with the same value as before.
    private static let step: CInt = 15
    private static let least: CInt = -20

    private let before: CInt

    /// Puts the calling thread before others, where the system allows that; usually it takes root.
    package init() {
        self.before = clinux_thread_nice()
        _ = clinux_set_thread_nice(max(Self.least, self.before - Self.step))
    }

    /// Puts the same thread back among the others.
    package func restore() { _ = clinux_set_thread_nice(self.before) }
}
