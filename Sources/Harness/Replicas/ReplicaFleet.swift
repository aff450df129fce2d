// Thousands of synthetic replicas on one thread.

package import Histogram
package import Sockets
package import Synchronization
package import Workload

/// What a fleet looks like at one moment.
package struct FleetCounters: Sendable {
    /// Replicas attached, failed ones included.
    package var replicas = 0
    /// Replicas that follow the stream.
    package var online = 0
    /// Replicas that are away by their behaviour.
    package var away = 0
    /// How often replicas came back after they had left.
    package var resumes: UInt64 = 0
    /// Mutations that have arrived, over all replicas.
    package var delivered: UInt64 = 0
    /// Bytes read from sockets, over all replicas.
    package var receivedBytes: UInt64 = 0
    /// The fewest mutations that any replica which reads has, counted from the beginning of the load.
    package var slowest: UInt64 = .max
    /// Replicas that were sent a full copy.
    package var fullTransfers = 0
    /// Processor time of the thread that plays them, since it began.
    package var processorNanoseconds: UInt64 = 0
    /// Why replicas failed, the first of each.
    package var failures: [String] = []
}

/// A fleet of replicas of one primary, on a thread of its own.
package final class ReplicaFleet: Sendable {
    let reactor: Reactor<FleetBody>

    /// - Parameters:
    ///   - progress: how many mutations the load has had acknowledged; lag is counted against it.
    package init(
        host: String,
        port: UInt16,
        dialect: Dialect,
        access: Access = Access(),
        name: String = ReplicaFleet.defaultName,
        progress: LoadProgress
    ) throws(SocketError) {
        let poller = try Poller()
        let body = FleetBody(
            poller: poller,
            endpoint: try Endpoint(host: host, port: port),
            dialect: dialect,
            greeting: access.greeting,
            name: name,
            progress: progress
        )
        self.reactor = Reactor(poller: poller, body: body)
        self.reactor.start()
    }

    /// Ends the thread; every replica's connection is closed.
    package func stop() {
        self.reactor.call { $0.detachAll() }
        self.reactor.stop()
    }

    /// Begins to connect `count` replicas; `counters` tells when they are online.
    /// - Parameters:
    ///   - ledger: what the load, at rest, has sent so far.
    ///   - missing: how many of its mutations they lack at `start`.
    ///   - own: the load's connections that the ledger knows; nil for all.
    package func attach(
        _ count: Int,
        at start: StartingPoint,
        _ behaviour: ReplicaBehaviour,
        behind ledger: Ledger,
        missing: UInt64 = 0,
        knowing own: Range<Int>? = nil
    ) {
        self.reactor.call { $0.attach(count, at: start, behaviour, behind: ledger, missing: missing, knowing: own) }
    }

    /// Makes bystanders of all replicas that are attached now: they are checked as all are, but nothing is measured on them.
    func setAside() {
        self.reactor.call { body in
            for replica in body.replicas.values { replica.isBystander = true }
        }
    }

    /// Replicas that lack something which these connections have sent.
    func lacking(_ own: Range<Int>, of ledger: Ledger) -> Int {
        self.reactor.call { body in
            body.replicas.values.count { replica in
                let last = replica.held.last
                return own.contains { last[$0] != ledger.last[$0] }
            }
        }
    }

    package static let defaultName = "bench"

    /// The ids of those that are attached.
    var ids: [String] { self.reactor.call { $0.replicas.values.map(\.id) } }

    /// The ids of attached replicas: the same for every fleet, because a primary remembers each that it ever saw.
    static func id(_ place: Int, of name: String = ReplicaFleet.defaultName) -> String { "\(name)-\(place)" }

    /// Lets slow replicas catch up and flapping ones stay, once the load is over.
    package func hurry() { self.reactor.call { $0.hurry() } }

    /// From now on a replica whose connection is lost comes back where it was, again and again.
    func comeBack() { self.reactor.call { $0.comesBack = true } }

    /// Closes every replica's connection.
    package func detachAll() {
        self.reactor.call { $0.detachAll() }
    }

    package var counters: FleetCounters { self.reactor.call { $0.counters } }

    /// Bytes that have come but were not read, over all replicas.
    package var unreadBytes: UInt64 { self.reactor.call { $0.unreadBytes } }

    /// What is wrong with the streams received, compared with what the load sent since `ledger` at attachment; the load
    /// must rest and the replicas be current.
    package func verdict(since start: Ledger, until end: Ledger) -> [String] {
        self.reactor.call { $0.verdict(since: start, until: end) }
    }

    /// Lets every replica note when markers come.
    func noteMarkers() {
        self.reactor.call { body in
            for replica in body.replicas.values where !replica.isBystander { replica.arrivals = MarkerArrivals() }
        }
    }

    /// When the markers came, for each replica that notes them.
    var markerArrivals: [MarkerArrivals] { self.reactor.call { $0.replicas.values.compactMap(\.arrivals) } }

    /// Begins to sample every replica's lag, in mutations behind what the primary has acknowledged to clients.
    package func beginLagSampling() { self.reactor.call { $0.lag = FleetBody.emptyLag } }

    /// Ends sampling and returns what was recorded.
    package func endLagSampling() -> Histogram<UInt64>? {
        self.reactor.call { body in
            defer { body.lag = nil }
            return body.lag
        }
    }
}

/// How far the load has come; written by its thread, read by any.
package final class LoadProgress: Sendable {
    /// Mutations that the primary acknowledged to clients, since the target was started.
    package let acknowledged = Atomic<UInt64>(0)

    package init() {}
}
