// What members send to a shard, on its way from the group's thread to the shard's loop. Bounded in two lanes, as the inbox behind
// it: what does not fit is dropped and counted, and whoever sent it asks again. Of a member's heartbeats only the newest is kept,
// so that nobody crowds the others out by sending too many.

import Channels
import NIOCore
import Synchronization

enum GroupDelivery: Sendable {
    case message(ChannelMessage, from: NodeID)
    case roundTrip(Microseconds, to: NodeID)
    case confirm(term: Term, number: UInt64, from: NodeID)
    case confirmed(term: Term, number: UInt64, from: NodeID)

    /// Who sent a heartbeat; nil for everything else.
    var heartbeatSender: NodeID? {
        guard case .message(let message, let node) = self, case .heartbeat = message.body else { return nil }
        return node
    }
}

final class GroupMailbox: Sendable {
    private struct State {
        var deliveries: [GroupDelivery] = []
        /// Where in `deliveries` a member's heartbeat stands.
        var heartbeats: [NodeID: Int] = [:]
        /// By lane.
        var counts = [0, 0]
        var dropped: UInt64 = 0
        var deliver: (@Sendable ([GroupDelivery]) -> Void)?
    }

    private let loop: any EventLoop
    private let state = Mutex(State())

    init(loop: any EventLoop) { self.loop = loop }

    /// Says who takes what has come, on the loop; nil to take nothing any more.
    func onDelivery(_ deliver: (@Sendable ([GroupDelivery]) -> Void)?) {
        self.state.withLock { $0.deliver = deliver }
    }

    /// How many did not fit.
    var dropped: UInt64 { self.state.withLock { $0.dropped } }

    func post(_ delivery: GroupDelivery) {
        let lane =
            switch delivery {
            case .message(let message, _):
                switch message.body {
                case .heartbeat, .syncRequest, .stored: 0
                case .syncResponse, .nack, .voteRequest, .voteReply: 1
                }
            case .roundTrip, .confirm, .confirmed: 0
            }
        let capacity = lane == 0 ? ChannelInbox.firstLaneCapacity : ChannelInbox.secondLaneCapacity
        let mustWake = self.state.withLock { state in
            let sender = delivery.heartbeatSender
            if let place = sender.flatMap({ state.heartbeats[$0] }) {
                state.deliveries[place] = delivery
                return false
            }
            guard state.counts[lane] < capacity else {
                state.dropped += 1
                return false
            }
            state.counts[lane] += 1
            if let sender { state.heartbeats[sender] = state.deliveries.count }
            state.deliveries.append(delivery)
            return state.deliveries.count == 1
        }
        if mustWake { self.loop.execute { self.deliverAll() } }
    }

    private func deliverAll() {
        let (deliveries, deliver) = self.state.withLock { state in
            defer {
                state.deliveries = []
                state.heartbeats = [:]
                state.counts = [0, 0]
            }
            return (state.deliveries, state.deliver)
        }
        deliver?(deliveries)
    }
}
