// The same end to end: a server without data is told to follow, copies, loads and serves.

import Glibc
import Measurement
import Probes
import Sockets

extension SnapshotScenario {
    /// Between two questions to a replica, in microseconds.
    private static let askMicroseconds: UInt32 = 3000

    static func attachLive(
        _ one: SnapshotCase,
        _ session: Session,
        _ specification: TargetSpecification
    ) throws(HarnessError) -> Trial {
        var trial = Trial()
        let target = session.target
        try session.fill(keys: one.data.keys, valueSize: one.data.valueSize)
        trial.phaseEnded("preload")
        let replica = try LiveReplica(of: target, specification, loadsFromFile: one.transfer == .file)
        defer { replica.stop() }
        try session.attach(one.bystanders, loadSeconds: self.aloneSeconds)
        trial.phaseEnded("provision")
        var load = try self.load(one, session)
        trial.phaseEnded("warm-up")

        var watch = try SnapshotWatch(target, asksAllocator: load == nil)
        load?.begin()
        // A link may be up before its copy has begun, so the replica must have what was there as well.
        guard case .position(let due, _) = try target.tip() else { preconditionFailure("a tip is a position") }
        let processor = replica.processorNanoseconds
        let began = Clocks.monotonicNanoseconds
        try replica.follow()
        var loading = LoadingTime()
        let deadline = began + UInt64(self.copySeconds * 1e9)
        while try !replica.has(due, &loading) {
            try Interruption.check()
            try watch.sample()
            guard Clocks.monotonicNanoseconds < deadline else {
                throw HarnessError(.timedOut, "waited \(self.copySeconds) s in vain for a replica to be online")
            }
            usleep(self.askMicroseconds)
        }
        let online = Clocks.monotonicNanoseconds
        try load?.ended()
        try replica.waitUntilCurrent(withinSeconds: Session.drainSeconds)
        let current = Clocks.monotonicNanoseconds
        let replicaProcessor = replica.processorNanoseconds
        trial.phaseEnded("measure")

        try load?.stop()
        let primarySeconds = try watch.processorSeconds()
        let total = Double(current - began) / 1e9
        trial.add("live_total", total, unit: "s", better: .lower)
        trial.add("live_catch_up", Double(current - online) / 1e9, unit: "s", better: .lower)
        let wait = loading.receivedFirst.map { Double($0 - began) / 1e9 }
        trial.add("live_wait", wait, unit: "s", better: .lower)
        trial.add("live_transfer", loading.receivingSeconds, unit: "s", better: .lower)
        trial.add("live_loading", loading.seconds, unit: "s", better: .lower)
        if let seconds = loading.seconds {
            trial.add("live_loading_rate", Double(one.data.bytes) / seconds, unit: "B/s", better: .higher)
        }
        trial.add("live_keys_rate", Double(one.data.keys) / total, unit: "1/s", better: .higher)
        trial.add("live_bytes_rate", Double(one.data.bytes) / total, unit: "B/s", better: .higher)
        trial.add("live_primary_cpu", primarySeconds, unit: "s", better: .lower)
        if let processor, let replicaProcessor {
            trial.add("live_replica_cpu", Double(replicaProcessor - processor) / 1e9, unit: "s", better: .lower)
        }
        load?.add(to: &trial, seconds: Double(online - began) / 1e9)
        try watch.add(to: &trial)
        try replica.waitUntilCurrent(withinSeconds: Session.drainSeconds)
        try session.drain()
        session.fleet.detachAll()
        trial.phaseEnded("drain")
        trial.invalidate(try replica.differences())
        try LiveReplica.leave([replica])
        trial.phaseEnded("verify")
        return trial
    }
}
