// A node's life: listeners and loops are made in `start`, and taken down in `stop`.

import Channels
package import Logging
import NIOCore
import NIOPosix
import Primitives
import Probes
import Replication
import ReplicationLog
import Sockets

package final class Server: Sendable {
    let node: Node
    private let group: MultiThreadedEventLoopGroup
    private let port: LinkPort
    private let portThread: DedicatedThread
    /// Held as long as the node runs; nil when nothing is kept.
    private let directory: DataDirectory?
    /// nil for a node that is in no group.
    private let transport: GroupTransport?
    /// The port that clients connect to.
    package let clientPort: UInt16
    /// The ports that replicas connect to, one a shard.
    package let replicationPorts: [UInt16]

    /// Opens the listeners and starts the threads.
    /// - Throws: `ServerError` that says which option to change.
    /// - Parameter shutdown: called when a client asks for the end, on any thread; the caller then calls `stop`. nil: clients
    ///   may not ask.
    package init(
        options: ServerOptions,
        logger: Logger,
        shutdown: (@Sendable () -> Void)? = nil
    ) throws(ServerError) {
        try Self.check(options)
        var options = options
        // What is acknowledged is on the disks of a majority, unless somebody says otherwise.
        if options.group.isEnabled, !options.isLogSyncGiven { options.logSync = .always }
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
        options.port = self.clientPort
        options.replicationPort = self.replicationPorts.first
        // Before any thread is started: what is refused here leaves nothing behind.
        let beginnings: [ShardBeginning]
        do throws(ServerError) {
            let directory = try options.dataDirectory.map { path throws(ServerError) in
                try DataDirectory(path, shards: options.shards, replicaID: NodeFile.newReplicaID(&generator))
            }
            beginnings = try Self.beginnings(in: directory, options, logger, &generator)
            self.directory = directory
        } catch {
            listeners.close()
            throw error
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: options.shards)
        self.group = group
        let node = try Self.makeNode(options, self.directory, self.replicationPorts, poller, logger, &generator)
        self.node = node
        node.shutdown.arm(shutdown)
        try Self.addShards(to: node, group, beginnings, &generator)
        let shards = self.node.shards
        do throws(ServerError) {
            try Self.recover(shards)
            try self.directory?.endForeignLoad()
            self.transport = try Self.joinGroup(node)
        } catch {
            listeners.close()
            self.node.stopLogThreads()
            self.node.keeper?.stop()
            try? group.syncShutdownGracefully()
            node.removeShards()
            throw error
        }
        for shard in shards { shard.start() }
        self.node.follow(options.replicaOf)
        (self.port, self.portThread) = try Self.openPort(listeners, node)
        for shard in shards { shard.loop.execute { shard.group?.start() } }
    }

    private static func openPort(
        _ listeners: Listeners,
        _ node: Node
    ) throws(ServerError) -> (LinkPort, DedicatedThread) {
        var roles = [LinkPort.Listener(socket: listeners.client, role: .clients)]
        for (shard, socket) in zip(node.shards, listeners.replication) {
            roles.append(LinkPort.Listener(socket: socket, role: .replicas(shard)))
        }
        do throws(SocketError) {
            let port = try LinkPort(listeners: roles, node: node)
            return (port, try DedicatedThread(name: "link-port") { port.run() })
        } catch {
            throw ServerError(.resources, "cannot start the thread that accepts connections", underlying: error)
        }
    }

    private static func makeNode(
        _ options: ServerOptions,
        _ directory: DataDirectory?,
        _ replicationPorts: [UInt16],
        _ poller: Poller,
        _ logger: Logger,
        _ generator: inout SystemRandomNumberGenerator
    ) throws(ServerError) -> Node {
        do throws(SocketError) {
            return Node(
                options: options,
                replicationPorts: replicationPorts,
                logger: logger,
                runID: History(using: &generator).hex,
                replicaID: options.replicaID ?? directory?.replicaID ?? NodeFile.newReplicaID(&generator),
                poller: poller,
                logReaders: directory == nil ? nil : try LogReaders(),
                keeper: try directory.map { directory throws(SocketError) in try FileKeeper(directory) }
            )
        } catch {
            throw ServerError(.resources, Self.noThreads, underlying: error)
        }
    }

    private static func addShards(
        to node: Node,
        _ group: MultiThreadedEventLoopGroup,
        _ beginnings: [ShardBeginning],
        _ generator: inout SystemRandomNumberGenerator
    ) throws(ServerError) {
        do throws(SocketError) {
            for (index, loop) in group.makeIterator().enumerated() {
                let history = History(using: &generator)
                let shard = try Shard(
                    index: index,
                    node: node,
                    loop: loop,
                    seed: generator.next(),
                    history: history,
                    beginning: beginnings[index]
                )
                node.add(shard)
            }
        } catch {
            throw ServerError(.resources, Self.noThreads, underlying: error)
        }
    }

    private static let noThreads = "cannot start the threads of the log"

    private static func check(_ options: ServerOptions) throws(ServerError) {
        guard (1...System.coreCount).contains(options.shards) else {
            throw ServerError(
                .invalidOption,
                "--shards must be between 1 and the number of processors, \(System.coreCount), not \(options.shards)"
            )
        }
        try options.group.check(options)
        guard options.replicaOf?.kind != .stream || options.shards == 1 else {
            throw ServerError(.invalidOption, "--replica-of-stream is for a node with one shard: use --replica-of")
        }
        guard let first = options.firstReplicationPort, first == 0 || Int(first) + options.shards - 1 <= 65_535 else {
            throw ServerError(
                .invalidOption,
                "the replication port would be beyond 65535: give one with --replication-port"
            )
        }
    }

    private struct Listeners {
        var client: Socket
        var replication: [Socket]

        func close() {
            self.client.close()
            for socket in self.replication { socket.close() }
        }
    }

    private static func openListeners(_ options: ServerOptions) throws(ServerError) -> Listeners {
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
        return Listeners(client: open[0], replication: Array(open.dropFirst()))
    }

    /// Replays the shards' logs, each on its own loop.
    private static func recover(_ shards: [Shard]) throws(ServerError) {
        let results = shards.map { shard in
            shard.loop.submit { () -> Result<Void, ServerError> in
                Result { () throws(ServerError) in try shard.recover() }
            }
        }
        for result in results {
            // A loop that runs answers.
            if case .failure(let error)? = try? result.wait() { throw error }
        }
    }

    /// Ends every connection and every thread. Returns once they have ended, with the data saved that has changed.
    package func stop() {
        self.port.stop()
        self.portThread.join()
        let shards = self.node.shards
        for shard in shards { try? shard.stop().wait() }
        self.transport?.stop()
        self.node.stopLogThreads()
        // What the threads told last comes before this on each loop.
        let saved = shards.map { shard in
            shard.loop.flatSubmit { () -> EventLoopFuture<Void> in
                shard.finishLog()
                return shard.saveAtEnd()
            }
        }
        for future in saved { try? future.wait() }
        self.node.keeper?.stop()
        for shard in shards { try? shard.loop.submit { shard.markEnd() }.wait() }
        // Never fails for a group that runs; there is nothing left to do if it did.
        try? self.group.syncShutdownGracefully()
        self.node.removeShards()
    }
}
