// The connections of a node to the other members of its group: one each, dialed by the lower id, on a thread of their own, so
// that neither a busy shard nor a flood of messages keeps the other from its work.

import Channels
import Logging
import NIOCore
import NIOPosix
import Primitives
import Sockets
import Synchronization

final class GroupTransport: Sendable {
    struct Counters: Sendable {
        /// Connections of those who could not prove that they are members.
        var strangers: UInt64 = 0
        var malformed: UInt64 = 0
        /// Messages for channels that this node does not have.
        var foreignChannels: UInt64 = 0
        /// Members that are set up otherwise than this node.
        var mismatches: UInt64 = 0
        var connects: UInt64 = 0
    }

    let options: GroupOptions
    let node: NodeID
    let secret: MemberSecret
    let peers: [NodeID: GroupPeer]
    let counters = Mutex(Counters())
    private let facts: GroupHello.Facts
    /// Where this node's own replication ports are reached from here.
    let replicationHost: String
    private let logger: Logger
    /// nil where members talk in the clear.
    private let tls: GroupTLS?
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let mailboxes: [ChannelID: GroupMailbox]
    private let ordered: [GroupMailbox]
    private let backoffs: Mutex<[NodeID: Backoff]>
    private let accepted = Atomic<Int>(0)
    private let lastNumber = Atomic<UInt64>(0)
    private let isStopped = Atomic<Bool>(false)
    private let listener = Mutex<(any NIOCore.Channel)?>(nil)

    /// Connections that have not proved anything yet.
    private static let mostStrangers = 64
    private static let shortestBackoff: Milliseconds = 50
    private static let longestBackoff: Milliseconds = 1000

    /// How long until it is tried again to reach a member: doubling, with jitter.
    private struct Backoff {
        var ceiling = GroupTransport.shortestBackoff

        mutating func next() -> Milliseconds {
            let wait = Milliseconds.random(in: (self.ceiling / 2)...self.ceiling)
            self.ceiling = min(self.ceiling * 2, GroupTransport.longestBackoff)
            return wait
        }
    }

    /// - Parameter mailboxes: of the shards, in their order.
    init(
        _ options: GroupOptions,
        node: NodeID,
        secret: MemberSecret,
        facts: GroupHello.Facts,
        replicationHost: String,
        tls: GroupTLS?,
        mailboxes: [GroupMailbox],
        logger: Logger
    ) {
        self.options = options
        self.node = node
        self.secret = secret
        self.facts = facts
        self.replicationHost = replicationHost
        self.tls = tls
        self.logger = logger
        self.ordered = mailboxes
        let others = options.members.filter { $0.node != node }
        self.peers = Dictionary(uniqueKeysWithValues: others.map { ($0.node, GroupPeer($0)) })
        self.backoffs = Mutex(Dictionary(uniqueKeysWithValues: others.map { ($0.node, Backoff()) }))
        let named = mailboxes.enumerated().map { (GroupOptions.channelID(ofShard: $0.offset), $0.element) }
        self.mailboxes = Dictionary(uniqueKeysWithValues: named)
    }

    /// Between two pings.
    var interval: TimeAmount { .milliseconds(self.options.heartbeat) }
    /// Nanoseconds after which a mute connection is given up: later than a leader counts as silent, and early enough for the
    /// next one to be there when the way is free again.
    var longestSilence: UInt64 { UInt64(max(1000, 4 * self.options.heartbeat)) * 1_000_000 }

    // MARK: Beginning and end

    /// Listens, and begins to dial.
    func start() throws(ServerError) {
        guard let own = self.options.ownMember else { preconditionFailure("a node is a member of its own group") }
        do {
            let listener = try ServerBootstrap(group: self.group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .unpacedWithin(machine: own.host)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { [self] channel in self.prepare(channel, dialing: nil) }
                .bind(host: own.host, port: Int(own.port)).wait()
            self.listener.withLock { $0 = listener }
        } catch {
            throw ServerError(
                .cannotListen,
                "cannot listen for the group at \(own): choose another port in --group",
                underlying: error
            )
        }
        for peer in self.peers.values where self.node < peer.member.node { self.dial(peer) }
    }

    private func prepare(
        _ channel: any NIOCore.Channel,
        dialing peer: GroupPeer?,
        for fetch: NIOLoopBound<GroupFetch>? = nil
    ) -> EventLoopFuture<Void> {
        if peer == nil, self.accepted.load(ordering: .relaxed) >= Self.mostStrangers + self.peers.count {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        if peer == nil { self.accepted.wrappingAdd(1, ordering: .relaxed) }
        let number = self.lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
        return channel.eventLoop.makeCompletedFuture {
            if let handler = try self.tls?.handler(isDialing: peer != nil) {
                try channel.pipeline.syncOperations.addHandler(handler)
            }
            let errand = fetch.map { GroupConnection.Errand.copy($0.value) } ?? .messages
            let handler = GroupConnection(self, dialing: peer, for: errand, number: number)
            try channel.pipeline.syncOperations.addHandler(handler)
        }
    }

    private func connect(
        to peer: GroupPeer,
        on loops: any EventLoopGroup,
        for fetch: NIOLoopBound<GroupFetch>? = nil
    ) -> EventLoopFuture<Void> {
        ClientBootstrap(group: loops)
            .connectTimeout(.milliseconds(max(1000, 2 * self.options.heartbeat)))
            .unpacedWithin(machine: peer.member.host)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [self] channel in self.prepare(channel, dialing: peer, for: fetch) }
            .connect(host: peer.member.host, port: Int(peer.member.port))
            .map { _ in }
    }

    private func dial(_ peer: GroupPeer) {
        guard !self.isStopped.load(ordering: .relaxed) else { return }
        self.connect(to: peer, on: self.group).whenFailure { [self] _ in self.dialLater(peer) }
    }

    /// Connects to a member, to copy a shard's data from it; `fetch` gets the connection once both have proved who they are, and
    /// hears of its end.
    func copy(_ fetch: NIOLoopBound<GroupFetch>, from peer: GroupPeer, on loop: any EventLoop) -> EventLoopFuture<Void>
    {
        self.connect(to: peer, on: loop, for: fetch)
    }

    /// nil for a shard that this node does not have.
    func replicationPort(ofShard shard: UInt16) -> UInt16? {
        shard < self.facts.shards ? self.facts.replicationPort + shard : nil
    }

    private func dialLater(_ peer: GroupPeer) {
        guard !self.isStopped.load(ordering: .relaxed) else { return }
        let wait = self.backoffs.withLock { $0[peer.member.node, default: Backoff()].next() }
        self.group.any().scheduleTask(in: .milliseconds(wait)) { self.dial(peer) }
    }

    /// Ends all connections. Returns once nothing runs any more.
    func stop() {
        self.isStopped.store(true, ordering: .relaxed)
        self.listener.withLock { $0?.close(promise: nil) }
        for peer in self.peers.values { peer.state.withLock { $0.connection }?.channel.close(promise: nil) }
        // Never fails for a group that runs.
        try? self.group.syncShutdownGracefully()
    }

    // MARK: What connections ask

    func hello(to node: NodeID, for purpose: GroupHello.Purpose = .messages) -> GroupHello {
        var generator = SystemRandomNumberGenerator()
        let nonce = MemberSecret.nonce(using: &generator)
        return GroupHello(from: self.node, to: node, nonce: nonce, facts: self.facts, purpose: purpose)
    }

    /// Whether somebody who says hello is a member that dials this node.
    func mayDial(_ hello: GroupHello) -> Bool {
        // For messages the lower id dials; whoever needs a copy does.
        let isDialer = hello.purpose == .messages ? hello.from < self.node : hello.from != self.node
        return hello.to == self.node && isDialer && self.peers[hello.from] != nil
    }

    /// Whether a member is set up so that both can be in one group.
    func agrees(with hello: GroupHello) -> Bool {
        guard hello.facts.shards == self.facts.shards, hello.facts.election == self.facts.election else {
            self.counters.withLock { $0.mismatches += 1 }
            self.logger.error(
                "a member of the group has another --shards or --election: it must be the same at all of them",
                metadata: ["member": "\(hello.from)"]
            )
            return false
        }
        return true
    }

    func opened(_ handle: GroupConnection.Handle, _ peer: GroupPeer, _ facts: GroupHello.Facts) {
        let older = peer.state.withLock { state in
            defer {
                state.connection = handle
                state.facts = facts
                state.connects += 1
            }
            return state.connection
        }
        older?.channel.close(promise: nil)
        self.counters.withLock { $0.connects += 1 }
        self.backoffs.withLock { $0[peer.member.node] = Backoff() }
        self.logger.info("connected to a member of the group", metadata: ["member": "\(peer.member)"])
    }

    func closed(_ number: UInt64, _ peer: GroupPeer) {
        let wasIt = peer.state.withLock { state in
            guard state.connection?.number == number else { return false }
            state.connection = nil
            return true
        }
        if wasIt { self.logger.info("lost a member of the group", metadata: ["member": "\(peer.member)"]) }
    }

    func ended(dialed peer: GroupPeer?) {
        if let peer { self.dialLater(peer) } else { self.accepted.wrappingSubtract(1, ordering: .relaxed) }
    }

    // MARK: Messages

    func received(_ bytes: Bytes, from peer: GroupPeer, _ connection: GroupConnection) {
        if GroupSignal.isOne(bytes) {
            guard let signal = GroupSignal(bytes) else { return connection.refuse(\.malformed) }
            return self.received(signal, from: peer, connection)
        }
        do throws(MessageError) {
            let message = try ChannelMessage(decoding: bytes)
            guard let mailbox = self.mailboxes[message.channel] else {
                return self.counters.withLock { $0.foreignChannels += 1 }
            }
            mailbox.post(.message(message, from: peer.member.node))
        } catch {
            connection.refuse(\.malformed)
        }
    }

    private func received(_ signal: GroupSignal, from peer: GroupPeer, _ connection: GroupConnection) {
        let node = peer.member.node
        switch signal {
        case .ping(let time): connection.write(GroupSignal.pong(time).framed)
        case .pong(let time):
            let now = Clocks.monotonicNanoseconds
            guard time <= now else { return connection.refuse(\.malformed) }
            let roundTrip = Microseconds((now - time) / 1000)
            peer.state.withLock { $0.roundTrip = roundTrip }
            for mailbox in self.ordered { mailbox.post(.roundTrip(roundTrip, to: node)) }
        case .confirm(let shard, let term, let number):
            guard Int(shard) < self.ordered.count else { return }
            self.ordered[Int(shard)].post(.confirm(term: term, number: number, from: node))
        case .confirmed(let shard, let term, let number):
            guard Int(shard) < self.ordered.count else { return }
            self.ordered[Int(shard)].post(.confirmed(term: term, number: number, from: node))
        }
    }

    /// Sends a message with its length before it.
    /// - Returns: whether it is on its way; it may still be lost.
    func send(_ framed: [UInt8], to node: NodeID) -> Bool { self.peers[node]?.send(framed) ?? false }
}
