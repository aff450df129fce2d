import Measurement
import Probes
import Sockets
import Synchronization
import Workload

/// One worker's part of one trial.
struct WorkerTrial {
    /// Metrics that the server is asked for, by one worker alone.
    static let firstOnly: Set<String> = [
        "allocator_allocated", "allocator_active", "allocator_resident", "mem_total_replication_buffers",
    ]

    let session: Session
    let share: WorkerShare
    let slot: TrialSlot
    let clock: SlotClock

    func run(_ work: Plan.Work) throws(HarnessError) -> Trial {
        switch work {
        case .idle(let fanOut): try self.idle(fanOut)
        case .fast(let fanOut): try self.fast(fanOut)
        case .handshake(let handshake): try self.handshake(handshake)
        case .stalled, .ceiling, .resume, .snapshot, .lag, .capacity, .faults, .failover, .catchUp:
            preconditionFailure("\(work.scenario) cannot be shared")
        }
    }

    private func attach(_ fanOut: FanOutCase) throws(HarnessError) {
        let replicas = self.share.size(of: fanOut.replicas)
        try self.session.attach(replicas, fanOut.kind.behaviour.behaviour(loadSeconds: fanOut.loadSeconds))
    }

    private func idle(_ fanOut: FanOutCase) throws(HarnessError) -> Trial {
        var trial = Trial()
        try self.attach(fanOut)
        try self.clock.wait(until: self.slot.measure.lowerBound, Self.late)
        trial.phaseEnded("provision")
        if self.share.isFirst {
            let info = try self.session.target.info("memory")
            for name in Self.firstOnly.sorted() {
                trial.add(name, info.number(name).map { Double($0) }, unit: "B", better: .lower)
            }
        }
        try self.clock.wait(until: self.slot.measure.upperBound, Self.late)
        trial.phaseEnded(Trial.measurePhase)
        try self.session.check(self.session.fleet.counters)
        try self.session.detachOwn()
        trial.phaseEnded("drain")
        return trial
    }

    private static let late =
        "this worker was not ready for its part of a trial; start with fewer replicas or more workers"

    private func fast(_ fanOut: FanOutCase) throws(HarnessError) -> Trial {
        var trial = Trial()
        try self.attach(fanOut)
        try self.clock.wait(until: self.slot.load, Self.late)
        trial.phaseEnded("provision")
        var shape = fanOut.load.shape
        shape.connections = self.share.size(of: fanOut.load.connections)
        shape.bytesPerSecond = fanOut.bytesPerSecond.map { $0 / self.share.count }
        self.session.load.begin(shape)
        try self.clock.wait(until: self.slot.measure.lowerBound, Self.late)
        trial.phaseEnded("warm-up")
        self.session.load.beginRecording()
        let start = Counts(self.session)
        try self.clock.wait(until: self.slot.measure.upperBound, Self.late)
        let end = Counts(self.session)
        trial.add("write_latency", nanoseconds: self.session.load.endRecording())
        self.session.load.end()
        trial.phaseEnded(Trial.measurePhase)
        try self.session.rest()
        try self.session.drainOwn(withinSeconds: TrialSlot.drainSeconds)
        trial.phaseEnded("drain")
        self.add(start, end, fanOut, to: &trial)
        let counters = self.session.fleet.counters
        if fanOut.kind == .flapping {
            trial.add("replica_resumes", Double(counters.resumes), unit: "count", better: .neither)
        }
        if counters.fullTransfers > 0 { trial.invalidate(["a full resync happened that was not planned"]) }
        try self.session.detachOwn()
        trial.phaseEnded("verify")
        return trial
    }

    /// Cumulative counts at one moment.
    private struct Counts {
        let nanoseconds = Clocks.monotonicNanoseconds
        let own = ProcessorTime.ownNanoseconds
        let load: UInt64
        let acknowledged: UInt64
        let fleet: FleetCounters

        init(_ session: Session) {
            self.load = session.load.state.processorNanoseconds
            self.acknowledged = session.load.progress.acknowledged.load(ordering: .relaxed)
            self.fleet = session.fleet.counters
        }
    }

    private func add(_ start: Counts, _ end: Counts, _ fanOut: FanOutCase, to trial: inout Trial) {
        let seconds = Double(end.nanoseconds - start.nanoseconds) / 1e9
        let writes = Double(end.acknowledged - start.acknowledged)
        trial.add("write_rate", writes / seconds, unit: "1/s", better: .higher)
        let own = Double(end.own - start.own) / 1e9 / seconds
        trial.add("generator_cpu_share", own, unit: "ratio", better: .neither)
        let load = Double(end.load - start.load) / 1e9 / seconds
        trial.add("load_cpu_share", load, unit: "ratio", better: .neither)
        guard fanOut.replicas > 0 else { return }
        let delivered = Double(end.fleet.delivered - start.fleet.delivered)
        trial.add("delivered_rate", delivered / seconds, unit: "1/s", better: .higher)
        let bytes = Double(end.fleet.receivedBytes - start.fleet.receivedBytes)
        trial.add("delivered_bytes_rate", bytes / seconds, unit: "B/s", better: .higher)
        let replicas = Double(end.fleet.processorNanoseconds - start.fleet.processorNanoseconds) / 1e9 / seconds
        trial.add("replicas_cpu_share", replicas, unit: "ratio", better: .neither)
    }

    private func handshake(_ handshake: HandshakeCase) throws(HarnessError) -> Trial {
        try self.clock.wait(until: self.slot.load, Self.late)
        var own = handshake
        own.concurrency = self.share.size(of: handshake.concurrency)
        return try HandshakeScenario.run(own, self.session)
    }
}
