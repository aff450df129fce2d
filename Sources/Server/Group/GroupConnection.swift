// One connection between two members: the handshake, then messages. On the group's own thread.

import Channels
import NIOCore
import Primitives
import Sockets
import Synchronization

final class GroupConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// A connection whose other side has proved who it is.
    struct Handle: Sendable {
        let channel: any NIOCore.Channel
        let number: UInt64
    }

    private enum Stage {
        /// The dialer has said hello, and waits for the other hello with its proof.
        case dialed(hello: [UInt8])
        case accepted
        /// The acceptor has answered, and waits for the proof.
        case answered(dialer: GroupHello, bytes: [UInt8], own: [UInt8])
        case open(GroupPeer)
        case closed
    }

    private let transport: GroupTransport
    /// Whom it dials; nil on the accepting side.
    private let dialed: GroupPeer?
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

    init(_ transport: GroupTransport, dialing peer: GroupPeer?, number: UInt64) {
        self.transport = transport
        self.dialed = peer
        self.number = number
        self.stage = .accepted
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.handshakeTime) { bound.value.expire() }
        guard let peer = self.dialed else { return }
        let hello = self.transport.hello(to: peer.member.node).encoded
        self.stage = .dialed(hello: hello)
        self.write(hello)
    }

    private func expire() {
        if case .open = self.stage { return }
        self.close()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = self.unwrapInboundIn(data)
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
            if case .open(let peer) = self.stage { self.received(Bytes(rebasing: bytes[used...]), from: peer) }
            return bytes.count
        }
    }

    /// Of the next part of the handshake, each of which has its length; nil when there is none.
    private var expectedBytes: Int? {
        switch self.stage {
        case .dialed: GroupHello.bytes + GroupSecret.proofBytes
        case .accepted: GroupHello.bytes
        case .answered: GroupSecret.proofBytes
        case .open, .closed: nil
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
        case .open, .closed: break
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
        self.stage = .open(peer)
        self.transport.opened(Handle(channel: context.channel, number: self.number), peer, hello.facts)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        self.timer = context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: self.transport.interval) { _ in
            bound.value.tick()
        }
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
        self.stage = .closed
        self.context = nil
        self.transport.ended(dialed: self.dialed)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
