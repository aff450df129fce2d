// How many replicas can arrive? Each handshake is on a fresh connection that is closed by reset after the answer, so that
// neither side runs out of ports.

import Histogram
import Measurement
import Sockets

package enum HandshakeScenario {
    package static let name = "handshake"

    /// How far behind a replica of the kind `behind` claims to be, in mutations or, for PSYNC, in bytes.
    private static let distanceBehind: UInt64 = 100
    /// The longest wait for one answer before the trial fails.
    private static let stallSeconds = 5.0

    static func run(_ handshake: HandshakeCase, _ session: Session, seconds: Double) throws(HarnessError) -> Trial {
        handshake.kind == .storm
            ? try Self.storm(handshake, session)
            : try Self.flood(handshake, session, seconds: seconds)
    }

    private static func flood(
        _ handshake: HandshakeCase,
        _ session: Session,
        seconds: Double
    ) throws(HarnessError) -> Trial {
        var trial = Trial()
        let target = session.target
        let exchanges = Self.exchanges(handshake.kind, target.dialect, at: try target.tip())
        let flood: HandshakeFlood
        do throws(SocketError) {
            flood = try HandshakeFlood(
                host: target.host,
                port: target.replicationPort,
                concurrency: handshake.concurrency,
                exchanges: exchanges
            )
        } catch {
            throw HarnessError(.targetUnavailable, "the handshakes cannot begin: \(error)")
        }
        try flood.run(seconds: seconds / 5)
        trial.phaseEnded("warm-up")
        flood.reset()
        let processor = target.processorNanoseconds
        let began = Clocks.monotonicNanoseconds
        try flood.run(seconds: seconds)
        let elapsed = Double(Clocks.monotonicNanoseconds - began) / 1e9
        let count = Double(flood.completed)
        trial.add("handshake_rate", count / elapsed, unit: "1/s", better: .higher)
        trial.add("handshake_latency", nanoseconds: flood.latency)
        if let processor, let after = target.processorNanoseconds {
            let perHandshake = Double(after - processor) / 1000 / count
            trial.add("primary_cpu_per_handshake", perHandshake, unit: "us", better: .lower)
        }
        trial.invalidate(flood.failures)
        trial.phaseEnded("measure")
        try session.detach()
        trial.phaseEnded("drain")
        return trial
    }

    /// What is said, in order: each a request and the answers that it must get.
    private static func exchanges(
        _ kind: HandshakeCase.Kind,
        _ dialect: Dialect,
        at tip: StartingPoint
    ) -> [HandshakeFlood.Exchange] {
        var start = tip
        if kind == .behind, case .position(let position, let history) = tip {
            start = .position(position - min(position, Self.distanceBehind), history: history)
        }
        switch (kind, dialect) {
        case (.malformed, .replicate):
            return [.init(CommandEncoder.bytes(["REPLICATE", "FROM", "nowhere", "ID", "bench"]), ["-ERR"])]
        case (.malformed, .psync):
            return [.init(CommandEncoder.bytes(["PSYNC", "nowhere"]), ["-ERR"])]
        case (_, .replicate):
            return [.init(ReplicaHandshake.begin(dialect, id: "bench-handshake", at: start).opening, ["+ACK"])]
        case (.bare, .psync):
            return [.init(ReplicaHandshake.psync(start), ["+CONTINUE"])]
        case (_, .psync):
            return [
                .init(ReplicaHandshake.greeting, ["+PONG"]),
                .init(ReplicaHandshake.introduction, ["+OK", "+OK"]),
                .init(ReplicaHandshake.psync(start), ["+CONTINUE"]),
            ]
        }
    }

    /// All at once, and they stay: how long until the last one is online?
    private static func storm(_ handshake: HandshakeCase, _ session: Session) throws(HarnessError) -> Trial {
        var trial = Trial()
        let began = Clocks.monotonicNanoseconds
        try session.attach(handshake.concurrency, .fast)
        let seconds = Double(Clocks.monotonicNanoseconds - began) / 1e9
        trial.add("time_to_all_online", seconds, unit: "s", better: .lower)
        trial.phaseEnded("measure")
        try session.check(session.fleet.counters)
        if session.fleet.counters.fullTransfers > 0 {
            trial.invalidate(["a full resync happened that was not planned"])
        }
        try session.detach()
        trial.phaseEnded("drain")
        return trial
    }
}
