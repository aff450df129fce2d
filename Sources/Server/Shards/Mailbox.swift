import NIOCore
import Synchronization

/// Messages from other threads to a shard. Those that come while the shard is busy are delivered together, with one wake.
final class Mailbox<Message: Sendable>: Sendable {
    private struct State {
        var messages: [Message] = []
        var deliver: (@Sendable (Message) -> Void)?
    }

    private let loop: any EventLoop
    private let state = Mutex(State())

    init(loop: any EventLoop) { self.loop = loop }

    /// Says what is done with each message, on the loop. To be called once, before the first message.
    func onDelivery(_ deliver: @escaping @Sendable (Message) -> Void) {
        self.state.withLock { $0.deliver = deliver }
    }

    func post(_ messages: [Message]) {
        guard !messages.isEmpty else { return }
        let wasEmpty = self.state.withLock { state in
            defer { state.messages.append(contentsOf: messages) }
            return state.messages.isEmpty
        }
        if wasEmpty { self.loop.execute { self.deliverAll() } }
    }

    private func deliverAll() {
        let (messages, deliver) = self.state.withLock { state in
            defer { state.messages = [] }
            return (state.messages, state.deliver)
        }
        guard let deliver else { return }
        for message in messages { deliver(message) }
    }
}
