// A channel behind its inbox: what arrives from the network is looked at, waits, and is served in turns.

package import Primitives

package struct ChannelMember: Sendable {
    package enum Reception: Equatable, Sendable {
        case queued
        /// The lane is full. The message is given back; whoever reads the connection waits, or drops it.
        case full(ChannelMessage)
        /// Not from the replica set: counted, and nothing else happens.
        case stranger
        /// For another channel: counted, and nothing else happens.
        case foreignChannel
        /// The connection is not to be trusted any more.
        case malformed(MessageError)
        /// Nobody reads any more.
        case stopped
    }

    package private(set) var channel: Channel
    private var inbox = ChannelInbox()

    package init(_ channel: Channel) { self.channel = channel }

    /// Takes a message from the network.
    /// - Parameter sender: who the connection proved to be; nil for nobody.
    package mutating func receive(_ bytes: Bytes, from sender: NodeID?) -> Reception {
        guard let sender, self.channel.options.others.contains(sender) else {
            self.channel.counters.strangers += 1
            return .stranger
        }
        do throws(MessageError) {
            return self.receive(try ChannelMessage(decoding: bytes), from: sender)
        } catch {
            self.channel.counters.malformed += 1
            return .malformed(error)
        }
    }

    /// The same for one that is decoded already.
    package mutating func receive(_ message: ChannelMessage, from sender: NodeID) -> Reception {
        guard self.channel.options.others.contains(sender) else {
            self.channel.counters.strangers += 1
            return .stranger
        }
        guard message.channel == self.channel.options.channel else {
            self.channel.counters.foreignChannels += 1
            return .foreignChannel
        }
        guard !self.channel.isStopped || self.channel.answersAfterStop else { return .stopped }
        guard self.inbox.offer(message, from: sender) else {
            self.channel.counters.laneOverflows += 1
            return .full(message)
        }
        return .queued
    }

    /// Whether `turn` has something to do.
    package var hasWork: Bool { !self.inbox.isEmpty }

    /// When the next turn should be at the latest, if nothing arrives.
    package var deadline: Microseconds? { self.channel.deadline }

    /// One turn: what waits in the second lane, the time, and some of the first lane.
    package mutating func turn(_ time: ChannelTime) -> [ChannelAction] {
        var actions: [ChannelAction] = []
        var left = self.inbox.count
        while left > 0, let item = self.inbox.takeSecond() {
            left -= 1
            actions += self.channel.step(.received(item.message, from: item.sender), at: time)
        }
        if let deadline = self.channel.deadline, time.now >= deadline {
            actions += self.channel.step(.ticked, at: time)
        }
        for _ in 0..<ChannelInbox.firstLaneTurn {
            guard let item = self.inbox.takeFirst() else { break }
            actions += self.channel.step(.received(item.message, from: item.sender), at: time)
        }
        return actions
    }

    /// An event that does not come from the network; it does not wait behind anything. Closing is one.
    package mutating func handle(_ event: ChannelEvent, at time: ChannelTime) -> [ChannelAction] {
        let actions = self.channel.step(event, at: time)
        if self.channel.isClosing, !self.channel.answersAfterStop { self.inbox.removeAll() }
        return actions
    }
}
