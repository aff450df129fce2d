// Work that goes on in slices, with the clients in between.
//
// SwiftNIO runs what was given to `execute` before it looks at sockets again, and again what that gave to it, so that work
// which goes on by `execute` would lock the clients out. A callback that is due a moment later lets them in between.

import NIOCore

/// Runs a closure on the loop.
private final class LaterCall: NIOScheduledCallbackHandler, Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func handleScheduledCallback(eventLoop: some EventLoop) { self.body() }
}

extension Shard {
    /// Long enough that the loop looks at its sockets first: it takes some microseconds from giving it a callback until it asks
    /// what is due, more after a slice that has emptied the caches. Only what was given to `execute` meanwhile comes before.
    static let moment = TimeAmount.microseconds(20)

    /// Goes on after the clients that are waiting. On the shard's loop.
    /// - Returns: whether it will; a loop that is closing takes nothing more.
    @discardableResult
    func later(after pause: TimeAmount = Shard.moment, _ body: @escaping @Sendable (Shard) -> Void) -> Bool {
        let call = LaterCall { [unowned self] in body(self) }
        do {
            _ = try self.loop.scheduleCallback(in: pause, handler: call)
            return true
        } catch {
            return false
        }
    }
}
