// Memory of the primary: with replicas that do nothing, and with replicas that stopped reading.

import Measurement
import Probes
import Workload

extension FanOutScenario {
    /// The allocator gives freed pages back within its decay of one second.
    private static let burstSettleSeconds = 0.5

    /// Memory with so many replicas attached and current, and no load.
    package static func idle(_ fanOut: FanOutCase, _ session: Session) throws(HarnessError) -> Trial {
        var trial = Trial()
        try session.attach(fanOut.replicas, .fast)
        trial.phaseEnded("provision")
        try Wait.seconds(fanOut.secondsUntilRead)
        try Self.addMemory(&trial, session.target)
        trial.phaseEnded("measure")
        try session.check(session.fleet.counters)
        try session.detach()
        trial.phaseEnded("drain")
        return trial
    }

    /// Memory while replicas that stopped reading have `pendingBytes` of mutations ahead of them. The session must be fresh, because the backlog of what came before would count as well.
    package static func stalled(
        _ fanOut: FanOutCase,
        _ session: Session,
        keys: UInt64
    ) throws(HarnessError) -> Trial {
        var trial = Trial()
        try session.preload(keys: keys, valueSize: fanOut.load.valueSize)
        trial.phaseEnded("preload")
        try session.attach(fanOut.replicas, .stalled)
        trial.phaseEnded("provision")
        let commandSize = SetBatch.commandSize(valueSize: fanOut.load.valueSize)
        let before = session.load.state.acknowledged
        session.load.begin(fanOut.load.shape, limit: UInt64(fanOut.pendingBytes / commandSize))
        try session.rest()
        session.load.disconnect()
        try Wait.seconds(Self.burstSettleSeconds)
        try session.check(session.fleet.counters)
        let info = try Self.addMemory(&trial, session.target)
        let streamed = (session.load.state.acknowledged - before) * UInt64(commandSize)
        Self.addPending(&trial, session, streamed: streamed, held: info.number("mem_total_replication_buffers"))
        trial.phaseEnded("measure")
        return trial
    }

    /// What private copies would hold: the bytes written since the replicas stalled, once per replica, less what the
    /// kernel took off the primary's hands (what waits in the replicas' sockets; the senders' own queues are not seen).
    private static func addPending(_ trial: inout Trial, _ session: Session, streamed: UInt64, held: UInt64?) {
        let counters = session.fleet.counters
        let copies = Double(streamed) * Double(counters.online)
        let pending = copies - Double(min(UInt64(copies), session.fleet.unreadBytes))
        trial.add("bytes_pending_total", pending, unit: "B", better: .neither)
        if let held, held > 0 {
            trial.add("sharing_ratio", pending / Double(held), unit: "ratio", better: .higher)
        }
    }

    /// Memory with the replicas attached and current, when a load is over.
    static func addSettledMemory(_ trial: inout Trial, _ session: Session) throws(HarnessError) {
        session.load.disconnect()
        try Wait.seconds(Self.burstSettleSeconds)
        try Self.addMemory(&trial, session.target)
    }

    @discardableResult
    private static func addMemory(_ trial: inout Trial, _ target: Target) throws(HarnessError) -> TargetInfo {
        let info = try target.info("memory")
        for name in [
            "allocator_allocated", "allocator_active", "allocator_resident", "mem_total_replication_buffers",
        ] {
            trial.add(name, info.number(name).map { Double($0) }, unit: "B", better: .lower)
        }
        trial.add("rss", (target.memory?.resident).map { Double($0) }, unit: "B", better: .lower)
        trial.add("pss", (target.memory?.proportional).map { Double($0) }, unit: "B", better: .lower)
        return info
    }
}
