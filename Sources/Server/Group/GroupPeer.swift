// Another member, and the connection to it, if there is one. May be used from any thread.

import Channels
import NIOCore
import Synchronization

final class GroupPeer: Sendable {
    /// Bytes that may wait for one member. A chunk of the largest size fits.
    static let outboxLimit = 2 * MessageLayout.largestMessage

    struct State: Sendable {
        var connection: GroupConnection.Handle?
        /// What it told of itself last; nil before it ever did.
        var facts: GroupHello.Facts?
        /// nil before it was measured.
        var roundTrip: Microseconds?
        var connects = 0
    }

    let member: GroupOptions.Member
    let state = Mutex(State())
    private let queuedBytes = Atomic<Int>(0)
    /// Messages that found the outbox full, or nobody connected.
    let unsent = Atomic<UInt64>(0)

    init(_ member: GroupOptions.Member) { self.member = member }

    var isConnected: Bool { self.state.withLock { $0.connection != nil } }

    /// Sends a message with its length before it.
    /// - Returns: whether it is on its way; it may still be lost.
    func send(_ bytes: [UInt8]) -> Bool {
        guard let channel = self.state.withLock({ $0.connection?.channel }),
            self.queuedBytes.load(ordering: .relaxed) + bytes.count <= Self.outboxLimit
        else {
            self.unsent.wrappingAdd(1, ordering: .relaxed)
            return false
        }
        self.queuedBytes.wrappingAdd(bytes.count, ordering: .relaxed)
        var buffer = channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        channel.writeAndFlush(buffer).whenComplete { [self] _ in
            self.queuedBytes.wrappingSubtract(bytes.count, ordering: .relaxed)
        }
        return true
    }
}
