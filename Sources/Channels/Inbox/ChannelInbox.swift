// What waits to be served, in two lanes that are both bounded: heartbeats and requests in the first, answers and votes in the
// second. A turn serves the second lane, then the time, then the first, so that a flood of heartbeats keeps neither a catch-up,
// nor a shutdown, nor the detection of silence from happening.

package struct ChannelInbox: Sendable {
    package static let firstLaneCapacity = 1024
    package static let secondLaneCapacity = 128
    /// Messages of the first lane in one turn. Whoever has more waits for the next, behind the second lane and the time.
    package static let firstLaneTurn = 64

    package struct Item: Equatable, Sendable {
        package let message: ChannelMessage
        package let sender: NodeID
    }

    private var first = Lane(capacity: Self.firstLaneCapacity)
    private var second = Lane(capacity: Self.secondLaneCapacity)

    package init() {}

    package var isEmpty: Bool { self.first.isEmpty && self.second.isEmpty }
    package var count: Int { self.first.count + self.second.count }

    /// - Returns: false when the lane is full; the message is still the caller's.
    package mutating func offer(_ message: ChannelMessage, from sender: NodeID) -> Bool {
        let item = Item(message: message, sender: sender)
        switch message.body {
        case .heartbeat, .syncRequest, .stored: return self.first.offer(item)
        case .syncResponse, .nack, .voteRequest, .voteReply: return self.second.offer(item)
        }
    }

    package mutating func takeSecond() -> Item? { self.second.take() }
    package mutating func takeFirst() -> Item? { self.first.take() }

    package mutating func removeAll() { self = ChannelInbox() }

    private struct Lane: Sendable {
        let capacity: Int
        private var items: [Item] = []
        private var taken = 0

        init(capacity: Int) { self.capacity = capacity }

        var count: Int { self.items.count - self.taken }
        var isEmpty: Bool { self.count == 0 }

        mutating func offer(_ item: Item) -> Bool {
            guard self.count < self.capacity else { return false }
            self.items.append(item)
            return true
        }

        mutating func take() -> Item? {
            guard !self.isEmpty else { return nil }
            let item = self.items[self.taken]
            self.taken += 1
            if self.taken == self.items.count || self.taken >= 2 * self.capacity {
                self.items.removeFirst(self.taken)
                self.taken = 0
            }
            return item
        }
    }
}
