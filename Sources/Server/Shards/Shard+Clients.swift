import NIOCore
import NIOPosix
import Primitives
import RESP
import Sockets
import Synchronization

extension Shard {
    /// A client that sends much is read in large pieces: what it sent at once is carried out, and answered, at once. SwiftNIO's own
    /// bound of 64 KiB cut a pipeline of sixty-four 1 KiB values in two. One piece per turn, so that others come between.
    private static let reading = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 2048, maximum: 256 << 10)

    /// Takes over a connection that was accepted elsewhere. On any thread.
    func adopt(client socket: Socket) {
        let node = self.node
        let number = node.newClientNumber()
        node.totalConnections.wrappingAdd(1, ordering: .relaxed)
        guard node.connectedClients.load(ordering: .relaxed) < node.settings.withLock({ $0.maxClients }) else {
            node.rejectedConnections.wrappingAdd(1, ordering: .relaxed)
            _ = socket.write(Bytes("-ERR max number of clients reached\r\n"))
            return socket.close()
        }
        // A failure needs no answer: the descriptor is SwiftNIO's from here, and closed by it.
        _ = ClientBootstrap(group: self.loop)
            .channelOption(.recvAllocator, value: Self.reading)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ClientConnection(shard: self, number: number, socket: socket)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .withConnectedSocket(socket.descriptor)
    }
}
