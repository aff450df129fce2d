// How stale is a replica under load? Clients write at a set rate; between their writes go markers, whose acknowledgement at
// the primary is set against their arrival at each replica.

import Glibc
import Histogram
import Measurement
import Sockets
import Workload

package enum LagScenario {
    package static let name = "lag"

    private static let settleSeconds = 0.5
    /// Length of the closed loop that tells the ceiling.
    private static let ceilingSeconds = 0.7
    private static let onlineSeconds = 60.0
    /// What a stopped replica has ahead of it when it goes on, in writes.
    private static let drainWrites: UInt64 = 500_000
    /// Between two questions to a replica that drains: rare, because it answers them itself.
    private static let drainLookMicroseconds: UInt32 = 10_000

    static func run(
        _ one: LagCase,
        _ session: Session,
        _ specification: TargetSpecification
    ) throws(HarnessError) -> Trial {
        var trial = Trial()
        let before = session.load.state.ledger
        var live: [LiveReplica] = []
        defer { for replica in live { replica.stop() } }
        let loadSeconds = Self.settleSeconds + one.seconds
        try session.attach(one.bystanders, loadSeconds: loadSeconds)
        switch one.receiver {
        case .discarding:
            try session.attach(one.replicas, one.behaviour.behaviour(loadSeconds: loadSeconds))
            session.fleet.noteMarkers()
        case .live:
            for _ in 0..<one.replicas { live.append(try self.replica(session, specification)) }
        }
        trial.phaseEnded("provision")
        let rate = try self.rate(one, session)
        trial.add("offered_rate", Double(rate), unit: "1/s", better: .neither)
        try self.measure(one, session, live, rate: rate, &trial)
        switch one.receiver {
        case .discarding:
            try session.drain()
            trial.phaseEnded("drain")
            trial.invalidate(session.fleet.verdict(since: before, until: session.load.state.ledger))
            if session.fleet.counters.fullTransfers > 0 {
                trial.invalidate(["a full resync happened that was not planned"])
            }
            try session.detach()
        case .live:
            for replica in live { try replica.waitUntilCurrent(withinSeconds: Session.drainSeconds) }
            try self.drainBacklog(one, session, live[0], &trial)
            for replica in live { try replica.waitUntilCurrent(withinSeconds: Session.drainSeconds) }
            try session.drain()
            trial.phaseEnded("drain")
            for replica in live { trial.invalidate(try replica.differences()) }
            trial.invalidate(session.fleet.verdict(since: before, until: session.load.state.ledger))
            if !one.bystanders.isEmpty { session.fleet.detachAll() }
            try LiveReplica.leave(live)
        }
        trial.phaseEnded("verify")
        return trial
    }

    private static func replica(
        _ session: Session,
        _ specification: TargetSpecification
    ) throws(HarnessError) -> LiveReplica {
        let replica = try LiveReplica(of: session.target, specification)
        do throws(HarnessError) {
            try replica.follow()
            var loading = LoadingTime()
            try Wait.until("a replica of \(session.target.id) was online", withinSeconds: self.onlineSeconds) {
                () throws(HarnessError) in try replica.isOnline(&loading)
            }
            try replica.waitUntilCurrent(withinSeconds: self.onlineSeconds)
        } catch {
            replica.stop()
            throw error
        }
        return replica
    }

    /// Writes per second to offer.
    private static func rate(_ one: LagCase, _ session: Session) throws(HarnessError) -> Int {
        switch one.pace {
        case .rate(let rate): return rate
        case .share(let percent):
            let shape = one.load.shape
            let before = session.load.state.acknowledged
            let began = Clocks.monotonicNanoseconds
            session.load.begin(shape)
            try Wait.seconds(self.ceilingSeconds)
            session.load.end()
            try session.rest()
            let seconds = Double(Clocks.monotonicNanoseconds - began) / 1e9
            let ceiling = Double(session.load.state.acknowledged - before) / seconds
            return max(1, Int(ceiling) * percent / 100)
        }
    }

    private static func measure(
        _ one: LagCase,
        _ session: Session,
        _ live: [LiveReplica],
        rate: Int,
        _ trial: inout Trial
    ) throws(HarnessError) {
        let probe = try MarkerProbe(session.target, live, session.load.progress)
        defer { probe.stop() }
        var load = try PacedLoad(session, one.load, rate: rate)
        try Wait.seconds(self.settleSeconds)
        trial.phaseEnded("warm-up")
        let (primary, replica) = (session.target.processorNanoseconds, live.first?.processorNanoseconds)
        let began = Clocks.monotonicNanoseconds
        load.begin()
        session.fleet.beginLagSampling()
        probe.begin()
        try Wait.seconds(one.seconds)
        try load.ended()
        let behind = session.fleet.endLagSampling()
        let seconds = Double(Clocks.monotonicNanoseconds - began) / 1e9
        func share(_ before: UInt64?, _ after: UInt64?) -> Double? {
            before.flatMap { first in after.map { Double($0 - first) / 1e9 / seconds } }
        }
        let primaryShare = share(primary, session.target.processorNanoseconds)
        trial.add("primary_cpu_share", primaryShare, unit: "ratio", better: .neither)
        if let first = live.first {
            let replicaShare = share(replica, first.processorNanoseconds)
            trial.add("replica_cpu_share", replicaShare, unit: "ratio", better: .neither)
        }
        let result = try probe.end()
        try load.stop()
        trial.phaseEnded("measure")
        load.add(to: &trial, seconds: seconds)
        let arrivals = live.isEmpty ? session.fleet.markerArrivals : result.replicas.map(\.arrivals)
        self.add(result, arrivals, behind: live.isEmpty ? behind : nil, to: &trial)
    }

    private static func add(
        _ result: MarkerResult,
        _ arrivals: [MarkerArrivals],
        behind: Histogram<UInt64>?,
        to trial: inout Trial
    ) {
        let lags = arrivals.map(result.log.lags)
        var together = LoadBody.emptyLatency
        for lag in lags { together.add(lag) }
        trial.add("lag", nanoseconds: together)
        // The worst replica is the one whose slow end is the longest.
        let worst = lags.max { $0.valueAtPercentile(99) < $1.valueAtPercentile(99) }
        trial.add("lag_worst", nanoseconds: worst)
        let course = result.log.course(arrivals)
        let points: [(stat: String, value: KeyPath<LagStretch, Double>)] = [
            ("p50", \.medianMicroseconds), ("max", \.longestMicroseconds),
        ]
        for (stat, value) in points {
            trial.add("lag", stat: stat, unit: "us", course: course.map { ($0.nanoseconds, $0[keyPath: value]) })
        }
        var counts = behind ?? FleetBody.emptyLag
        if behind == nil { for seen in result.replicas { counts.add(seen.behind) } }
        trial.add("lag_mutations", counts: counts)
        if let seen = result.replicas.first, seen.every.totalCount > 0 {
            let every = Double(seen.every.valueAtPercentile(50)) / 1000
            trial.add("lag_resolution", every, unit: "us", better: .neither)
        }
        if arrivals.contains(where: { $0.times.count < result.log.sentCount }) {
            trial.invalidate(["a replica has not shown every marker"])
        }
    }

    /// Stops a replica, writes, lets it go on, and measures what applying costs it.
    private static func drainBacklog(
        _ one: LagCase,
        _ session: Session,
        _ replica: LiveReplica,
        _ trial: inout Trial
    ) throws(HarnessError) {
        replica.target.child?.pause()
        defer { replica.target.child?.goOn() }
        let before = session.load.state.acknowledged
        session.load.begin(one.load.shape, limit: self.drainWrites)
        try session.rest()
        let writes = Double(session.load.state.acknowledged - before)
        guard case .position(let goal, _) = try session.target.tip() else { preconditionFailure("a tip is a position") }
        guard let processor = replica.processorNanoseconds else { return }
        let began = Clocks.monotonicNanoseconds
        replica.target.child?.goOn()
        while try replica.applied() < goal {
            try Interruption.check()
            guard Clocks.monotonicNanoseconds - began < UInt64(Session.drainSeconds * 1e9) else {
                throw HarnessError(.timedOut, "a replica did not drain its backlog within \(Session.drainSeconds) s")
            }
            usleep(self.drainLookMicroseconds)
        }
        let seconds = Double(Clocks.monotonicNanoseconds - began) / 1e9
        trial.add("drain_rate", writes / seconds, unit: "1/s", better: .higher)
        guard let after = replica.processorNanoseconds else { return }
        let cost = Double(after - processor) / 1000 / writes
        trial.add("drain_cpu_per_mutation", cost, unit: "us", better: .lower)
    }
}
