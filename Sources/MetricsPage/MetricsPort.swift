// `GET /metrics`: a small HTTP server on a thread of its own. Every connection gets one answer and is closed.

internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

package final class MetricsPort: Sendable {
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let listener: any Channel

    /// - Parameters:
    ///   - port: 0 takes a free one.
    ///   - text: called for every visit, on the port's thread.
    /// - Throws: what the system says when it cannot listen.
    package init(host: String, port: Int, text: @escaping @Sendable () -> String) throws {
        let visitors = Visitors()
        do {
            self.listener = try ServerBootstrap(group: self.group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try visitors.admit(channel)
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                        try channel.pipeline.syncOperations.addHandler(MetricsVisit(text))
                    }
                }
                .bind(host: host, port: port).wait()
        } catch {
            try? self.group.syncShutdownGracefully()
            throw error
        }
    }

    /// The port that was taken.
    package var port: Int { self.listener.localAddress?.port ?? 0 }

    package func stop() {
        self.listener.close(promise: nil)
        // Never fails for a group that runs.
        try? self.group.syncShutdownGracefully()
    }
}

/// Bounds what strangers can hold open.
private final class Visitors: Sendable {
    private static let most = 64
    private static let patience = TimeAmount.seconds(10)
    private let count = Atomic<Int>(0)

    func admit(_ channel: any Channel) throws {
        guard self.count.load(ordering: .relaxed) < Self.most else { throw ChannelError.operationUnsupported }
        self.count.wrappingAdd(1, ordering: .relaxed)
        channel.closeFuture.whenComplete { _ in self.count.wrappingSubtract(1, ordering: .relaxed) }
        channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
    }
}

private final class MetricsVisit: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let text: @Sendable () -> String
    private var request: HTTPRequestHead?

    init(_ text: @escaping @Sendable () -> String) { self.text = text }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head): self.request = head
        case .body: break
        case .end:
            guard let request = self.request.take() else { return }
            self.answer(request, context)
        }
    }

    private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let path = request.uri.prefix { $0 != "?" }
        let (status, text): (HTTPResponseStatus, String) =
            switch (request.method, path) {
            case (.GET, "/metrics"), (.HEAD, "/metrics"): (.ok, self.text())
            case (.GET, _), (.HEAD, _): (.notFound, "the metrics are at /metrics\n")
            default: (.methodNotAllowed, "only GET and HEAD\n")
            }
        let body = context.channel.allocator.buffer(string: text)
        var head = HTTPResponseHead(version: request.version, status: status)
        head.headers.add(name: "Content-Type", value: PrometheusText.contentType)
        head.headers.add(name: "Content-Length", value: "\(body.readableBytes)")
        head.headers.add(name: "Connection", value: "close")
        context.write(self.wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD { context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(self.wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
