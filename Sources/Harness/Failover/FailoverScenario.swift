// What does it cost when the leader dies? Clients write, the leader is killed, and they find its successor. What they were told
// is read back afterwards.

import Glibc
import Measurement
import Sockets
import Synchronization

package enum FailoverScenario {
    package static let name = "failover"

    private static let warmUpSeconds = 0.5
    private static let measuredSeconds = 1.0
    /// How long clients write after the takeover.
    private static let afterSeconds = 0.5
    private static let lookMicroseconds: UInt32 = 5000

    /// Seconds of one trial, by experience.
    static let seconds = 8.0

    static func run(_ one: FailoverCase, _ specification: TargetSpecification) throws(HarnessError) -> Trial {
        switch one.topology {
        case .channel: try self.run(one, try GroupStage(one, specification))
        case .stream: try self.run(one, try SupervisedStage(one, specification))
        }
    }

    private static func run(_ one: FailoverCase, _ stage: some FailoverStage) throws(HarnessError) -> Trial {
        defer { stage.stop() }
        var trial = Trial()
        _ = try stage.leader()
        let history = GroupHistory(writers: one.writers)
        trial.phaseEnded("provision")
        var writers: [GroupWorker] = []
        defer { for writer in writers { writer.stop() } }
        for writer in 0..<one.writers { writers.append(try .writer(writer, history, ports: stage.ports)) }
        try Wait.seconds(self.warmUpSeconds)
        trial.phaseEnded("warm-up")
        let before = history.acknowledgedCount
        try Wait.seconds(self.measuredSeconds)
        let rate = Double(history.acknowledgedCount - before) / self.measuredSeconds
        trial.add("write_rate", rate, unit: "1/s", better: .higher)

        let victim = try stage.leader()
        let killed = Clocks.monotonicNanoseconds
        history.begin(victim, at: killed)
        stage.crash(victim)
        let leader = try self.takeover(of: victim, stage, since: killed, history, &trial)
        try Wait.seconds(self.afterSeconds)
        for writer in writers { writer.pause() }
        try Wait.until("the writers to end", withinSeconds: Session.drainSeconds) { () throws(HarnessError) in
            writers.allSatisfy(\.isIdle)
        }
        trial.phaseEnded(Trial.measurePhase)

        let end = try stage.settle(victim, leader)
        trial.add("time_to_equal", end.secondsToEqual, unit: "s", better: .lower)
        trial.add("writes_discarded", end.discarded.map(Double.init), unit: "count", better: .lower)
        trial.invalidate(end.differences)
        trial.phaseEnded("drain")
        try self.judge(one, history, at: try stage.leader(), stage.ports, &trial)
        trial.phaseEnded("verify")
        return trial
    }

    /// Waits until somebody else leads and a client has been told so by an acknowledgement.
    private static func takeover(
        of victim: Int,
        _ stage: some FailoverStage,
        since killed: UInt64,
        _ history: GroupHistory,
        _ trial: inout Trial
    ) throws(HarnessError) -> Int {
        var leader: Int?
        let deadline = killed + UInt64(Session.drainSeconds * 1e9)
        while true {
            try Interruption.check()
            if leader == nil, let successor = try stage.successor(of: victim) {
                leader = successor
                let seconds = Double(Clocks.monotonicNanoseconds - killed) / 1e9
                trial.add("time_to_leader", seconds, unit: "s", better: .lower)
            }
            if let leader, let seconds = history.secondsToFirst {
                trial.add("time_to_first_write", seconds, unit: "s", better: .lower)
                return leader
            }
            guard Clocks.monotonicNanoseconds < deadline else {
                throw HarnessError(.timedOut, "nobody took over from a dead leader within \(Session.drainSeconds) s")
            }
            usleep(self.lookMicroseconds)
        }
    }

    /// Reads back what clients were told.
    private static func judge(
        _ one: FailoverCase,
        _ history: GroupHistory,
        at leader: Int,
        _ ports: [UInt16],
        _ trial: inout Trial
    ) throws(HarnessError) {
        let (acknowledged, unknown) = history.state.withLock { ($0.acknowledged, $0.unknown) }
        var places = Array(repeating: 0, count: acknowledged.count)
        let findings = try GroupCheck.check(acknowledged, from: &places, at: leader, of: ports)
        trial.add("acknowledged_lost", Double(findings.missing.count), unit: "count", better: .lower)
        let unclear = unknown.reduce(0) { $0 + $1.count }
        trial.add("outcome_unknown", Double(unclear), unit: "count", better: .neither)
        if findings.invented > 0 { trial.invalidate(["\(findings.invented) keys hold values that nobody wrote"]) }
        if one.topology == .channel, one.election == .quorum, !findings.missing.isEmpty {
            trial.invalidate(["\(findings.missing.count) acknowledged writes are lost, which a quorum rules out"])
        }
    }
}
