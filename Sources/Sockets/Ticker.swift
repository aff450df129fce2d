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

/// Who runs first when there are more threads than processors.
package enum ThreadPriority {
    /// Puts the calling thread before others, or back among them.
    /// - Returns: whether the system allows it; usually that takes root.
    @discardableResult
    package static func raise(_ isRaised: Bool) -> Bool { clinux_raise_thread(isRaised ? 1 : 0) == 0 }
}
