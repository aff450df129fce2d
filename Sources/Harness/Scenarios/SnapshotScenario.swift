// How fast is a full copy, and what does it do to clients? Replicas that hold nothing attach, take the copy, and follow the
// stream until they are current; clients write meanwhile at a set rate, or not at all.

import Glibc
import Measurement
import Sockets
import Workload

package enum SnapshotScenario {
    package static let name = "snapshot"

    /// The load alone, which the load during the copy is set against.
    static let aloneSeconds = 2.0
    /// A late newcomer comes after half of it.
    private static let joinSeconds = 1.0
    /// The longest wait for a copy.
    static let copySeconds = 120.0
    /// Between two looks at how far the copies are, in microseconds; when one is current is known as exactly.
    private static let lookMicroseconds: UInt32 = 1000

    static func run(
        _ one: SnapshotCase,
        _ session: Session,
        _ specification: TargetSpecification
    ) throws(HarnessError) -> Trial {
        switch one.receiver {
        case .discarding: try self.discard(one, session)
        case .live: try self.attachLive(one, session, specification)
        }
    }

    static func load(_ one: SnapshotCase, _ session: Session) throws(HarnessError) -> PacedLoad? {
        guard one.writeRate > 0 else { return nil }
        var load = LoadCase(valueSize: one.data.valueSize)
        load.keys = .uniform(keys: one.data.keys)
        load.arrival = one.arrival
        return try PacedLoad(session, load, rate: one.writeRate, aloneSeconds: self.aloneSeconds)
    }

    private static func discard(_ one: SnapshotCase, _ session: Session) throws(HarnessError) -> Trial {
        var trial = Trial()
        let target = session.target
        try session.fill(keys: one.data.keys, valueSize: one.data.valueSize)
        // A server that somebody else started keeps its settings.
        if target.specification.isChild, target.specification.supports(.copyThroughFile) {
            _ = try target.control.ask("CONFIG", "SET", "repl-diskless-sync", one.transfer == .file ? "no" : "yes")
        }
        trial.phaseEnded("preload")
        // A copy that is not timed: it warms both sides up, and its checksum is computed.
        let ledger = session.load.state.ledger
        session.fleet.attachCopies(1, checksum: true, .fast, StreamVerifier(behind: ledger))
        try self.wait(session, "a first copy was complete") { $0.lastByte != nil }
        try session.detach()
        try session.attach(one.bystanders, loadSeconds: self.aloneSeconds)
        var load = try self.load(one, session)
        trial.phaseEnded("warm-up")

        var watch = try SnapshotWatch(target, asksAllocator: load == nil)
        load?.begin()
        let verifier = load == nil ? StreamVerifier(behind: ledger) : StreamVerifier(connections: ledger.last.count)
        let behaviour = one.behaviour.behaviour(loadSeconds: self.joinSeconds)
        session.fleet.attachCopies(one.replicas, checksum: false, behaviour, verifier)
        try self.wait(session, "the copies were complete", watching: &watch) { $0.lastByte != nil }
        try load?.ended()
        guard case .position(let goal, _) = try target.tip() else { preconditionFailure("a tip is a position") }
        session.fleet.setCopyGoal(goal)
        try self.wait(session, "the copies were current", watching: &watch) { $0.current != nil }
        trial.phaseEnded("measure")

        try load?.stop()
        let end = session.load.state.ledger
        session.fleet.hurry()
        try Wait.until("the replicas of \(target.id) had everything", withinSeconds: Session.drainSeconds) {
            () throws(HarnessError) in
            try session.check(session.fleet.counters)
            return session.fleet.laggards(behind: end) == 0
        }
        trial.phaseEnded("drain")
        let seconds = self.add(session.fleet.copies, one, to: &trial)
        load?.add(to: &trial, seconds: seconds)
        trial.add("copy_primary_cpu", try watch.processorSeconds(), unit: "s", better: .lower)
        try watch.add(to: &trial)
        if session.fleet.counters.fullTransfers != one.replicas {
            trial.invalidate(["\(session.fleet.counters.fullTransfers) of \(one.replicas) replicas were sent a copy"])
        }
        try session.detach()
        trial.phaseEnded("verify")
        return trial
    }

    /// Waits until every copy has come so far.
    private static func wait(
        _ session: Session,
        _ what: String,
        watching watch: inout SnapshotWatch,
        _ isThere: (CopyTimes) -> Bool
    ) throws(HarnessError) {
        let deadline = Clocks.monotonicNanoseconds + UInt64(self.copySeconds * 1e9)
        while !session.fleet.copies.allSatisfy(isThere) {
            try Interruption.check()
            try session.check(session.fleet.counters)
            try watch.sample()
            guard Clocks.monotonicNanoseconds < deadline else {
                throw HarnessError(.timedOut, "waited \(self.copySeconds) s in vain until \(what)")
            }
            usleep(self.lookMicroseconds)
        }
    }

    private static func wait(
        _ session: Session,
        _ what: String,
        _ isThere: (CopyTimes) -> Bool
    ) throws(HarnessError) {
        var watch = try SnapshotWatch(session.target, asksAllocator: false)
        try self.wait(session, what, watching: &watch, isThere)
    }

    /// Enters the steps of the slowest replica each, and the rates of all of them together.
    /// - Returns: seconds from the first connecting to the last byte.
    private static func add(_ copies: [CopyTimes], _ one: SnapshotCase, to trial: inout Trial) -> Double {
        let phases = copies.map(\.phases)
        func longest(_ phase: (CopyPhases) -> Double?) -> Double? { phases.compactMap(phase).max() }
        let (produce, transfer) = (longest(\.produce), longest(\.transfer))
        trial.add("copy_wait", longest(\.wait), unit: "s", better: .lower)
        trial.add("copy_produce", produce, unit: "s", better: .lower)
        trial.add("copy_transfer", transfer, unit: "s", better: .lower)
        trial.add("copy_catch_up", longest(\.catchUp), unit: "s", better: .lower)
        guard let began = copies.map(\.began).min(), let ended = copies.compactMap(\.lastByte).max() else { return 0 }
        let total = Double(ended - began) / 1e9
        trial.add("copy_total", total, unit: "s", better: .lower)
        trial.add("copy_bytes", (copies.first?.bytes).map { Double($0) }, unit: "B", better: .neither)
        let bytes = Double(copies.reduce(0) { $0 + $1.bytes })
        trial.add("copy_bytes_rate", bytes / total, unit: "B/s", better: .higher)
        if let transfer { trial.add("copy_transfer_rate", bytes / transfer, unit: "B/s", better: .higher) }
        if let produce, let first = copies.first {
            trial.add("copy_produce_rate", Double(first.bytes) / produce, unit: "B/s", better: .higher)
        }
        let keys = Double(one.data.keys) * Double(copies.count)
        trial.add("copy_keys_rate", keys / total, unit: "1/s", better: .higher)
        return total
    }
}
