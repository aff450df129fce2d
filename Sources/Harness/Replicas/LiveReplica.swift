// A replica that is a server of its own: of the same make as its primary, started here, told to follow, and asked how far it
// is.

import Glibc
import Probes
import Sockets

/// What a replica said about its copy, as exactly as it was asked.
struct LoadingTime {
    private var since: UInt64?
    private var nanoseconds: UInt64 = 0
    /// When it first said that its copy comes, and when it last did, in monotonic nanoseconds.
    private(set) var receivedFirst: UInt64?
    private(set) var receivedLast: UInt64?

    mutating func note(_ isLoading: Bool, _ now: UInt64) {
        if let since, !isLoading {
            self.nanoseconds += now - since
            self.since = nil
        } else if self.since == nil, isLoading {
            self.since = now
        }
    }

    /// Who loads a file that it has received still says that its copy comes.
    mutating func noteReceiving(_ now: UInt64) {
        self.receivedFirst = self.receivedFirst ?? now
        if self.since == nil { self.receivedLast = now }
    }

    /// Nil when it never said so.
    var seconds: Double? { self.nanoseconds > 0 ? Double(self.nanoseconds) / 1e9 : nil }

    /// From the first word of it until the last; nil when it said so less than twice.
    var receivingSeconds: Double? {
        guard let first = self.receivedFirst, let last = self.receivedLast, last > first else { return nil }
        return Double(last - first) / 1e9
    }
}

final class LiveReplica {
    /// Until a primary has noticed that a replica is gone.
    private static let leaveSeconds = 20.0

    let primary: Target
    let target: Target

    /// Starts a server without data.
    /// - Parameter loadsFromFile: Redis writes what it receives to a file before it loads it, instead of loading it at once.
    init(
        of primary: Target,
        _ specification: TargetSpecification,
        loadsFromFile: Bool = false,
        _ settings: EngineSettings = EngineSettings()
    ) throws(HarnessError) {
        self.primary = primary
        self.target = try TargetLauncher.launch(specification, settings)
        guard self.target.dialect == .psync else { return }
        let loading = loadsFromFile ? "disabled" : "on-empty-db"
        _ = try self.target.control.ask("CONFIG", "SET", "repl-diskless-load", loading)
    }

    /// One that runs already.
    init(of primary: Target, running target: Target) {
        self.primary = primary
        self.target = target
    }

    func stop() { self.target.stop() }

    var processorNanoseconds: UInt64? {
        self.target.child.flatMap { ProcessTree.processorNanoseconds(of: $0.process) }
    }

    func follow() throws(HarnessError) {
        let reply = try self.target.control.ask("REPLICAOF", self.primary.host, String(self.primary.port))
        guard case .simple = reply else {
            throw HarnessError(.targetFailed, "a replica of \(self.primary.id) was told to follow: \(reply)")
        }
    }

    /// Whether the replica has its copy and follows the stream.
    func isOnline(_ loading: inout LoadingTime) throws(HarnessError) -> Bool {
        try self.target.checkAlive()
        let persistence = try self.target.info("persistence")
        loading.note(
            persistence["loading"] == "1" || persistence["async_loading"] == "1",
            Clocks.monotonicNanoseconds
        )
        let replication = try self.target.info("replication")
        // Redis tells bytes from when the transfer has begun; a replica that waits for its primary has none.
        let received = replication.number("master_sync_read_bytes").map { $0 > 0 } ?? true
        if replication["master_sync_in_progress"] == "1", received {
            loading.noteReceiving(Clocks.monotonicNanoseconds)
        }
        return replication["master_link_status"] == "up" && replication["master_sync_in_progress"] != "1"
    }

    /// Whether the replica is online and has applied so much.
    func has(_ position: UInt64, _ loading: inout LoadingTime) throws(HarnessError) -> Bool {
        guard try self.isOnline(&loading) else { return false }
        return try self.applied() >= position
    }

    /// The position up to which the replica has applied.
    func applied() throws(HarnessError) -> UInt64 {
        let info = try self.target.info("replication")
        guard let position = info.number("slave_repl_offset") ?? info.number("master_repl_offset") else {
            throw HarnessError(.targetFailed, "a replica of \(self.primary.id) does not tell its position")
        }
        return position
    }

    /// Waits until the replica has applied all that the primary has now.
    func waitUntilCurrent(withinSeconds limit: Double) throws(HarnessError) {
        guard case .position(let goal, _) = try self.primary.tip() else { preconditionFailure("a tip is a position") }
        try Wait.until("a replica of \(self.primary.id) was current", withinSeconds: limit) {
            () throws(HarnessError) in
            try self.target.checkAlive()
            return try self.applied() >= goal
        }
    }

    /// What primary and replica, both at rest, do not agree in.
    func differences() throws(HarnessError) -> [String] {
        try self.primary.differences(from: self.target).map { "the replica's data differ from the primary's: \($0)" }
    }

    /// Ends all replicas of a primary and waits until it has noticed; it forgets them.
    static func leave(_ replicas: [LiveReplica]) throws(HarnessError) {
        guard let primary = replicas.first?.primary else { return }
        let ids = try primary.info("replication").replicaIDs
        for replica in replicas { replica.stop() }
        try Wait.until("\(primary.id) had let its replicas go", withinSeconds: self.leaveSeconds) {
            () throws(HarnessError) in try primary.connectedReplicas() <= primary.residents
        }
        try primary.dropSlots(ids)
    }
}
