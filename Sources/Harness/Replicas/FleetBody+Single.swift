// Single replicas that come, stall, go and come back, for the soak.

import Sockets
import Workload

/// What a replica knows when it goes: enough to come back without missing anything.
struct DepartedReplica: Sendable {
    var id: String
    var position: UInt64
    var verifier: StreamVerifier
}

/// What a replica holds whose primary is gone.
struct Remains: Sendable {
    var position: UInt64
    var verifier: StreamVerifier
}

extension FleetBody {
    /// Connects one replica; returns the number under which it can be addressed, or nil when it could not connect.
    func join(as id: String, at start: StartingPoint, verifier: StreamVerifier) -> UInt64? {
        let token = self.nextToken
        self.nextToken += 1
        let replica = SyntheticReplica(
            id: id,
            behaviour: .fast,
            joinedAt: 0,
            start: start,
            verifier: verifier,
            phase: .away(until: 0)
        )
        self.connect(replica, token)
        if case .failed = replica.phase { return nil }
        self.replicas[token] = replica
        return token
    }

    /// Makes a replica stop reading, or read again; one that is not online is left alone.
    func setStalled(_ token: UInt64, _ isStalled: Bool) {
        guard let replica = self.replicas[token], replica.reader != nil else { return }
        replica.isPaused = isStalled
        self.watch(replica, isStalled ? [] : .readable, token)
    }

    /// Closes one replica's connection, by reset or in order, in whatever state it is.
    /// - Returns: what it knows, if it was online.
    func depart(_ token: UInt64, byReset: Bool) -> DepartedReplica? {
        guard let replica = self.replicas.removeValue(forKey: token) else { return nil }
        if let socket = replica.socket { self.poller.remove(socket) }
        replica.disconnect(byReset: byReset)
        return replica.reader.map { DepartedReplica(id: replica.id, position: $0.position, verifier: $0.verifier) }
    }

    /// What the replicas hold and where they would go on, however they ended; they are forgotten.
    func takeRemains() -> [Remains] {
        defer { self.detachAll() }
        return self.replicas.values.map { replica in
            if let reader = replica.reader { return Remains(position: reader.position, verifier: reader.verifier) }
            guard case .position(let position, _) = replica.start else {
                return Remains(position: 0, verifier: replica.held)
            }
            return Remains(position: position, verifier: replica.held)
        }
    }

    /// Replicas that have failed, each with its reason; they are forgotten.
    func takeFailures() -> [String] {
        var reasons: [String] = []
        for (token, replica) in self.replicas {
            guard case .failed(let reason) = replica.phase else { continue }
            reasons.append("replica \(replica.id): \(reason)")
            replica.disconnect(byReset: false)
            self.replicas[token] = nil
        }
        return reasons
    }

    /// Replicas that lack something that the load, at rest, has sent; one that does not read is none of them.
    func laggards(behind ledger: Ledger) -> Int {
        self.replicas.values.count { replica in
            guard replica.behaviour != .stalled else { return false }
            return replica.reader.map { !$0.verifier.missing(from: ledger).isEmpty } ?? true
        }
    }
}

/// Connections that break off in the middle of a handshake.
enum HandshakeAbort {
    /// Connects, sends the first `bytes` bytes of a good handshake and resets the connection without reading.
    static func perform(host: String, port: UInt16, dialect: Dialect, start: StartingPoint, bytes: Int) {
        guard let socket = try? Socket.connect(host: host, port: port) else { return }
        defer { socket.close() }
        socket.resetOnClose()
        let opening = ReplicaHandshake.begin(dialect, id: "soak-abort", at: start).opening
        _ = opening.prefix(bytes).withUnsafeBytes { socket.write($0) }
    }
}
