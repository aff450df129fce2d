// TLS ends here, so that everything else of the harness speaks plain TCP to the loopback whatever the server wants: one
// listener, and for each connection to it one to the server, encrypted. What is read at one end is written at the other, and
// an end whose partner cannot be written is not read. All of it runs on one thread of the harness's own, whose time shows in
// the generator's share.

import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

final class TLSForwarder {
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let failures: ForwardFailures
    /// Where the plain side listens, on the loopback.
    let port: UInt16

    /// - Throws: `usage` when a certificate cannot be used, `targetUnavailable` when nothing can be listened on.
    init(host: String, port: UInt16, _ tls: Access.TLS) throws(HarnessError) {
        let context = try Self.context(tls)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let failures = ForwardFailures()
        // A name to be checked; an address is checked against the certificate's own addresses.
        let name = (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
        do {
            self.listener = try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 4096)
                .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { plain in
                    Self.join(plain, to: host, Int(port), context, name, failures)
                }
                .bind(host: TargetLauncher.host, port: 0)
                .wait()
        } catch {
            try? group.syncShutdownGracefully()
            throw HarnessError(.targetUnavailable, "the TLS forwarder cannot listen: \(error)")
        }
        self.group = group
        self.failures = failures
        self.port = UInt16(clamping: self.listener.localAddress?.port ?? 0)
    }

    /// Why the first connection that failed did.
    var failure: String? { self.failures.first }

    /// Closes every connection and ends the thread.
    func stop() {
        try? self.listener.close().wait()
        try? self.group.syncShutdownGracefully()
    }

    private static func context(_ tls: Access.TLS) throws(HarnessError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        do {
            if let file = tls.authorities { configuration.trustRoots = .file(file) }
            if let file = tls.certificate {
                configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(file).map { .certificate($0) }
            }
            if let file = tls.key {
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: file, format: .pem))
            }
            configuration.certificateVerification = tls.isInsecure ? .none : .fullVerification
            return try NIOSSLContext(configuration: configuration)
        } catch {
            let files = [tls.authorities, tls.certificate, tls.key].compactMap(\.self).joined(separator: ", ")
            throw HarnessError(.usage, "TLS cannot be set up with the files given (\(files)): \(error)")
        }
    }

    /// Connects to the server on the loop of a connection that was accepted, and ties the two together.
    private static func join(
        _ plain: any Channel,
        to host: String,
        _ port: Int,
        _ context: NIOSSLContext,
        _ name: String?,
        _ failures: ForwardFailures
    ) -> EventLoopFuture<Void> {
        let connected = ClientBootstrap(group: plain.eventLoop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { secure in
                secure.eventLoop.makeCompletedFuture {
                    try secure.pipeline.syncOperations.addHandlers([
                        try NIOSSLClientHandler(context: context, serverHostname: name),
                        ForwardEnd(failures),
                    ])
                }
            }
            .connect(host: host, port: port)
        return connected.flatMapThrowing { secure in
            // Both channels live on this loop, so that the two ends may hold each other.
            let far = try secure.pipeline.syncOperations.handler(type: ForwardEnd.self)
            let near = ForwardEnd(failures)
            (near.partner, far.partner) = (far, near)
            try plain.pipeline.syncOperations.addHandler(near)
        }
        .flatMapErrorThrowing { error in
            failures.note(error)
            throw error
        }
    }
}

/// What went wrong first, from the loop's thread to any other.
private final class ForwardFailures: Sendable {
    private let text = Mutex<String?>(nil)

    var first: String? { self.text.withLock { $0 } }
    func note(_ error: any Error) { self.text.withLock { $0 = $0 ?? "\(error)" } }
}

/// One end of a pair of channels.
private final class ForwardEnd: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let failures: ForwardFailures
    var partner: ForwardEnd?
    private var context: ChannelHandlerContext?
    /// A read waits until the partner can be written.
    private var isReadDue = false

    init(_ failures: ForwardFailures) { self.failures = failures }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    private var isWritable: Bool { self.context?.channel.isWritable ?? true }

    func read(context: ChannelHandlerContext) {
        if self.partner?.isWritable ?? true { context.read() } else { self.isReadDue = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.partner?.context?.write(data, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.partner?.context?.flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable, let partner = self.partner, partner.isReadDue {
            partner.isReadDue = false
            partner.context?.read()
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.leave()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Servers close without the farewell of TLS, and load generators by reset: both end a connection, no more.
        if !(error is IOError), (error as? NIOSSLError) != .uncleanShutdown { self.failures.note(error) }
        context.close(promise: nil)
    }

    private func leave() {
        let partner = self.partner
        self.partner = nil
        partner?.partner = nil
        partner?.context?.close(promise: nil)
    }
}
