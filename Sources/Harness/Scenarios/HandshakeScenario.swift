// How many replicas can arrive? Each handshake is on a fresh connection that is closed by reset after the answer, so that
// neither side runs out of ports.

import Histogram
import Measurement
import Sockets

package enum HandshakeScenario {
    package static let name = "handshake"

    /// How far behind a replica of the kind `behind` claims to be, in mutations or, for PSYNC, in bytes.
    private static let distanceBehind: UInt64 = 100
    private static let visitor = "bench-handshake"
    /// The longest wait for one answer before the trial fails.
    private static let stallSeconds = 5.0

    static func run(_ handshake: HandshakeCase, _ session: Session) throws(HarnessError) -> Trial {
        handshake.kind == .storm ? try Self.storm(handshake, session) : try Self.flood(handshake, session)
    }

    private static func flood(
        _ handshake: HandshakeCase,
        _ session: Session
    ) throws(HarnessError) -> Trial {
        var trial = Trial()
        let target = session.target
        var dialogue = Self.dialogue(handshake.kind, target.dialect, at: try target.tip())
        let greeting = target.access.greeting
        if !greeting.isEmpty { dialogue.insert(Exchange(request: greeting, answer: Array("+OK".utf8)), at: 0) }
        let flood: HandshakeFlood
        do throws(SocketError) {
            flood = try HandshakeFlood(
                host: target.host,
                port: target.replicationPort,
                concurrency: handshake.concurrency,
                dialogue: dialogue
            )
        } catch {
            throw HarnessError(.targetUnavailable, "the handshakes cannot begin: \(error)")
        }
        try flood.run(seconds: handshake.seconds / 5)
        trial.phaseEnded("warm-up")
        flood.reset()
        let processor = target.processorNanoseconds
        let began = Clocks.monotonicNanoseconds
        try flood.run(seconds: handshake.seconds)
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
        try session.detach(Self.visitor)
        trial.phaseEnded("drain")
        return trial
    }

    /// What a replica of each engine says before its stream runs. Redis's own replica sends PING, then its REPLCONFs
    /// together, then PSYNC; `minimal` leaves out what the server does not insist on.
    private static func dialogue(_ kind: HandshakeCase.Kind, _ dialect: Dialect, at tip: StartingPoint) -> [Exchange] {
        var start = tip
        if kind == .behind, case .position(let position, let history) = tip {
            start = .position(position - min(position, Self.distanceBehind), history: history)
        }
        switch (kind, dialect) {
        case (.malformed, .replicate): return [Self.exchange(["REPLICATE", "FROM", "nowhere", "ID", "bench"], "-ERR")]
        case (.malformed, .psync): return [Self.exchange(["PSYNC", "nowhere"], "-ERR")]
        case (_, .replicate):
            let opening = ReplicaHandshake.begin(dialect, id: Self.visitor, at: start).opening
            return [Exchange(request: opening, answer: Array("+ACK".utf8))]
        case (_, .psync):
            let request = Exchange(request: ReplicaHandshake.psync(start), answer: Array("+CONTINUE".utf8))
            if kind == .minimal { return [request] }
            return [
                Exchange(request: ReplicaHandshake.greeting, answer: Array("+PONG".utf8)),
                Exchange(request: ReplicaHandshake.introduction, answer: Array("+OK".utf8), lines: 2),
                request,
            ]
        }
    }

    private static func exchange(_ words: [String], _ answer: String) -> Exchange {
        Exchange(request: CommandEncoder.bytes(words), answer: Array(answer.utf8))
    }

    /// All at once, and they stay: how long until the last one is online?
    private static func storm(_ handshake: HandshakeCase, _ session: Session) throws(HarnessError) -> Trial {
        var trial = Trial()
        let began = Clocks.monotonicNanoseconds
        try session.attach(handshake.concurrency, handshake.behaviour.behaviour(loadSeconds: 0))
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
