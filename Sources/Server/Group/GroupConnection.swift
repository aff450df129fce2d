// One connection between two members: the handshake, then messages, on the group's own thread; or a copy of a shard's data, which
// goes between that shard and the other member's replication port, inside of what protects the members' own words.

import Channels
import NIOCore
import NIOPosix
import Primitives
import Sockets
import Synchronization

final class GroupConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A connection whose other side has proved who it is.
    struct Handle: Sendable {
        let channel: any NIOCore.Channel
        let number: UInt64
    }

    /// What it is dialed for.
    enum Errand {
        case messages
        case copy(GroupFetch)
    }

    private enum Stage {
        /// The dialer has said hello, and waits for the other hello with its proof.
        case dialed(hello: [UInt8])
        case accepted
        /// The acceptor has answered, and waits for the proof.
        case answered(dialer: GroupHello, bytes: [UInt8], own: [UInt8])
        case open(GroupPeer)
        /// The way to the own replication port is being made; what has come for it waits.
        case bridging([ByteBuffer])
        /// Somebody behind this handler reads.
        case copying
        case closed
    }

    private let transport: GroupTransport
    /// Whom it dials; nil on the accepting side.
    private let dialed: GroupPeer?
    private let errand: Errand
    let number: UInt64
    private var stage: Stage
    private var framer = MessageFramer()
    /// What has come of the next part of the handshake.
    private var part: [UInt8] = []
    private var context: ChannelHandlerContext?
    private var heardAt = Clocks.monotonicNanoseconds
    private var timer: RepeatedTask?

    /// For the whole handshake.
    private static let handshakeTime = TimeAmount.seconds(5)

    init(_ transport: GroupTransport, dialing peer: GroupPeer?, for errand: Errand = .messages, number: UInt64) {
        self.transport = transport
        self.dialed = peer
        self.errand = errand
        self.number = number
        self.stage = .accepted
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.handshakeTime) { bound.value.expire() }
        guard let peer = self.dialed else { return }
        let purpose: GroupHello.Purpose =
            switch self.errand {
            case .messages: .messages
            case .copy(let fetch): .copy(shard: UInt16(fetch.shardIndex))
            }
        let hello = self.transport.hello(to: peer.member.node, for: purpose).encoded
        self.stage = .dialed(hello: hello)
        self.write(hello)
    }

    private func expire() {
        switch self.stage {
        case .open, .copying, .closed: return
        case .dialed, .accepted, .answered, .bridging: self.close()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = self.unwrapInboundIn(data)
        switch self.stage {
        case .copying: return context.fireChannelRead(data)
        case .bridging(let waiting):
            self.stage = .bridging(waiting + [buffer])
            return
        case .dialed, .accepted, .answered, .open, .closed: break
        }
        self.heardAt = Clocks.monotonicNanoseconds
        buffer.readWithUnsafeReadableBytes { bytes in
            var used = 0
            while used < bytes.count, let expected = self.expectedBytes {
                let part = bytes[used..<min(bytes.count, used + expected - self.part.count)]
                self.part += part
                used += part.count
                guard self.part.count == expected else { break }
                let whole = self.part
                self.part = []
                whole.withUnsafeBytes { self.received($0) }
            }
            if case .open(let peer) = self.stage {
                self.received(Bytes(rebasing: bytes[used...]), from: peer)
                used = bytes.count
            }
            return used
        }
        if case .bridging(let waiting) = self.stage, buffer.readableBytes > 0 {
            self.stage = .bridging(waiting + [buffer])
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .copying = self.stage { context.fireChannelReadComplete() }
    }

    /// Of the next part of the handshake, each of which has its length; nil when there is none.
    private var expectedBytes: Int? {
        switch self.stage {
        case .dialed: GroupHello.bytes + MemberSecret.proofBytes
        case .accepted: GroupHello.bytes
        case .answered: MemberSecret.proofBytes
        case .open, .bridging, .copying, .closed: nil
        }
    }

    private func received(_ bytes: Bytes, from peer: GroupPeer) {
        do throws(MessageError) {
            try self.framer.received(bytes) { message in
                if case .open = self.stage { self.transport.received(message, from: peer, self) }
            }
        } catch {
            self.refuse(\.malformed)
        }
    }

    /// A part of the handshake.
    private func received(_ bytes: Bytes) {
        switch self.stage {
        case .dialed(let own): self.answered(bytes, own)
        case .accepted: self.greeted(bytes)
        case .answered(let dialer, let hello, let own):
            guard self.transport.secret.accepts(bytes, of: .dialer, dialer: hello, acceptor: own) else {
                return self.refuse(\.strangers)
            }
            self.open(dialer)
        case .open, .bridging, .copying, .closed: break
        }
    }

    // MARK: Handshake

    private func greeted(_ bytes: Bytes) {
        guard let hello = GroupHello(bytes), self.transport.mayDial(hello) else { return self.refuse(\.strangers) }
        let answer = self.transport.hello(to: hello.from).encoded
        let theirs = Array(bytes)
        let proof = self.transport.secret.proof(of: .acceptor, dialer: theirs, acceptor: answer)
        self.stage = .answered(dialer: hello, bytes: theirs, own: answer)
        self.write(answer + proof)
    }

    private func answered(_ bytes: Bytes, _ own: [UInt8]) {
        guard let peer = self.dialed,
            let hello = GroupHello(Bytes(rebasing: bytes[..<GroupHello.bytes])), hello.from == peer.member.node,
            hello.to == self.transport.node
        else { return self.refuse(\.strangers) }
        let theirs = Array(bytes[..<GroupHello.bytes])
        guard
            self.transport.secret.accepts(
                bytes[GroupHello.bytes...],
                of: .acceptor,
                dialer: own,
                acceptor: theirs
            )
        else { return self.refuse(\.strangers) }
        self.write(self.transport.secret.proof(of: .dialer, dialer: own, acceptor: theirs))
        self.open(hello)
    }

    private func open(_ hello: GroupHello) {
        guard let context = self.context, let peer = self.transport.peers[hello.from] else { return self.close() }
        guard self.transport.agrees(with: hello) else { return self.close() }
        switch (self.dialed, self.errand, hello.purpose) {
        case (nil, _, .copy(let shard)): return self.bridge(shard, context)
        case (.some, .copy(let fetch), _): return self.handOver(to: fetch, context)
        case (nil, _, .messages), (.some, .messages, _): break
        }
        self.stage = .open(peer)
        self.transport.opened(Handle(channel: context.channel, number: self.number), peer, hello.facts)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        self.timer = context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: self.transport.interval) { _ in
            bound.value.tick()
        }
    }

    // MARK: Copies

    /// Who copies goes on by itself from here.
    private func handOver(to fetch: GroupFetch, _ context: ChannelHandlerContext) {
        self.stage = .copying
        do {
            try context.pipeline.syncOperations.addHandler(fetch)
        } catch {
            self.close()
        }
    }

    /// Lets a member that copies talk to this node's replication port.
    private func bridge(_ shard: UInt16, _ context: ChannelHandlerContext) {
        guard let port = self.transport.replicationPort(ofShard: shard) else { return self.refuse(\.malformed) }
        self.stage = .bridging([])
        context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
        let (near, far) = GroupBridge.pair()
        let bound = NIOLoopBound((self, near, far), eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value.2) }
            }
            .connect(host: self.transport.replicationHost, port: Int(port))
            .whenComplete { result in
                switch result {
                case .success(let channel): bound.value.0.bridged(bound.value.1, to: channel)
                case .failure: bound.value.0.close()
                }
            }
    }

    private func bridged(_ near: GroupBridge, to there: any NIOCore.Channel) {
        guard case .bridging(let waiting) = self.stage, let context = self.context, there.isActive else {
            there.close(promise: nil)
            return self.close()
        }
        self.stage = .copying
        do {
            try context.pipeline.syncOperations.addHandler(near)
        } catch {
            there.close(promise: nil)
            return self.close()
        }
        for buffer in waiting { context.fireChannelRead(self.wrapInboundOut(buffer)) }
        context.fireChannelReadComplete()
        context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
    }

    /// Measures the way there and back, and ends a connection on which nothing comes any more.
    private func tick() {
        let now = Clocks.monotonicNanoseconds
        guard now - self.heardAt < self.transport.longestSilence else { return self.close() }
        self.write(GroupSignal.ping(now).framed)
    }

    // MARK: Output and end

    func write(_ bytes: [UInt8]) {
        guard let context = self.context else { return }
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        context.writeAndFlush(self.wrapOutboundOut(buffer), promise: nil)
    }

    /// Ends a connection with somebody who is not to be trusted.
    func refuse(_ counter: WritableKeyPath<GroupTransport.Counters, UInt64>) {
        if case .closed = self.stage { return }
        self.transport.counters.withLock { $0[keyPath: counter] += 1 }
        self.close()
    }

    private func close() {
        if case .open(let peer) = self.stage { self.transport.closed(self.number, peer) }
        self.stage = .closed
        self.context?.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.timer?.cancel()
        if case .open(let peer) = self.stage { self.transport.closed(self.number, peer) }
        if case .copy(let fetch) = self.errand {
            // Whoever copies hears of it below, or never got the connection.
            fetch.fail("the leader did not take the connection, or ended it")
        } else {
            self.transport.ended(dialed: self.dialed)
        }
        let isCopying = if case .copying = self.stage { true } else { false }
        self.stage = .closed
        self.context = nil
        if isCopying { context.fireChannelInactive() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
