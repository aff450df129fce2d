// Kills a primary or its replica in the middle of a load, again and again, each with a data directory of its own, and checks
// after every recovery that the two come together again: the replica catches up, and their digests agree. Where both sync
// before they acknowledge, neither is ever ahead of its disk, so that no recovery may need a full copy.

import Primitives
import Sockets
import Workload

package final class CrashPair {
    private static let keys: UInt64 = 10_000
    private static let connections = 32
    /// When a server is killed, in milliseconds after the load began.
    private static let killMilliseconds: ClosedRange<UInt64> = 50...300
    /// How long clients go on writing while a replica is gone, in milliseconds.
    private static let aloneMilliseconds: ClosedRange<UInt64> = 0...200
    /// Every so many kills hit both at once.
    private static let bothEvery: UInt64 = 8
    private static let currentSeconds = 60.0
    private static let closingSeconds = 5.0
    private static let roundsPerLine = 10

    private enum Victim: String {
        case primary, replica, both
    }

    private let plan: CrashPlan
    /// Where the servers' data lie.
    package let directory: String
    package private(set) var tally = CrashPairTally()
    private var generator: SeededGenerator
    private let primaryPorts: ServerPorts
    private let replicaPorts: ServerPorts

    package init(_ plan: CrashPlan) throws(HarnessError) {
        self.plan = plan
        self.generator = SeededGenerator(seed: plan.seed)
        self.directory = try FileTree.makeTemporary("sluice-pair")
        (self.primaryPorts, self.replicaPorts) = try TargetLauncher.portsOfPair()
    }

    package func removeData() { FileTree.remove(self.directory) }

    // MARK: - The two servers

    private func startPrimary() throws(HarnessError) -> Target {
        try TargetLauncher.begin(self.settings("primary"), on: self.primaryPorts).target()
    }

    private func startReplica() throws(HarnessError) -> Target {
        var settings = self.settings("replica")
        settings.replicaOf = "\(TargetLauncher.host):\(self.primaryPorts.client)"
        return try TargetLauncher.begin(settings, on: self.replicaPorts).target()
    }

    private func settings(_ name: String) -> EngineSettings {
        var settings = EngineSettings()
        settings.dataDirectory = "\(self.directory)/\(name)"
        settings.logSync = self.plan.logSync
        return settings
    }

    // MARK: - Rounds

    /// - Throws: at the first round after which the two do not agree, or something was copied that was there.
    package func run() throws(HarnessError) {
        var primary = try self.startPrimary()
        defer { primary.stop() }
        var replica = try self.startReplica()
        defer { replica.stop() }
        try self.waitUntilEqual(primary, replica)
        // The first attachment may be a copy: the replica has nothing.
        var copies = try Self.fullCopies(primary)
        for round in 1...self.plan.rounds {
            try Interruption.check()
            let victim = self.draw()
            do throws(HarnessError) {
                let load = try self.beginLoad(primary)
                defer { load.stop() }
                try Wait.seconds(self.drawSeconds(Self.killMilliseconds))
                let acknowledged = load.state.acknowledged
                copies = try self.kill(victim, &primary, &replica, load, copies)
                self.tally.acknowledged += max(acknowledged, load.state.acknowledged)
                let began = Clocks.monotonicNanoseconds
                if !(replica.child?.isAlive() ?? true) { replica = try self.startReplica() }
                try self.waitUntilEqual(primary, replica)
                let seconds = Double(Clocks.monotonicNanoseconds - began) / 1e9
                self.tally.longestRecovery = max(self.tally.longestRecovery, seconds)
                let now = try Self.fullCopies(primary)
                self.tally.fullCopies += now - min(copies, now)
                copies = now
                self.tally.enter(victim == .primary || victim == .both, victim == .replica || victim == .both)
                if self.plan.logSync == .always, self.tally.fullCopies > 0 {
                    throw HarnessError(.targetFailed, "the replica was sent a full copy")
                }
            } catch {
                let said = [("primary", primary), ("replica", replica)].map { name, target in
                    "the \(name) said:\n\(target.child?.outputTail ?? "")"
                }
                throw HarnessError(
                    error.code,
                    "round \(round), kill of \(victim.rawValue): \(error.message)\n\(said.joined(separator: "\n"))"
                )
            }
            if round % Self.roundsPerLine == 0 || round == self.plan.rounds {
                self.plan.tell(
                    "round \(round)/\(self.plan.rounds): \(self.tally.acknowledged) writes acknowledged, "
                        + "\(self.tally.fullCopies) full copies, together again within "
                        + "\(CrashTally.milliseconds(self.tally.longestRecovery)) ms"
                )
            }
        }
    }

    private func draw() -> Victim {
        let draw = self.generator.next() >> 32
        if draw.isMultiple(of: Self.bothEvery) { return .both }
        return (draw >> 8).isMultiple(of: 2) ? .primary : .replica
    }

    private func drawSeconds(_ range: ClosedRange<UInt64>) -> Double {
        Double(range.lowerBound + (self.generator.next() >> 32) % UInt64(range.count)) / 1000
    }

    private func beginLoad(_ primary: Target) throws(HarnessError) -> LoadGenerator {
        let load: LoadGenerator
        do throws(SocketError) {
            let seed = self.generator.next()
            load = try LoadGenerator(host: primary.host, port: primary.port, connections: Self.connections, seed: seed)
        } catch {
            throw HarnessError(.targetUnavailable, "the load cannot be started: \(error)")
        }
        func pick(_ choices: [Int]) -> Int { choices[Int(self.generator.next() % UInt64(choices.count))] }
        var shape = LoadShape()
        shape.connections = pick([1, 4, 16, Self.connections])
        shape.pipeline = pick([1, 8, 64])
        shape.valueSize = pick([MutationHeader.minimumValueSize, 100, 1000])
        shape.keys = .uniform(keys: Self.keys)
        shape.mix = .every
        load.begin(shape)
        return load
    }

    /// Kills, lets the load end, and starts the primary again if it was hit.
    /// - Returns: full copies that the primary which then runs has made already.
    private func kill(
        _ victim: Victim,
        _ primary: inout Target,
        _ replica: inout Target,
        _ load: LoadGenerator,
        _ copies: UInt64
    ) throws(HarnessError) -> UInt64 {
        if let failure = load.state.failures.first { throw HarnessError(.targetFailed, "before the kill: \(failure)") }
        try primary.checkAlive()
        try replica.checkAlive()
        if victim != .primary { replica.child?.crash() }
        if victim == .replica {
            try Wait.seconds(self.drawSeconds(Self.aloneMilliseconds))
            load.end()
            try Wait.until("the load was answered", withinSeconds: Self.closingSeconds) { load.state.isIdle }
            if let failure = load.state.failures.first { throw HarnessError(.targetFailed, failure) }
            return copies
        }
        self.tally.fullCopies += try Self.fullCopies(primary) - copies
        primary.child?.crash()
        try Wait.until("the load's connections had ended", withinSeconds: Self.closingSeconds) { load.state.isIdle }
        primary = try self.startPrimary()
        return 0
    }

    // MARK: - What must hold

    private func waitUntilEqual(_ primary: Target, _ replica: Target) throws(HarnessError) {
        let live = LiveReplica(of: primary, running: replica)
        var loading = LoadingTime()
        try Wait.until("the replica was online", withinSeconds: Self.currentSeconds) {
            () throws(HarnessError) in
            try primary.checkAlive()
            return try live.isOnline(&loading)
        }
        // Exactly: a replica that was ahead of the primary's disk has to be copied to first.
        guard case .position(let tip, _) = try primary.tip() else { preconditionFailure("a tip is a position") }
        try Wait.until("the replica was at \(tip)", withinSeconds: Self.currentSeconds) { () throws(HarnessError) in
            try replica.checkAlive()
            return try live.applied() == tip
        }
        let differences = try live.differences()
        if let difference = differences.first { throw HarnessError(.targetFailed, difference) }
    }

    /// Full copies that a primary has sent since it was started.
    private static func fullCopies(_ primary: Target) throws(HarnessError) -> UInt64 {
        guard let count = try primary.info("stats").number("sync_full") else {
            throw HarnessError(.targetFailed, "\(primary.id) does not tell its full copies (sync_full)")
        }
        return count
    }
}

/// What a test of a pair has seen so far.
package struct CrashPairTally: Sendable {
    package private(set) var rounds = 0
    package private(set) var primaryKills = 0
    package private(set) var replicaKills = 0
    package var acknowledged: UInt64 = 0
    /// Full copies behind the first attachment.
    package var fullCopies: UInt64 = 0
    /// From the start of the last server until both held the same, in seconds.
    package var longestRecovery = 0.0

    mutating func enter(_ primary: Bool, _ replica: Bool) {
        self.rounds += 1
        if primary { self.primaryKills += 1 }
        if replica { self.replicaKills += 1 }
    }

    /// The result as a table of two lines.
    package var table: String {
        CrashTally.table([
            ("rounds", String(self.rounds)), ("primary killed", String(self.primaryKills)),
            ("replica killed", String(self.replicaKills)), ("writes acknowledged", String(self.acknowledged)),
            ("digests equal", String(self.rounds)), ("full copies", String(self.fullCopies)),
            ("longest until equal", "\(CrashTally.milliseconds(self.longestRecovery)) ms"),
        ])
    }
}
