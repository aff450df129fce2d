// One target with everything that plays against it: load connections and a fleet of replicas.

import Sockets
import Workload

package final class Session {
    package let target: Target
    package let load: LoadGenerator
    package let fleet: ReplicaFleet

    static let onlineSeconds = 20.0
    package static let drainSeconds = 60.0
    /// Ten million writes take most of a minute on a small machine.
    private static let preloadSeconds = 600.0

    /// Numbers of this generator's load connections, where others load the same server; nil where none do.
    private let own: Range<Int>?

    /// - Parameters:
    ///   - connections: the most load connections that any case will use.
    ///   - own: those of them that are this generator's; nil for all.
    ///   - name: what its replicas' ids begin with.
    package init(
        _ target: Target,
        connections: Int,
        own: Range<Int>? = nil,
        name: String = ReplicaFleet.defaultName,
        seed: UInt64
    ) throws(HarnessError) {
        self.target = target
        self.own = own
        do throws(SocketError) {
            let load = try LoadGenerator(
                host: target.host,
                port: target.port,
                access: target.access,
                continuing: Ledger(connections: connections),
                first: own?.lowerBound ?? 0,
                seed: seed
            )
            self.load = load
            self.fleet = try ReplicaFleet(
                host: target.host,
                port: target.replicationPort,
                dialect: target.dialect,
                access: target.access,
                name: name,
                progress: load.progress
            )
        } catch {
            throw HarnessError(.targetUnavailable, "the load cannot be started: \(error)")
        }
    }

    /// Ends the load, the replicas and, if it is a child, the server.
    package func stop() {
        self.load.stop()
        self.fleet.stop()
        self.target.stop()
    }

    /// Writes every key once. A Redis primary then gets one newcomer, because it keeps no backlog, and so nobody can
    /// resume, before its first replica.
    package func preload(keys: UInt64, valueSize: Int) throws(HarnessError) {
        var shape = LoadShape()
        shape.valueSize = valueSize
        shape.keys = .sequential(keys: keys)
        self.load.begin(shape, limit: keys)
        try self.rest()
        self.load.disconnect()
        try self.welcome()
    }

    /// Writes every key once, unless that was done before. A Redis primary gets its first replica beforehand, so that its
    /// backlog is full when something is measured and does not grow meanwhile.
    package func fill(keys: UInt64, valueSize: Int) throws(HarnessError) {
        guard self.load.state.ledger.count == 0 else { return }
        try self.welcome()
        var shape = LoadShape()
        shape.valueSize = valueSize
        shape.keys = .sequential(keys: keys)
        self.load.begin(shape, limit: keys)
        try self.rest(withinSeconds: Self.preloadSeconds)
        self.load.disconnect()
    }

    /// Writes so many mutations in all, counted from the beginning of the session and rounded up to a whole batch, with
    /// nobody attached.
    package func extend(to records: UInt64, keys: UInt64, valueSize: Int) throws(HarnessError) {
        let count = self.load.state.ledger.count
        if count == 0 { try self.welcome() }
        guard records > count else { return }
        var shape = LoadShape()
        shape.valueSize = valueSize
        shape.keys = .uniform(keys: keys)
        self.load.begin(shape, limit: records - count)
        try self.rest(withinSeconds: Self.preloadSeconds)
        self.load.disconnect()
    }

    /// Gives a Redis primary its first replica, from which on it keeps a backlog.
    private func welcome() throws(HarnessError) {
        guard self.target.dialect == .psync else { return }
        self.fleet.attach(1, at: .nothing, .fast, behind: self.load.state.ledger)
        try self.waitUntilOnline(1)
        try self.detach()
    }

    /// Attaches replicas that hold everything, and waits until all are online, but for those that are late; the load must
    /// rest.
    package func attach(_ count: Int, _ behaviour: ReplicaBehaviour) throws(HarnessError) {
        guard count > 0 else { return }
        let others = self.fleet.counters.replicas
        let ledger = self.load.state.ledger
        self.fleet.attach(count, at: try self.target.tip(), behaviour, behind: ledger, knowing: self.own)
        try self.waitUntilOnline(others + count)
    }

    /// Attaches replicas that are there while others are measured.
    package func attach(_ bystanders: Bystanders, loadSeconds: Double) throws(HarnessError) {
        for (kind, count) in bystanders.groups {
            try self.attach(count, kind.behaviour(loadSeconds: loadSeconds))
        }
        self.fleet.setAside()
    }

    /// Waits until every replica has what this generator has sent, others beside it.
    func drainOwn(withinSeconds limit: Double) throws(HarnessError) {
        self.fleet.hurry()
        guard let own = self.own else { return try self.drain() }
        let ledger = self.load.state.ledger
        try Wait.until("the replicas of \(self.target.id) were current", withinSeconds: limit) {
            () throws(HarnessError) in
            try self.check(self.fleet.counters)
            return self.fleet.lacking(own, of: ledger) == 0
        }
    }

    /// Detaches every replica of this generator; others may stay.
    func detachOwn() throws(HarnessError) {
        let ids = self.fleet.ids
        self.fleet.detachAll()
        try self.target.dropSlots(ids)
    }

    func waitUntilOnline(_ count: Int) throws(HarnessError) {
        try Wait.until("\(count) replicas of \(self.target.id) were online", withinSeconds: Self.onlineSeconds) {
            () throws(HarnessError) in
            let counters = self.fleet.counters
            try self.check(counters)
            return counters.online + counters.away == count
        }
    }

    /// Detaches every replica, waits until the target has noticed, and lets it forget them.
    /// - Parameter visitors: ids of replicas beside the fleet's.
    package func detach(_ visitors: String...) throws(HarnessError) {
        let ids = self.fleet.ids + visitors
        self.fleet.detachAll()
        try Wait.until("\(self.target.id) had let its replicas go", withinSeconds: Self.onlineSeconds) {
            () throws(HarnessError) in try self.target.connectedReplicas() <= self.target.residents
        }
        try self.target.dropSlots(ids)
    }

    /// Stops the load and waits for the answers that are due.
    package func rest(withinSeconds limit: Double = drainSeconds) throws(HarnessError) {
        try Wait.until("the load of \(self.target.id) was answered", withinSeconds: limit) {
            () throws(HarnessError) in
            let state = self.load.state
            if let failure = state.failures.first { throw try self.explained(failure) }
            return state.isIdle
        }
    }

    /// Waits until every replica has everything that the load has sent.
    package func drain() throws(HarnessError) {
        self.fleet.hurry()
        let count = self.load.state.ledger.count
        try Wait.until("the replicas of \(self.target.id) were current", withinSeconds: Self.drainSeconds) {
            () throws(HarnessError) in
            let counters = self.fleet.counters
            try self.check(counters)
            return counters.slowest >= count
        }
    }

    /// - Throws: when a replica failed, which no behaviour of these scenarios asks for.
    package func check(_ counters: FleetCounters) throws(HarnessError) {
        if let failure = counters.failures.first { throw try self.explained(failure) }
    }

    /// A failure, or the death of the server if that is behind it.
    private func explained(_ failure: String) throws(HarnessError) -> HarnessError {
        try self.target.checkAlive()
        return HarnessError(.targetFailed, "\(self.target.id): \(failure)")
    }
}
