// One question on a primary's client port: connect, ask, read the answer, close.

import NIOCore
import NIOPosix
import Primitives

final class PrimaryQuestion<Answer: Sendable>: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let question: String
    /// Reads the answer from the front of what has come; nil when more is to come.
    private let read: (Bytes) throws -> Answer?
    private let promise: EventLoopPromise<Answer>
    private var received = ByteBuffer()
    private var isAnswered = false

    private init(_ question: String, _ promise: EventLoopPromise<Answer>, _ read: @escaping (Bytes) throws -> Answer?) {
        self.question = question
        self.promise = promise
        self.read = read
    }

    /// Asks. Used on the loop, and answered there.
    static func ask(
        _ question: String,
        of primary: PrimaryAddress,
        on loop: any EventLoop,
        timeout: TimeAmount,
        _ read: @escaping (Bytes) throws -> Answer?
    ) -> EventLoopFuture<Answer> {
        let promise = loop.makePromise(of: Answer.self)
        let handler = PrimaryQuestion(question, promise, read)
        let deadline = loop.scheduleTask(in: timeout) { handler.fail(PrimaryUnreachable.timedOut) }
        promise.futureResult.whenComplete { _ in deadline.cancel() }
        ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler) }
            }
            .connect(host: primary.host, port: Int(primary.port))
            .whenFailure { handler.fail($0) }
        return promise.futureResult
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: self.question)), promise: nil)
        let (channel, loop) = (context.channel, context.eventLoop)
        self.promise.futureResult.whenComplete { _ in loop.execute { channel.close(promise: nil) } }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = self.unwrapInboundIn(data)
        self.received.writeBuffer(&buffer)
        guard !self.isAnswered else { return }
        do {
            guard let answer = try self.received.withUnsafeReadableBytes({ try self.read($0) }) else { return }
            self.isAnswered = true
            self.promise.succeed(answer)
        } catch {
            self.fail(error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { self.fail(PrimaryUnreachable.closed) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(error)
        context.close(promise: nil)
    }

    private func fail(_ error: any Error) {
        guard !self.isAnswered else { return }
        self.isAnswered = true
        self.promise.fail(error)
    }
}

/// Why there is no answer.
enum PrimaryUnreachable: Error, CustomStringConvertible {
    case timedOut
    case closed

    var description: String {
        switch self {
        case .timedOut: "the primary does not answer in time"
        case .closed: "the primary closed the connection"
        }
    }
}
