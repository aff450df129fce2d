// Three members under load, to the leader of which something happens, again and again. After each fault the members must come to have
// the same data, everything that was acknowledged must be there, and nobody who asked for consistent reads may have seen less than
// was known when he asked.

import Primitives
import Sockets
import Synchronization

package final class GroupTest {
    private let plan: GroupTestPlan
    private let shape: GroupShape
    private let nodes: GroupNodes
    private let history: GroupHistory
    /// nil under the nearest policy, which promises no such reads.
    private let registers: GroupRegisters?
    private var generator: SeededGenerator
    private var places: [Int]
    private var unknownPlaces: [Int]
    private var counted: [Int]
    private var discards = GroupDiscards()
    /// Keys of acknowledged writes that are gone.
    private var lost: Set<String> = []
    package private(set) var tally = GroupTally()

    /// When the fault happens, in milliseconds after the load began, and how long the load goes on after the takeover.
    private static let faultMilliseconds: ClosedRange<UInt64> = 100...600
    private static let afterSeconds = 0.3
    /// Of a slow disk, by heartbeats; and how far a clock jumps at most.
    private static let syncHeartbeats = 0.6
    private static let longestJumpSeconds = 86_400

    package var directory: String { self.nodes.directory }

    package init(_ plan: GroupTestPlan) throws(HarnessError) {
        self.plan = plan
        self.shape = plan.shape
        self.nodes = try GroupNodes(plan.shape)
        // One more than the load: it stays with the leader that is cut off.
        self.history = GroupHistory(writers: plan.writers + plan.rounds)
        self.registers = plan.policy == .quorum ? GroupRegisters() : nil
        self.generator = SeededGenerator(seed: plan.seed)
        self.places = Array(repeating: 0, count: plan.writers + plan.rounds)
        self.unknownPlaces = self.places
        self.counted = Array(repeating: 0, count: self.nodes.count)
    }

    package func removeData() { self.nodes.removeData() }

    package func run() throws(HarnessError) {
        defer { self.nodes.stopAll() }
        try self.nodes.startAll()
        _ = try self.nodes.waitForLeader()
        var workers: [GroupWorker] = []
        defer { for worker in workers { worker.stop() } }
        for writer in 0..<self.plan.writers {
            workers.append(try .writer(writer, self.history, ports: self.nodes.clientPorts))
        }
        workers += try self.registers?.workers(ports: self.nodes.clientPorts) ?? []
        for round in 1...self.plan.rounds {
            try Interruption.check()
            do throws(HarnessError) {
                try self.play(round, workers)
            } catch {
                throw HarnessError(error.code, "round \(round): \(error.message)\n\(self.nodes.outputs)")
            }
        }
    }

    private func play(_ round: Int, _ workers: [GroupWorker]) throws(HarnessError) {
        for worker in workers { worker.goOn() }
        let wait = UInt64.random(in: Self.faultMilliseconds, using: &self.generator)
        try Wait.seconds(Double(wait) / 1000)
        let victim = try self.nodes.waitForLeader()
        let term = self.nodes.number("group0_term", of: victim)
        let faithful = try self.faithful(to: victim, round)
        defer { for worker in faithful { worker.stop() } }
        if !faithful.isEmpty { try Wait.seconds(Self.afterSeconds) }
        self.noteDiscarded(victim)
        self.history.begin(victim, at: Clocks.monotonicNanoseconds)
        try self.strike(victim, round)
        if self.plan.deposes {
            try Wait.until("another member to acknowledge a write", withinSeconds: self.shape.patienceSeconds) {
                () throws(HarnessError) in self.history.secondsToFirst != nil
            }
            if let seconds = self.history.secondsToFirst { self.tally.takeovers.append(seconds) }
        }
        let staysLong = self.plan.fault.isPartition || !self.plan.deposes
        try Wait.seconds(staysLong ? 2 * self.shape.silenceSeconds : Self.afterSeconds)
        if self.plan.fault.isPartition {
            self.tally.latestOfVictim = max(self.tally.latestOfVictim, self.history.secondsToLastOfVictim ?? 0)
        }
        self.history.end()
        try self.heal(victim)
        try Wait.seconds(Self.afterSeconds)
        for worker in workers + faithful { worker.pause() }
        try Wait.until("the clients to end", withinSeconds: self.shape.patienceSeconds) { () throws(HarnessError) in
            (workers + faithful).allSatisfy(\.isIdle)
        }
        // The clock of the day decides nothing.
        if self.plan.fault == .clockJump, self.nodes.number("group0_term", of: victim) != term {
            throw HarnessError(.targetFailed, "the leader changed because its clock jumped")
        }
        try self.judge(round)
    }

    /// Clients that stay with a leader that may not know that it is none any more.
    private func faithful(to victim: Int, _ round: Int) throws(HarnessError) -> [GroupWorker] {
        guard self.plan.fault.leavesBehind else { return [] }
        let ports = self.nodes.clientPorts
        var workers: [GroupWorker] = []
        if let reader = try self.registers?.faithfulReader(ports: ports, member: victim) { workers.append(reader) }
        guard self.plan.fault.isPartition else { return workers }
        let place = self.plan.writers + round - 1
        return workers + [try .writer(place, self.history, ports: ports, faithfulTo: victim)]
    }

    private func strike(_ victim: Int, _ round: Int) throws(HarnessError) {
        switch self.plan.fault {
        case .kill: self.nodes.crash(victim)
        case .pause: self.nodes.processes[victim]?.pause()
        case .partition: self.nodes.ways?.cut(victim)
        case .oneWay: self.nodes.ways?.cut(victim, hears: round % 2 == 1, isHeard: round % 2 == 0)
        case .slowDisk:
            let milliseconds = Int(Double(self.plan.heartbeatMilliseconds) * Self.syncHeartbeats)
            try self.nodes.machines?.slowDisk(of: victim, milliseconds: milliseconds)
        case .clockJump:
            let limit = Self.longestJumpSeconds
            let seconds = Int.random(in: -limit...limit, using: &self.generator)
            try self.nodes.machines?.moveClock(of: victim, seconds: seconds)
        case .flood: break
        }
    }

    private func heal(_ victim: Int) throws(HarnessError) {
        switch self.plan.fault {
        case .kill:
            self.counted[victim] = 0
            try self.nodes.start(victim)
        case .pause: self.nodes.processes[victim]?.goOn()
        case .partition, .oneWay: self.nodes.ways?.heal()
        case .slowDisk, .clockJump: try self.nodes.machines?.mend()
        case .flood: break
        }
    }

    private func judge(_ round: Int) throws(HarnessError) {
        try self.nodes.waitUntilEqual()
        let leader = try self.nodes.waitForLeader()
        let (acknowledged, unknown) = self.history.state.withLock { ($0.acknowledged, $0.unknown) }
        let findings = try GroupCheck.check(acknowledged, from: &self.places, at: leader, of: self.nodes.clientPorts)
        let unclear = try GroupCheck.check(unknown, from: &self.unknownPlaces, at: leader, of: self.nodes.clientPorts)
        self.tally.rounds = round
        self.tally.acknowledged = acknowledged.reduce(0) { $0 + $1.count }
        self.tally.unknown = unknown.reduce(0) { $0 + $1.count }
        self.tally.lost += findings.missing.count
        self.tally.unknownLost += unclear.missing.count
        self.tally.invented += findings.invented + unclear.invented
        try self.judgeReads()
        for member in 0..<self.nodes.count { self.noteDiscarded(member) }
        let takeover = self.tally.takeovers.last.map { "takeover in \(CrashTally.milliseconds($0)) ms" }
        self.plan.tell(
            "round \(round)/\(self.plan.rounds): \(self.tally.acknowledged) writes acknowledged, \(self.tally.lost) lost, "
                + "\(self.tally.discarded) discarded, \(self.tally.reads) consistent reads, "
                + [takeover, "members equal"].compactMap { $0 }.joined(separator: ", ")
        )
        guard findings.invented == 0 else {
            throw HarnessError(.targetFailed, "\(findings.invented) values nobody wrote")
        }
        switch self.plan.policy {
        case .quorum:
            guard findings.missing.isEmpty else {
                throw HarnessError(.targetFailed, "\(findings.missing.count) acknowledged writes are lost")
            }
        case .nearest: try self.judgeDiscards(lost: findings.missing, self.history.state.withLock { $0 })
        }
    }

    /// What members count as discarded is what they kept of it, all that was acknowledged and is gone is among that, and nothing
    /// that nobody wrote. It need not be gone: while several lead, a member gives up for one of them what another one still has.
    private func judgeDiscards(lost: [String], _ history: GroupHistory.State) throws(HarnessError) {
        self.lost.formUnion(lost)
        try Wait.until("members to put aside what they discarded", withinSeconds: self.shape.patienceSeconds) {
            () throws(HarnessError) in
            for member in 0..<self.nodes.count {
                try self.discards.read(self.nodes.dataDirectory(of: member), shard: GroupNodes.shardFolder)
            }
            return self.discards.records >= self.tally.discarded
        }
        var invented = self.discards.keys.subtracting(self.lost)
        for (writer, numbers) in (history.acknowledged + history.unknown).enumerated() {
            for number in numbers { invented.remove(GroupCheck.key(number, writer % history.acknowledged.count)) }
        }
        let missing = self.lost.subtracting(self.discards.keys)
        guard self.discards.records == self.tally.discarded, missing.isEmpty, invented.isEmpty else {
            throw HarnessError(
                .targetFailed,
                "members count \(self.tally.discarded) records as discarded and kept \(self.discards.records); of "
                    + "\(self.lost.count) writes that were acknowledged and are gone \(missing.count) are not among them, and "
                    + "\(invented.count) of them nobody wrote"
            )
        }
    }

    private func judgeReads() throws(HarnessError) {
        guard let book = self.registers?.findings else { return }
        (self.tally.reads, self.tally.staleReads) = (book.reads, book.stale)
        guard book.stale == 0, book.invented == 0 else {
            throw HarnessError(
                .targetFailed,
                "of \(book.reads) consistent reads \(book.stale) saw less than was known when they began, and \(book.invented) what "
                    + "nobody had written:\n" + book.complaints.joined(separator: "\n")
            )
        }
    }

    /// Counters begin with the process.
    private func noteDiscarded(_ member: Int) {
        guard let text = self.nodes.group(member)?["group0_records_discarded"], let count = Int(text) else { return }
        self.tally.discarded += max(0, count - self.counted[member])
        self.counted[member] = count
    }
}
