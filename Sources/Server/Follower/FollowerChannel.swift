import NIOCore

/// Carries bytes between the stream's connection and its follower, which may have given the connection up already.
final class FollowerChannel: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let follower: ShardFollower
    private let attempt: Int

    init(_ follower: ShardFollower, attempt: Int) {
        self.follower = follower
        self.attempt = attempt
    }

    private var isCurrent: Bool { self.follower.attempt == self.attempt }

    func channelActive(context: ChannelHandlerContext) {
        guard self.isCurrent else { return context.close(promise: nil) }
        self.follower.connected(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if self.isCurrent { self.follower.received(self.unwrapInboundIn(data)) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.isCurrent { self.follower.readCompleted() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if self.isCurrent { self.follower.ended(.closed) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if self.isCurrent { self.follower.ended(.broken("\(error)")) }
        context.close(promise: nil)
    }
}
