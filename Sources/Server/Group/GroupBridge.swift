// Two connections of one loop, tied together: what one brings the other takes away. Neither reads faster than the other writes.

import NIOCore

final class GroupBridge: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var other: GroupBridge?
    private var context: ChannelHandlerContext?
    /// A read was wanted while the other side could not write.
    private var isReadWaiting = false

    private init() {}

    /// The two ends.
    static func pair() -> (GroupBridge, GroupBridge) {
        let (one, two) = (GroupBridge(), GroupBridge())
        one.other = two
        two.other = one
        return (one, two)
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.other = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let there = self.other?.context else { return }
        there.write(NIOAny(self.unwrapInboundIn(data)), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.other?.context?.flush()
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.other?.context?.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { self.other?.readOn() }
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        guard self.other?.context?.channel.isWritable ?? false else {
            self.isReadWaiting = true
            return
        }
        context.read()
    }

    private func readOn() {
        guard self.isReadWaiting else { return }
        self.isReadWaiting = false
        self.context?.read()
    }
}
