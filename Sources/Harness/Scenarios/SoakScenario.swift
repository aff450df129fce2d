// Hours in minutes: mixed load while replicas come, go, stall, come back where they left, and break off in the middle of
// their handshake. Every replica checks its stream all the time, across its resumes too; at the end of every round the
// load rests and everybody must have everything. Memory of the server is sampled there, always behind the same load.

import Measurement
import Primitives
import Probes
import Sockets
import Synchronization
import Workload

package enum SoakScenario {
    package static let name = "soak"

    /// What is sent per second at most: so that a stall of `longestStall` stays far inside a backlog of 256 MiB.
    private static let bytesPerSecond = 30 << 20
    /// The loads of one round, in order; the last one rewrites every key, so that rounds end alike.
    private static let shapes: [(connections: Int, pipeline: Int, valueSize: Int)] = [
        (50, 1, 64), (8, 64, 200), (20, 8, 4096), (50, 16, 1024),
    ]
    private static let secondsPerShape = 4.0
    static var roundSeconds: Double { Double(Self.shapes.count) * Self.secondsPerShape }
    private static let keys: UInt64 = 10_000
    private static let stepMicroseconds = 20_000

    /// Connections that the load needs.
    static let connections = 50
    package static let expectedMetrics = [
        "write_rate", "delivered_bytes_rate", "allocator_allocated", "replica_arrivals", "replica_resumes",
        "replica_resets",
        "handshake_aborts", "replica_stalls",
    ]

    /// Plays one round and checks its end.
    static func round(_ session: Session, _ cast: inout SoakCast) throws(HarnessError) -> Trial {
        var trial = Trial()
        let began = Clocks.monotonicNanoseconds
        let before = session.load.progress.acknowledged.load(ordering: .relaxed)
        let receivedBefore = session.fleet.reactor.call { $0.receivedEver }
        cast.tally = SoakTally()
        for shape in Self.shapes {
            var load = LoadShape()
            load.connections = shape.connections
            load.pipeline = shape.pipeline
            load.valueSize = shape.valueSize
            load.keys = .uniform(keys: Self.keys)
            load.bytesPerSecond = Self.bytesPerSecond
            session.load.begin(load)
            let end = Clocks.monotonicNanoseconds + UInt64(Self.secondsPerShape * 1e9)
            while Clocks.monotonicNanoseconds < end {
                try Wait.seconds(Double(Self.stepMicroseconds) / 1e6)
                try cast.step(session)
            }
            session.load.end()
            try session.rest()
        }
        let seconds = Double(Clocks.monotonicNanoseconds - began) / 1e9
        trial.phaseEnded("measure")
        try cast.settle(session)
        trial.phaseEnded("verify")
        let written = Double(session.load.progress.acknowledged.load(ordering: .relaxed) - before)
        trial.add("write_rate", written / seconds, unit: "1/s", better: .neither)
        let received = Double(session.fleet.reactor.call { $0.receivedEver } - receivedBefore)
        trial.add("delivered_bytes_rate", received / seconds, unit: "B/s", better: .neither)
        cast.tally.add(to: &trial)
        let info = try session.target.info("memory")
        trial.add(
            "allocator_allocated",
            info.number("allocator_allocated").map { Double($0) },
            unit: "B",
            better: .lower
        )
        trial.add("rss", (session.target.memory?.resident).map { Double($0) }, unit: "B", better: .lower)
        return trial
    }

    /// Whether memory grew: the last rounds against those behind the first quarter, where backlog and caches have
    /// reached their size. Judged from eight rounds on.
    package static func growth(_ allocated: [Double]) -> (bytes: Double, isFlat: Bool)? {
        guard allocated.count >= 8 else { return nil }
        let quarter = allocated.count / 4
        func median(_ values: ArraySlice<Double>) -> Double { values.sorted()[values.count / 2] }
        let early = median(allocated[quarter..<(2 * quarter)])
        let growth = median(allocated.suffix(quarter)) - early
        return (growth, growth < max(early * 0.05, 8 * 1_048_576))
    }
}

/// What happened in a round.
struct SoakTally {
    var arrivals = 0
    var resumes = 0
    var resets = 0
    var aborts = 0
    var stalls = 0

    func add(to trial: inout Trial) {
        for (metric, count) in [
            ("replica_arrivals", self.arrivals), ("replica_resumes", self.resumes), ("replica_resets", self.resets),
            ("handshake_aborts", self.aborts), ("replica_stalls", self.stalls),
        ] {
            trial.add(metric, Double(count), unit: "count", better: .neither)
        }
    }
}
