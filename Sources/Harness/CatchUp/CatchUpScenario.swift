// How long until a node is current that was away, and what do clients feel of it? A follower is killed, much is written, and it
// is started again beside a load at a fixed rate. Every node has its data on disk before it says so, in both topologies.

import Glibc
import Measurement
import Sockets
import Workload

package enum CatchUpScenario {
    package static let name = "catch-up"

    /// How long clients are watched before.
    private static let aloneSeconds = 10.0
    private static let lookMicroseconds: UInt32 = 5000
    /// Writes of so many seconds may be on their way to somebody who is current.
    private static let currentSeconds = 0.1
    private static let longestSeconds = 600.0
    private static let keys: UInt64 = 10_000

    /// Seconds of one trial, by experience.
    static func seconds(_ one: CatchUpCase) -> Double {
        20 + Double(one.bytes) / (one.trafficClass == .background ? 15e6 : 30e6)
    }

    static func run(
        _ one: CatchUpCase,
        _ specification: TargetSpecification,
        connections: Int,
        seed: UInt64
    ) throws(HarnessError) -> Trial {
        switch one.topology {
        case .channel:
            try self.run(one, try GroupCatchUp(one, specification), connections: connections, seed: seed)
        case .stream:
            try self.run(one, try StreamCatchUp(specification), connections: connections, seed: seed)
        }
    }

    private static func run(
        _ one: CatchUpCase,
        _ stage: some CatchUpStage,
        connections: Int,
        seed: UInt64
    ) throws(HarnessError) -> Trial {
        defer { stage.stop() }
        var trial = Trial()
        let session = try Session(stage.leader, connections: connections, seed: seed)
        defer { session.stop() }
        trial.phaseEnded("provision")
        try session.extend(to: self.keys, keys: self.keys, valueSize: one.valueSize)
        try self.waitUntilCurrent(stage)
        stage.crash()
        let behind = try self.tip(stage)
        try session.extend(
            to: session.load.state.ledger.count + one.records,
            keys: self.keys,
            valueSize: one.valueSize
        )
        trial.phaseEnded("preload")
        var load = one.writeRate > 0 ? try self.load(one, session) : nil
        trial.phaseEnded("warm-up")

        let processor = stage.leader.processorNanoseconds
        load?.begin()
        let began = Clocks.monotonicNanoseconds
        try stage.restart()
        let allowance = UInt64(Double(one.writeRate) * self.currentSeconds)
        let reached = try self.waitUntilCurrent(stage, within: allowance)
        let seconds = Double(Clocks.monotonicNanoseconds - began) / 1e9
        try load?.ended()
        let used = stage.leader.processorNanoseconds
        trial.phaseEnded(Trial.measurePhase)

        trial.add("time_to_current", seconds, unit: "s", better: .lower)
        let bytes = Double(reached - behind) * Double(SetBatch.commandSize(valueSize: one.valueSize))
        trial.add("catch_up_rate", bytes / seconds, unit: "B/s", better: .higher)
        if let processor, let used {
            let share = Double(used - processor) / 1e9 / seconds
            trial.add("primary_cpu_share", share, unit: "ratio", better: .neither)
        }
        try load?.stop()
        load?.add(to: &trial, seconds: seconds)
        try self.waitUntilCurrent(stage)
        trial.phaseEnded("drain")
        trial.invalidate(try stage.differences())
        trial.phaseEnded("verify")
        return trial
    }

    /// Clients that write at a fixed rate, and have done so alone for a while.
    private static func load(_ one: CatchUpCase, _ session: Session) throws(HarnessError) -> PacedLoad {
        let shape = LoadCase(valueSize: one.valueSize)
        return try PacedLoad(session, shape, rate: one.writeRate, aloneSeconds: self.aloneSeconds)
    }

    private static func tip(_ stage: some CatchUpStage) throws(HarnessError) -> UInt64 {
        guard case .position(let tip, _) = try stage.leader.tip() else { preconditionFailure("a tip is a position") }
        return tip
    }

    /// - Parameter allowance: mutations that may still be missing.
    /// - Returns: how far the follower is.
    @discardableResult private static func waitUntilCurrent(
        _ stage: some CatchUpStage,
        within allowance: UInt64 = 0
    ) throws(HarnessError) -> UInt64 {
        let deadline = Clocks.monotonicNanoseconds + UInt64(self.longestSeconds * 1e9)
        while true {
            try Interruption.check()
            try stage.leader.checkAlive()
            if let position = try stage.position(), position + allowance >= (try self.tip(stage)) { return position }
            guard Clocks.monotonicNanoseconds < deadline else {
                throw HarnessError(.timedOut, "a follower was not current within \(self.longestSeconds) s")
            }
            usleep(self.lookMicroseconds)
        }
    }
}
