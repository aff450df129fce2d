// Messages of a channel over TCP: one connection for each pair of members, made by the one with the lower number and kept up.
// Both ends prove that they know the secret (`MemberHandshake`) before the first message. Nothing is encrypted: on a network
// that is not trusted, run it inside of TLS or a tunnel.

public import ChannelHost
internal import Channels
internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Where another member listens.
public struct ChannelPeer: Sendable {
    public var node: UInt16
    public var host: String
    public var port: Int

    public init(node: UInt16, host: String, port: Int) {
        self.node = node
        self.host = host
        self.port = port
    }
}

/// A transport over TCP. Close it when its channel is closed.
public actor ChannelNetwork: ChannelTransport {
    /// What happened since it began to listen.
    public struct Counters: Sendable {
        public var connections: UInt64 = 0
        /// Connections that ended before the other end proved itself.
        public var refused: UInt64 = 0
        /// Connections that ended because what came made no sense.
        public var malformed: UInt64 = 0
        /// Messages that found no connection, or one that was full.
        public var dropped: UInt64 = 0
    }

    private struct Connection {
        let number: UInt64
        let outbox: AsyncStream<[UInt8]>.Continuation
        var waitingBytes = 0
    }

    typealias Stream = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Bytes that may wait for a member who does not read. Above, messages to it are dropped; the largest one always fits.
    static let mostWaitingBytes = MessageLayout.largestMessage + (4 << 20)
    /// Connections whose other end has not proved itself yet; more are closed at once.
    static let mostUnproved = 64
    static let firstRetry = Duration.milliseconds(50)
    static let longestRetry = Duration.seconds(2)
    static let measureInterval = Duration.seconds(1)

    private let node: NodeID
    private let members: [NodeID]
    private let secret: [UInt8]
    private let server: NIOAsyncChannel<Stream, Never>
    /// Where it listens.
    public nonisolated let port: Int

    /// The channel holds its transport, and not the other way round.
    private weak var channel: ReplicatedChannel?
    private var connections: [NodeID: Connection] = [:]
    private var lastNumber: UInt64 = 0
    private var unproved = 0
    private var tasks: [Task<Void, Never>] = []
    public private(set) var counters = Counters()

    private init(_ node: UInt16, _ members: [UInt16], _ secret: [UInt8], _ server: NIOAsyncChannel<Stream, Never>) {
        self.node = NodeID(node)
        self.members = members.map { NodeID($0) }
        self.secret = secret
        self.server = server
        self.port = server.channel.localAddress?.port ?? 0
    }

    /// Begins to listen.
    /// - Parameters:
    ///   - port: 0 for any that is free.
    ///   - members: all of the channel's; others are refused.
    ///   - secret: the same on every member, at least 16 bytes that nobody can guess.
    public static func listen(
        node: UInt16,
        host: String,
        port: Int,
        members: [UInt16],
        secret: [UInt8]
    ) async throws -> ChannelNetwork {
        guard secret.count >= 16 else { throw ChannelError.configuration("the secret must have at least 16 bytes") }
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try Stream(wrappingChannelSynchronously: channel) }
            }
        return ChannelNetwork(node, members, secret, server)
    }

    /// Carries messages from and to this channel from now on.
    public func join(_ channel: ReplicatedChannel, peers: [ChannelPeer]) {
        self.channel = channel
        let server = self.server
        self.tasks.append(
            Task {
                try? await server.executeThenClose { inbound in
                    try await withThrowingDiscardingTaskGroup { group in
                        for try await stream in inbound { group.addTask { await self.serve(stream, expecting: nil) } }
                    }
                }
            }
        )
        for peer in peers where NodeID(peer.node) > self.node {
            self.tasks.append(Task { await self.keepConnected(to: peer) })
        }
    }

    /// Ends every connection.
    public func close() async {
        for task in self.tasks { task.cancel() }
        for task in self.tasks { await task.value }
        self.tasks = []
        try? await self.server.channel.close()
    }

    public func send(_ message: [UInt8], to node: UInt16) -> Bool {
        guard var connection = self.connections[NodeID(node)],
            connection.waitingBytes + message.count <= Self.mostWaitingBytes
        else {
            self.counters.dropped += 1
            return false
        }
        connection.waitingBytes += message.count
        connection.outbox.yield(message)
        self.connections[NodeID(node)] = connection
        return true
    }

    // MARK: Connections

    private func keepConnected(to peer: ChannelPeer) async {
        var wait = Self.firstRetry
        while !Task.isCancelled {
            let before = self.counters.connections
            let stream = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(2))
                .channelOption(.socketOption(.tcp_nodelay), value: 1)
                .connect(host: peer.host, port: peer.port) { channel in
                    channel.eventLoop.makeCompletedFuture { try Stream(wrappingChannelSynchronously: channel) }
                }
            if let stream { await self.serve(stream, expecting: NodeID(peer.node)) }
            wait = self.counters.connections > before ? Self.firstRetry : min(wait * 2, Self.longestRetry)
            try? await Task.sleep(for: wait)
        }
    }

    /// - Parameter expecting: who must be at the other end of a connection that this node made.
    private func serve(_ stream: Stream, expecting: NodeID?) async {
        guard self.unproved < Self.mostUnproved else {
            self.counters.refused += 1
            try? await stream.executeThenClose { _, _ in }
            return
        }
        self.unproved += 1
        try? await stream.executeThenClose { inbound, outbound in
            var iterator = inbound.makeAsyncIterator()
            let limit = stream.channel.eventLoop.scheduleTask(in: .seconds(Int64(MemberHandshake.timeoutSeconds))) {
                stream.channel.close(promise: nil)
            }
            let proved = try? await self.shakeHands(&iterator, outbound, expecting: expecting)
            limit.cancel()
            self.unproved -= 1
            guard let proved else {
                self.counters.refused += 1
                return
            }
            await self.exchange(proved.node, proved.rest, &iterator, outbound, stream.channel)
        }
    }

    private func shakeHands(
        _ inbound: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        expecting: NodeID?
    ) async throws -> (node: NodeID, rest: [UInt8])? {
        var generator = SystemRandomNumberGenerator()
        var handshake = MemberHandshake(
            secret: self.secret,
            node: self.node,
            members: self.members,
            nonce: MemberSecret.nonce(using: &generator),
            side: expecting == nil ? .acceptor : .dialer
        )
        try await outbound.write(ByteBuffer(bytes: handshake.opening))
        while let buffer = try await inbound.next(isolation: self) {
            switch buffer.withUnsafeReadableBytes({ handshake.received($0) }) {
            case .goOn(let send): if !send.isEmpty { try await outbound.write(ByteBuffer(bytes: send)) }
            case .failed: return nil
            case .proved(let node, let send, let rest):
                if !send.isEmpty { try await outbound.write(ByteBuffer(bytes: send)) }
                guard expecting == nil || expecting == node else { return nil }
                return (node, rest)
            }
        }
        return nil
    }

    /// Carries messages both ways until the connection ends. An older connection with the same member is closed.
    private func exchange(
        _ node: NodeID,
        _ rest: [UInt8],
        _ inbound: inout NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        _ socket: any NIOCore.Channel
    ) async {
        let (messages, outbox) = AsyncStream.makeStream(of: [UInt8].self)
        self.lastNumber += 1
        let number = self.lastNumber
        self.connections[node]?.outbox.finish()
        self.connections[node] = Connection(number: number, outbox: outbox)
        self.counters.connections += 1
        let writer = Task {
            for await message in messages {
                var buffer = ByteBuffer()
                buffer.writeInteger(UInt32(message.count), endianness: .little)
                buffer.writeBytes(message)
                guard (try? await outbound.write(buffer)) != nil else { break }
                self.written(message.count, to: node, number)
            }
            // Whatever ended, the other direction ends with it.
            socket.close(promise: nil)
        }
        let measurer = Task { await self.measure(node, socket) }
        var framer = MessageFramer()
        if await self.deliver(rest, &framer, from: node) {
            while let buffer = try? await inbound.next(isolation: self) {
                guard await self.deliver(Array(buffer.readableBytesView), &framer, from: node) else { break }
            }
        }
        measurer.cancel()
        writer.cancel()
        outbox.finish()
        if self.connections[node]?.number == number { self.connections[node] = nil }
    }

    private func written(_ bytes: Int, to node: NodeID, _ number: UInt64) {
        guard self.connections[node]?.number == number else { return }
        self.connections[node]?.waitingBytes -= bytes
    }

    /// - Returns: false when the connection is to be closed.
    private func deliver(_ bytes: [UInt8], _ framer: inout MessageFramer, from node: NodeID) async -> Bool {
        var messages: [[UInt8]] = []
        let isWhole = bytes.withUnsafeBytes { bytes in
            do throws(MessageError) {
                try framer.received(bytes) { messages.append(Array($0)) }
                return true
            } catch {
                return false
            }
        }
        for message in messages {
            guard let channel = self.channel else { return false }
            guard await channel.receive(message, from: node.number) else {
                self.counters.malformed += 1
                return false
            }
        }
        if !isWhole { self.counters.malformed += 1 }
        return isWhole
    }

    /// Tells the channel how far the other member is, as the kernel knows it.
    private func measure(_ node: NodeID, _ socket: any NIOCore.Channel) async {
        guard let provider = socket as? any SocketOptionProvider else { return }
        while !Task.isCancelled, let info = try? await provider.getTCPInfo().get() {
            await self.channel?.measured(.microseconds(Int(info.tcpi_rtt)), to: node.number)
            try? await Task.sleep(for: Self.measureInterval)
        }
    }
}
