import NIOCore
import NIOPosix
import Primitives
import RESP
import Sockets
import Synchronization

extension Shard {
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
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ClientConnection(shard: self, number: number, socket: socket)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .withConnectedSocket(socket.descriptor)
    }
}
