// Work that goes on in slices, with the clients in between.

import NIOCore

/// Runs a closure on the loop.
private final class LaterCall: NIOScheduledCallbackHandler, Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func handleScheduledCallback(eventLoop: some EventLoop) { self.body() }
}

extension Shard {
    /// Goes on after the clients that are waiting. On the shard's loop.
    /// - Returns: whether it will; a loop that is closing takes nothing more.
    @discardableResult
    func later(_ body: @escaping @Sendable (Shard) -> Void) -> Bool {
        self.doorbell.ring { [unowned self] in body(self) }
    }

    /// The same, and not before a pause is over.
    @discardableResult
    func later(after pause: TimeAmount, _ body: @escaping @Sendable (Shard) -> Void) -> Bool {
        guard pause > .zero else { return self.later(body) }
        let call = LaterCall { [unowned self] in self.later(body) }
        do {
            _ = try self.loop.scheduleCallback(in: pause, handler: call)
            return true
        } catch {
            return false
        }
    }
}
