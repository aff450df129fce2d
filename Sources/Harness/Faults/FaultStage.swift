// Who plays in a timeline of faults, and how each fault is made to happen to them.

import Sockets
import Workload

final class FaultStage {
    private static let onlineSeconds = 30.0

    private let session: Session
    private let specification: TargetSpecification
    let proxy: LinkProxy
    let fleet: ReplicaFleet
    private let disk: SmallDisk?
    private var live: LiveReplica?
    /// Where the primary was at the look before: what a live replica that is current has by now.
    private var recentTip: UInt64 = 0

    init(_ one: FaultsCase, _ session: Session, _ specification: TargetSpecification, seed: UInt64) throws(HarnessError)
    {
        self.session = session
        self.specification = specification
        let target = session.target
        do throws(SocketError) {
            let far = try Endpoint(host: target.host, port: target.replicationPort)
            self.proxy = try LinkProxy(to: far, seed: seed)
            self.fleet = try ReplicaFleet(
                host: TargetLauncher.host,
                port: self.proxy.port,
                dialect: target.dialect,
                access: target.access,
                progress: session.load.progress
            )
        } catch {
            throw HarnessError(.targetUnavailable, "the links cannot be put behind a proxy: \(error)")
        }
        do throws(HarnessError) {
            self.disk = one.schedule.needsDisk ? try SmallDisk() : nil
        } catch {
            self.fleet.stop()
            self.proxy.stop()
            throw error
        }
        do throws(HarnessError) {
            try self.gather(one)
        } catch {
            self.stop()
            throw error
        }
    }

    private func gather(_ one: FaultsCase) throws(HarnessError) {
        let (session, target) = (self.session, self.session.target)
        if one.schedule.needsLiveReplica { try self.startLive() }
        self.fleet.attach(one.replicas, at: try target.tip(), .fast, behind: session.load.state.ledger)
        self.fleet.comeBack()
        try Wait.until("the replicas of \(target.id) were online", withinSeconds: Self.onlineSeconds) {
            () throws(HarnessError) in
            let counters = self.fleet.counters
            try session.check(counters)
            guard counters.online == one.replicas else { return false }
            return try self.isLiveReplicaCurrent()
        }
    }

    /// Ends everybody but the primary.
    func stop() {
        self.live?.stop()
        self.fleet.stop()
        self.proxy.stop()
        self.disk?.remove()
    }

    private func startLive() throws(HarnessError) {
        var settings = EngineSettings()
        settings.dataDirectory = self.disk.map { $0.path + "/data" }
        let replica = try LiveReplica(of: self.session.target, self.specification, settings)
        self.live = replica
        try replica.follow()
    }

    func begin(_ fault: Fault) throws(HarnessError) {
        switch fault.kind {
        case .pause: self.session.target.child?.pause()
        case .kill: self.live?.target.child?.crash()
        case .fill: self.disk?.fill()
        case .cut: self.proxy.cut()
        case .slow(let rate):
            var shape = LinkShape()
            shape.bytesPerSecond = rate
            self.proxy.set(shape)
        case .delay(let milliseconds):
            var shape = LinkShape()
            shape.delayMilliseconds = milliseconds
            self.proxy.set(shape)
        }
    }

    func end(_ fault: Fault) throws(HarnessError) {
        switch fault.kind {
        case .pause: self.session.target.child?.goOn()
        case .kill:
            self.live?.stop()
            try self.startLive()
        case .fill:
            self.disk?.empty()
            // One that could not go on without its disk is started again on what it has.
            guard let live, !(live.target.child?.isAlive() ?? false) else { return }
            live.stop()
            try self.startLive()
        case .cut: self.proxy.mend()
        case .slow, .delay: self.proxy.set(LinkShape())
        }
    }

    /// Whether everybody has what the load had sent a moment ago. Not asked while the primary stands still.
    /// - Parameter writes: so many that have just been sent may still be missing.
    func isCurrent(within writes: UInt64) throws(HarnessError) -> Bool {
        let counters = self.fleet.counters
        guard counters.online == counters.replicas,
            counters.slowest.addingReportingOverflow(writes).partialValue >= self.session.load.state.ledger.count
        else { return false }
        return try self.isLiveReplicaCurrent()
    }

    private func isLiveReplicaCurrent() throws(HarnessError) -> Bool {
        guard let live else { return true }
        guard case .position(let tip, _) = try self.session.target.tip() else { return false }
        defer { self.recentTip = tip }
        var loading = LoadingTime()
        return try live.has(self.recentTip, &loading)
    }

    /// What is wrong at the end, with the load at rest and everybody current.
    func differences(since start: Ledger) throws(HarnessError) -> [String] {
        let ledger = self.session.load.state.ledger
        var verdict: [String] = []
        if self.fleet.counters.fullTransfers == 0 {
            verdict += self.fleet.verdict(since: start, until: ledger)
        } else if self.fleet.laggards(behind: ledger) > 0 {
            verdict.append("a replica that was sent a full copy lacks something behind it")
        }
        guard let live else { return verdict }
        try live.waitUntilCurrent(withinSeconds: Self.onlineSeconds)
        return try verdict + live.differences()
    }

    /// Lets the primary forget who played.
    func leave() throws(HarnessError) {
        let target = self.session.target
        let ids = try target.info("replication").replicaIDs + self.fleet.ids
        self.stop()
        try Wait.until("\(target.id) had let its replicas go", withinSeconds: Self.onlineSeconds) {
            () throws(HarnessError) in try target.connectedReplicas() <= target.residents
        }
        try target.dropSlots(Set(ids))
    }
}
