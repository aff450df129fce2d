// Readiness of many descriptors on one thread: a thin value over Linux's epoll(7).
//
// SwiftNIO carries the clients; this carries what needs the bare descriptor — replication links, which write from the
// shard's own chunks with one write(2), and the harness, which plays thousands of peers and must cost less than what it
// measures.

import CLinux
import Glibc

/// A set of descriptors and an epoll instance that waits for them. One thread waits; any thread may register.
package final class Poller: Sendable {
    /// What a descriptor is watched for.
    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let readable = Interest(rawValue: UInt32(CLINUX_READABLE))
        package static let writable = Interest(rawValue: UInt32(CLINUX_WRITABLE))
        /// The peer has shut its side down.
        package static let peerClosed = Interest(rawValue: UInt32(CLINUX_PEER_CLOSED))
        /// Reports changes only, instead of the state at every wait.
        package static let edgeTriggered = Interest(rawValue: CLINUX_EDGE_TRIGGERED)
    }

    /// One descriptor that became ready.
    package struct Event {
        /// The token given at registration.
        package var token: UInt64
        package var isReadable: Bool
        package var isWritable: Bool
        /// Reset, error, or closed by the peer.
        package var isHangup: Bool
        /// Reset or broken, or closed on both sides: nothing can be sent any more.
        package var isBroken: Bool
    }

    private let epoll: CInt
    private let wake: CInt
    private static let wakeToken = UInt64.max

    /// - Throws: `SocketError` when the process is out of descriptors.
    package init() throws(SocketError) {
        self.epoll = clinux_epoll_create()
        guard self.epoll >= 0 else { throw SocketError("epoll_create1") }
        self.wake = clinux_eventfd()
        guard self.wake >= 0 else {
            let error = SocketError("eventfd")
            close(self.epoll)
            throw error
        }
        _ = clinux_epoll_add(self.epoll, self.wake, Interest.readable.rawValue, Self.wakeToken)
    }

    deinit {
        close(self.wake)
        close(self.epoll)
    }

    package func add(_ socket: Socket, _ interest: Interest, token: UInt64) throws(SocketError) {
        guard clinux_epoll_add(self.epoll, socket.descriptor, interest.rawValue, token) == 0 else {
            throw SocketError("epoll_ctl add")
        }
    }

    package func modify(_ socket: Socket, _ interest: Interest, token: UInt64) throws(SocketError) {
        guard clinux_epoll_modify(self.epoll, socket.descriptor, interest.rawValue, token) == 0 else {
            throw SocketError("epoll_ctl modify")
        }
    }

    /// Forgets a descriptor. One that is closed already was forgotten by the kernel; that is no error.
    package func remove(_ socket: Socket) {
        _ = clinux_epoll_remove(self.epoll, socket.descriptor)
    }

    /// Makes the waiting thread return from `wait`. May be called from any thread.
    package func wakeUp() {
        var one: UInt64 = 1
        _ = write(self.wake, &one, 8)
    }

    /// Waits until something is ready or the time is over, then calls `body` for each event.
    /// - Parameter timeoutMilliseconds: -1 waits for ever.
    package func wait(timeoutMilliseconds: Int32, _ body: (Event) -> Void) {
        withUnsafeTemporaryAllocation(of: clinux_event.self, capacity: 256) { events in
            let count = clinux_epoll_wait(self.epoll, events.baseAddress, 256, timeoutMilliseconds)
            for index in 0..<max(0, Int(count)) {
                let event = events[index]
                if event.token == Self.wakeToken {
                    var drained: UInt64 = 0
                    _ = read(self.wake, &drained, 8)
                    continue
                }
                body(
                    Event(
                        token: event.token,
                        isReadable: event.events & UInt32(CLINUX_READABLE) != 0,
                        isWritable: event.events & UInt32(CLINUX_WRITABLE) != 0,
                        isHangup: event.events & UInt32(CLINUX_HANGUP) != 0,
                        isBroken: event.events & UInt32(CLINUX_BROKEN) != 0
                    )
                )
            }
        }
    }
}
