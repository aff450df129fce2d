import Histogram
import Measurement
import Probes
import Sockets
import Synchronization
import Workload

/// What do replicas cost?
package enum FanOutScenario {
    package static let name = "fan-out"
}

extension FanOutScenario {
    /// Cumulative counts at one moment of a trial.
    private struct Mark {
        let nanoseconds = Clocks.monotonicNanoseconds
        let primary: UInt64?
        let own = ProcessorTime.ownNanoseconds
        /// Of the threads that make the load and play the replicas.
        let load: UInt64
        let replicas: UInt64
        let acknowledged: UInt64
        let delivered: UInt64
        let receivedBytes: UInt64

        init(_ session: Session) {
            self.primary = session.target.processorNanoseconds
            self.load = session.load.state.processorNanoseconds
            self.acknowledged = session.load.progress.acknowledged.load(ordering: .relaxed)
            let counters = session.fleet.counters
            self.replicas = counters.processorNanoseconds
            self.delivered = counters.delivered
            self.receivedBytes = counters.receivedBytes
        }

        func seconds(since earlier: Mark) -> Double { Double(self.nanoseconds - earlier.nanoseconds) / 1e9 }
    }

    /// Load on the primary while replicas read, each in its way: rates, latency, lag, and the primary's processor time.
    ///
    /// The write rate counts while the load runs; processor time and deliveries count until every replica is current, so
    /// that each delivery is set against the work that caused it.
    package static func fast(
        _ fanOut: FanOutCase,
        _ session: Session,
        pulse: (String) -> Void
    ) throws(HarnessError) -> Trial {
        var trial = Trial()
        let before = session.load.state.ledger
        try session.attach(fanOut.bystanders, loadSeconds: fanOut.loadSeconds)
        try session.attach(fanOut.replicas, fanOut.kind.behaviour.behaviour(loadSeconds: fanOut.loadSeconds))
        trial.phaseEnded("provision")

        var shape = fanOut.load.shape
        shape.bytesPerSecond = fanOut.bytesPerSecond
        if fanOut.fillBytes > 0 { try Self.fill(session, shape, bytes: fanOut.fillBytes) }
        session.load.begin(shape)
        try Wait.seconds(fanOut.warmUpSeconds)
        trial.phaseEnded("warm-up")

        session.load.cutRecording()
        session.load.beginRecording()
        session.fleet.beginLagSampling()
        let start = Mark(session)
        try Wait.seconds(fanOut.seconds) {
            let now = Mark(session)
            let rate = Double(now.acknowledged - start.acknowledged) / now.seconds(since: start)
            pulse("\(Int(rate)) writes/s")
        }
        let end = Mark(session)
        let latency = session.load.endRecording()
        let record = session.load.cutRecording()
        let lag = session.fleet.endLagSampling()
        session.load.end()
        trial.phaseEnded("measure")

        try session.rest()
        try session.drain()
        let drained = Mark(session)
        trial.phaseEnded("drain")

        switch fanOut.load.rate {
        case nil: trial.add("write_latency", nanoseconds: latency)
        case let rate?: record?.add(to: &trial, offered: rate, isProbe: fanOut.isProbe)
        }
        Self.addRates(&trial, start, end, drained)
        if fanOut.replicas > 0 {
            Self.addDeliveries(&trial, start, drained)
            trial.add("replica_lag", counts: lag)
        }
        let counters = session.fleet.counters
        if fanOut.kind == .flapping {
            trial.add("replica_resumes", Double(counters.resumes), unit: "count", better: .neither)
            if counters.resumes == 0 { trial.invalidate(["no replica left and came back"]) }
        }
        trial.invalidate(session.fleet.verdict(since: before, until: session.load.state.ledger))
        if counters.fullTransfers > 0 {
            trial.invalidate(["a full resync happened that was not planned"])
        }
        if fanOut.fillBytes > 0 { try Self.addSettledMemory(&trial, session) }
        try session.detach()
        trial.phaseEnded("verify")
        return trial
    }

    /// Bytes that are written before replicas are waited for, so that none falls out of a backlog that is being filled.
    private static let fillPartBytes = 4 << 20

    /// Writes so many bytes of commands, and waits until every replica has them.
    private static func fill(_ session: Session, _ shape: LoadShape, bytes: Int) throws(HarnessError) {
        let size = SetBatch.commandSize(valueSize: shape.valueSize)
        let part = UInt64(max(1, Self.fillPartBytes / size))
        let goal = session.load.state.ledger.count + UInt64(bytes / size)
        while session.load.state.ledger.count < goal {
            session.load.begin(shape, limit: part)
            try session.rest()
            if session.fleet.counters.replicas > 0 { try session.drain() }
        }
    }

    private static func addRates(_ trial: inout Trial, _ start: Mark, _ end: Mark, _ drained: Mark) {
        let seconds = end.seconds(since: start)
        trial.add("write_rate", Double(end.acknowledged - start.acknowledged) / seconds, unit: "1/s", better: .higher)
        let load = Double(drained.load - start.load) / 1e9 / drained.seconds(since: start)
        trial.add("load_cpu_share", load, unit: "ratio", better: .neither)
        let own = Double(drained.own - start.own) / 1e9 / drained.seconds(since: start)
        trial.add("generator_cpu_share", own, unit: "ratio", better: .neither)
        guard let first = start.primary, let last = drained.primary else { return }
        let primary = Double(last - first)
        let share = primary / 1e9 / drained.seconds(since: start)
        trial.add("primary_cpu_share", share, unit: "ratio", better: .neither)
        let perWrite = primary / 1000 / Double(drained.acknowledged - start.acknowledged)
        trial.add("primary_cpu_per_write", perWrite, unit: "us", better: .lower)
    }

    private static func addDeliveries(_ trial: inout Trial, _ start: Mark, _ drained: Mark) {
        let seconds = drained.seconds(since: start)
        let delivered = Double(drained.delivered - start.delivered)
        let bytes = Double(drained.receivedBytes - start.receivedBytes)
        let share = Double(drained.replicas - start.replicas) / 1e9 / seconds
        trial.add("replicas_cpu_share", share, unit: "ratio", better: .neither)
        trial.add("delivered_rate", delivered / seconds, unit: "1/s", better: .higher)
        trial.add("delivered_bytes_rate", bytes / seconds, unit: "B/s", better: .higher)
        guard let first = start.primary, let last = drained.primary else { return }
        trial.add("primary_cpu_per_delivery", Double(last - first) / 1000 / delivered, unit: "us", better: .lower)
    }
}
