// A node's life: listeners and loops are made in `start`, and taken down in `stop`.

package import Logging
import NIOCore
import NIOPosix
import Primitives
import Probes
import Replication
import Sockets

package final class Server: Sendable {
    private let node: Node
    private let group: MultiThreadedEventLoopGroup
    private let port: LinkPort
    private let portThread: DedicatedThread
    /// The port that clients connect to.
    package let clientPort: UInt16
    /// The ports that replicas connect to, one a shard.
    package let replicationPorts: [UInt16]

    /// Opens the listeners and starts the threads.
    /// - Throws: `ServerError` that says which option to change.
    package init(options: ServerOptions, logger: Logger) throws(ServerError) {
        try Self.check(options)
        JemallocOptions.enableBackgroundThread()
        var generator = SystemRandomNumberGenerator()
        let poller: Poller
        do throws(SocketError) {
            poller = try Poller()
        } catch {
            throw ServerError(.resources, "cannot wait for connections", underlying: error)
        }
        let listeners = try Self.openListeners(options)
        self.clientPort = listeners.client.localPort ?? options.port
        self.replicationPorts = listeners.replication.map { $0.localPort ?? 0 }
        // What `INFO` and `CONFIG GET` tell are the ports that were taken, not the 0 that asked for any.
        var options = options
        options.port = self.clientPort
        options.replicationPort = self.replicationPorts.first
        let runID = History(using: &generator).hex
        let node = Node(options: options, logger: logger, runID: runID, poller: poller)
        self.group = MultiThreadedEventLoopGroup(numberOfThreads: options.shards)
        self.node = node
        let loops = self.group.makeIterator()
        let shards = loops.enumerated().map { index, loop in
            Shard(index: index, node: node, loop: loop, seed: generator.next(), history: History(using: &generator))
        }
        node.setShards(shards)
        for shard in shards { shard.start() }
        var roles = [LinkPort.Listener(socket: listeners.client, role: .clients)]
        for (shard, socket) in zip(shards, listeners.replication) {
            roles.append(LinkPort.Listener(socket: socket, role: .replicas(shard)))
        }
        do throws(SocketError) {
            let port = try LinkPort(listeners: roles, node: node)
            self.port = port
            self.portThread = try DedicatedThread(name: "link-port") { port.run() }
        } catch {
            throw ServerError(.resources, "cannot start the thread that accepts connections", underlying: error)
        }
    }

    private static func check(_ options: ServerOptions) throws(ServerError) {
        guard (1...System.coreCount).contains(options.shards) else {
            throw ServerError(
                .invalidOption,
                "--shards must be between 1 and the number of processors, \(System.coreCount), not \(options.shards)"
            )
        }
        guard let first = options.firstReplicationPort, first == 0 || Int(first) + options.shards - 1 <= 65_535 else {
            throw ServerError(
                .invalidOption,
                "the replication port would be beyond 65535: give one with --replication-port"
            )
        }
    }

    private static func openListeners(
        _ options: ServerOptions
    ) throws(ServerError) -> (client: Socket, replication: [Socket]) {
        let first = options.firstReplicationPort ?? 0
        var open: [Socket] = []
        do throws(SocketError) {
            open.append(try Socket.listen(host: options.bind, port: options.port))
            for shard in 0..<UInt16(options.shards) {
                open.append(try Socket.listen(host: options.bind, port: first == 0 ? 0 : first + shard))
            }
        } catch {
            for socket in open { socket.close() }
            throw ServerError(
                .cannotListen,
                "cannot listen: choose another --port, --replication-port or --bind",
                underlying: error
            )
        }
        return (open[0], Array(open.dropFirst()))
    }

    /// Ends every connection and every thread. Returns once they have ended.
    package func stop() {
        self.port.stop()
        self.portThread.join()
        for shard in self.node.shards { try? shard.stop().wait() }
        // Never fails for a group that runs; there is nothing left to do if it did.
        try? self.group.syncShutdownGracefully()
    }
}
