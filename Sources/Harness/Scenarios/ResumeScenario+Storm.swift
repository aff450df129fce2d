// Many replicas come back at once, as they do behind a switch that was out for a moment.

import Glibc
import Measurement
import Sockets
import Workload

extension ResumeScenario {
    /// Between two looks at how far they are, in microseconds; when the last one is there is known as exactly.
    private static let lookMicroseconds: UInt32 = 1000

    static func storm(_ one: ResumeCase, _ session: Session, _ trial: inout Trial) throws(HarnessError) {
        let target = session.target
        try Self.acquaint(one.replicas, session)
        try session.attach(one.bystanders, loadSeconds: 0)
        let others = session.fleet.counters.replicas
        let (start, _) = try Self.place(one, target)
        let ledger = session.load.state.ledger
        if one.cache == .cold { try PageCache.drop() }
        trial.phaseEnded("warm-up")

        let before = try LogCounters(target)
        let began = Clocks.monotonicNanoseconds
        let behaviour = one.behaviour.behaviour(loadSeconds: 0)
        session.fleet.attach(one.replicas, at: start, behaviour, behind: ledger, missing: one.distance)
        var online: UInt64?
        let deadline = began + UInt64(Session.drainSeconds * 1e9)
        while true {
            let counters = session.fleet.counters
            try session.check(counters)
            let now = Clocks.monotonicNanoseconds
            // One that is away by its behaviour has been online before.
            if online == nil, counters.online + counters.away == others + one.replicas { online = now }
            if counters.slowest >= ledger.count || counters.fullTransfers > 0 { break }
            guard now < deadline else {
                throw HarnessError(
                    .timedOut,
                    "\(one.replicas) replicas were not current within \(Session.drainSeconds) s"
                )
            }
            try Interruption.check()
            usleep(self.lookMicroseconds)
        }
        let current = Clocks.monotonicNanoseconds
        trial.phaseEnded("measure")
        let full = session.fleet.counters.fullTransfers
        if full == 0 {
            trial.add("storm_online", online.map { Double($0 - began) / 1e9 }, unit: "s", better: .lower)
            trial.add("storm_current", Double(current - began) / 1e9, unit: "s", better: .lower)
        }
        let share = Double(full) / Double(one.replicas)
        trial.add("full_resync_share", share, unit: "ratio", better: .lower)
        try session.detach()
        try Self.addDisk(one, attempts: one.replicas, full: full, before, target, &trial)
        trial.phaseEnded("drain")
    }

    /// Lets a Sluice primary make slots for those who will come back: a stranger may be sent a copy where that is cheaper than
    /// the log.
    private static func acquaint(_ count: Int, _ session: Session) throws(HarnessError) {
        guard session.target.dialect == .replicate else { return }
        try session.attach(count, .fast)
        session.fleet.detachAll()
        try Wait.until("\(session.target.id) had let its replicas go", withinSeconds: Session.onlineSeconds) {
            () throws(HarnessError) in try session.target.connectedReplicas() <= session.target.residents
        }
    }
}
