// Load on a primary. The closed loop: so many connections, each with so many commands on their way, as fast as answers come.
// The open loop: so many commands a second, at times that are fixed beforehand.

package import Histogram
package import Sockets
package import Workload

/// What a load looks like.
package struct LoadShape: Sendable {
    package var connections = 50
    package var pipeline = 64
    /// Bytes per value.
    package var sizes = ValueSizes.fixed(64)
    package var keys = KeyDistribution.uniform(keys: 10_000)
    /// Share of a value that compresses away.
    package var compressibility = 0.0
    package var mix = MutationMix.sets
    /// The most that is sent, for a load that must leave room for others; nil: as fast as answers come.
    package var bytesPerSecond: Int?
    /// Commands per second of an open loop; nil: a closed loop, whose pipeline and bytes per second then count.
    package var rate: Int?
    /// How its commands follow each other.
    package var arrival = Arrival.fixed

    package init() {}

    /// Bytes per value, on average where they differ.
    package var valueSize: Int {
        get { Int(self.sizes.mean.rounded()) }
        set { self.sizes = .fixed(newValue) }
    }
}

package struct LoadState: Sendable {
    /// Mutations answered since the generator began.
    package var acknowledged: UInt64
    /// Nothing is on its way.
    package var isIdle: Bool
    package var ledger: Ledger
    package var failures: [String]
    /// Processor time of the generator's thread since it began.
    package var processorNanoseconds: UInt64
}

/// Load connections to one primary, on a thread of their own. Connections stay open between loads, and their sequence
/// numbers go on.
package final class LoadGenerator: Sendable {
    private let reactor: Reactor<LoadBody>
    package let progress: LoadProgress

    /// - Parameter connections: the most that any load of this generator will use.
    package convenience init(
        host: String,
        port: UInt16,
        access: Access = Access(),
        connections: Int,
        seed: UInt64
    ) throws(SocketError) {
        let ledger = Ledger(connections: connections)
        try self.init(host: host, port: port, access: access, continuing: ledger, seed: seed)
    }

    /// - Parameters:
    ///   - ledger: where the sequence numbers of the connections go on.
    ///   - first: the number of its first connection, where other generators load the same server.
    package init(
        host: String,
        port: UInt16,
        access: Access = Access(),
        continuing ledger: Ledger,
        first: Int = 0,
        seed: UInt64
    ) throws(SocketError) {
        let poller = try Poller()
        self.progress = LoadProgress()
        let body = LoadBody(
            poller: poller,
            endpoint: try Endpoint(host: host, port: port),
            access: access,
            progress: self.progress,
            ledger: ledger,
            first: first,
            seed: seed
        )
        self.reactor = Reactor(poller: poller, body: body)
        self.reactor.start()
    }

    package func stop() { self.reactor.stop() }

    /// Closes every connection while the load rests, so that what the primary holds for clients does not blur what it
    /// holds for replicas.
    package func disconnect() { self.reactor.call { $0.disconnect() } }

    /// Starts a load; `limit` ends it after so many mutations.
    package func begin(_ shape: LoadShape, limit: UInt64? = nil) {
        self.reactor.call { $0.begin(shape, limit: limit) }
    }

    /// Sends no more; wait until `state.isIdle`.
    package func end() { self.reactor.call { $0.end() } }

    /// The last sequence number of each connection that the primary has acknowledged.
    package var acknowledgedThrough: [UInt64] { self.reactor.call { $0.acknowledgedThrough } }

    package var state: LoadState { self.reactor.call { $0.state } }

    /// Begins to record latencies, in nanoseconds per batch: in a closed loop from sending it, in an open one from the time
    /// at which it was meant to go, until its last answer.
    package func beginRecording() { _ = self.reactor.call { $0.record(true) } }

    /// Ends recording; nil when it was not begun.
    package func endRecording() -> Histogram<UInt64>? { self.reactor.call { $0.record(false) } }

    /// Begins to record an open loop afresh.
    /// - Returns: what was recorded until now; nil when no open loop runs.
    @discardableResult
    package func cutRecording() -> OpenLoopRecord? { self.reactor.call { $0.cutRecord() } }
}
