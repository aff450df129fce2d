// What a server holds, step by step: nothing, its data, its replicas, a full backlog with replicas that stopped reading; and how
// far back a replica may be and still resume. These are the numbers that a plan's formulas take.

import Measurement
import Probes
import Sockets
import Workload

package enum CapacityScenario {
    package static let name = "capacity"

    private static let visitor = "bench-capacity"
    /// The allocator gives freed pages back within its decay of one second, and Redis looks at it ten times a second.
    private static let settleSeconds = 0.4
    private static let drainSeconds = 60.0
    /// The backlog is filled in parts of this share of it, and the replicas that read get each part before the next: so none
    /// of them falls out of it.
    private static let partShare = 4

    private struct Memory {
        let allocated: Double
        let buffers: Double
        let resident: Double?
    }

    /// - Parameter session: with a server of the case's backlog that holds nothing.
    static func run(_ one: CapacityCase, _ session: Session) throws(HarnessError) -> Trial {
        var trial = Trial()
        let empty = try self.memory(session)
        trial.add("empty_allocated", empty.allocated, unit: "B", better: .lower)
        trial.add("empty_rss", empty.resident, unit: "B", better: .lower)
        trial.phaseEnded("provision")

        try session.fill(keys: one.keys, valueSize: one.valueSize)
        let filled = try self.memory(session)
        let data = filled.allocated - filled.buffers - (empty.allocated - empty.buffers)
        trial.add("data_allocated", data, unit: "B", better: .lower)
        trial.phaseEnded("preload")

        let ledger = session.load.state.ledger
        let tip = try session.target.tip()
        session.fleet.attach(one.replicas, at: tip, .fast, behind: ledger)
        try self.waitUntilOnline(one.replicas, session)
        let attached = try self.memory(session)
        if one.replicas > 0 {
            let each = max(0, attached.allocated - filled.allocated) / Double(one.replicas)
            trial.add("replica_allocated", each, unit: "B", better: .lower)
        }
        session.fleet.attach(one.stalled, at: tip, .stalled, behind: ledger)
        try self.waitUntilOnline(one.replicas + one.stalled, session)
        trial.phaseEnded("warm-up")

        let written = try self.write(one, session)
        let full = try self.memory(session)
        trial.add("allocator_allocated", full.allocated, unit: "B", better: .lower)
        trial.add("rss", full.resident, unit: "B", better: .lower)
        trial.add("mem_total_replication_buffers", full.buffers, unit: "B", better: .lower)
        try session.check(session.fleet.counters)
        try session.detach()
        trial.phaseEnded("measure")

        let reach = try self.reach(one, session, written: written)
        trial.add("backlog_reach", reach.map { Double($0) }, unit: "count", better: .higher)
        if reach == nil {
            trial.invalidate(["a replica \(written) mutations behind resumed: the backlog was not full"])
        }
        try session.detach(self.visitor)
        trial.phaseEnded("verify")
        return trial
    }

    private static func memory(_ session: Session) throws(HarnessError) -> Memory {
        session.load.disconnect()
        try Wait.seconds(self.settleSeconds)
        let info = try session.target.info("memory")
        guard let allocated = info.number("allocator_allocated") else {
            throw HarnessError(.targetFailed, "\(session.target.id) does not tell allocator_allocated in INFO memory")
        }
        return Memory(
            allocated: Double(allocated),
            buffers: Double(info.number("mem_total_replication_buffers") ?? 0),
            resident: (session.target.memory?.resident).map { Double($0) }
        )
    }

    private static func waitUntilOnline(_ count: Int, _ session: Session) throws(HarnessError) {
        try Wait.until("\(count) replicas of \(session.target.id) were online", withinSeconds: self.drainSeconds) {
            () throws(HarnessError) in
            let counters = session.fleet.counters
            try session.check(counters)
            return counters.online == count
        }
    }

    /// Writes the pending bytes part by part.
    /// - Returns: mutations written.
    private static func write(_ one: CapacityCase, _ session: Session) throws(HarnessError) -> UInt64 {
        var shape = LoadShape()
        shape.valueSize = one.valueSize
        shape.keys = .uniform(keys: one.keys)
        let size = SetBatch.commandSize(valueSize: one.valueSize)
        let part = UInt64(max(1, one.backlogBytes / self.partShare / size))
        let before = session.load.state.ledger.count
        let goal = before + UInt64(one.pendingBytes / size)
        while session.load.state.ledger.count < goal {
            session.load.begin(shape, limit: min(part, goal - session.load.state.ledger.count))
            try session.rest()
            let due = (session.load.state.ledger.count - before) * UInt64(one.replicas)
            try Wait.until("the replicas of \(session.target.id) were current", withinSeconds: self.drainSeconds) {
                () throws(HarnessError) in
                let counters = session.fleet.counters
                try session.check(counters)
                return counters.delivered >= due
            }
        }
        return session.load.state.ledger.count - before
    }

    /// The most mutations that a replica may lack and still resume, found by trying; nil when all that were written can be
    /// resumed.
    private static func reach(
        _ one: CapacityCase,
        _ session: Session,
        written: UInt64
    ) throws(HarnessError) -> UInt64? {
        let target = session.target
        guard case .position(let tip, let history) = try target.tip() else {
            preconditionFailure("a tip is a position")
        }
        // Redis counts bytes.
        let size = UInt64(SetBatch.commandSize(valueSize: one.valueSize))
        let unit = target.dialect == .psync ? size : 1
        let verifier = StreamVerifier(connections: session.load.state.ledger.last.count)
        let replica = try SoloReplica(target)
        return try Bisection.largest(upTo: written, near: UInt64(one.backlogBytes) / size) {
            (distance) throws(HarnessError) in
            let start = StartingPoint.position(tip - distance * unit, history: history)
            let visit = try replica.visit(as: self.visitor, from: start, verifier, until: .firstFrame)
            switch visit.end {
            case .reached: return true
            case .full, .refused: return false
            case .broken(let error):
                throw HarnessError(.targetFailed, "\(target.id) resumed a replica with a damaged stream: \(error)")
            }
        }
    }
}

/// Finds where something that works for small numbers stops to work.
package enum Bisection {
    /// The answer is known to one part in so many: as well as any backlog, which is made of chunks, could be asked for.
    private static let parts: UInt64 = 400

    /// - Parameters:
    ///   - limit: the largest number that is tried.
    ///   - guess: near the answer; only the number of attempts depends on it.
    /// - Returns: the largest number found to work; nil when the limit works; 0 when nothing does.
    package static func largest(
        upTo limit: UInt64,
        near guess: UInt64,
        _ works: (UInt64) throws(HarnessError) -> Bool
    ) throws(HarnessError) -> UInt64? {
        var low: UInt64 = 0
        var high = limit
        // A bracket around the guess first: each failure may cost the server a full copy.
        let below = min(guess - guess / 4, limit)
        let above = min(guess + guess / 4, limit)
        if below > 0, below < limit {
            if try works(below) { low = below } else { high = below }
        }
        if low == below, above > low, above < limit {
            if try works(above) { low = above } else { high = above }
        }
        if high == limit, try works(limit) { return nil }
        while high - low > max(1, high / self.parts) {
            let middle = low + (high - low) / 2
            if try works(middle) { low = middle } else { high = middle }
        }
        return low
    }
}
