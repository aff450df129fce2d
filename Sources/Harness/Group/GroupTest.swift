// Three members under load, the leader of which is killed, stopped for a while, or cut off, again and again. After each fault the
// members must come to have the same data, and everything that was acknowledged must be there.

import Primitives
import Sockets
import Synchronization

package struct GroupTestPlan {
    package enum Fault: String, CaseIterable, Sendable {
        /// SIGKILL, and a start.
        case kill
        /// SIGSTOP, and SIGCONT once another member leads.
        case pause
        /// The ways between the leader and the others carry nothing for a while.
        case partition
        /// Nothing happens to the leader; see `FloodTest`.
        case flood
    }

    package var rounds = 10
    package var policy = GroupPolicy.quorum
    package var fault = Fault.kill
    package var heartbeatMilliseconds = 500
    package var writers = 8
    package var seed: UInt64 = 1
    package var tell: (String) -> Void

    package init(tell: @escaping (String) -> Void) { self.tell = tell }

    var shape: GroupShape {
        GroupShape(
            policy: self.policy,
            heartbeatMilliseconds: self.heartbeatMilliseconds,
            canBeCut: self.fault == .partition
        )
    }
}

package struct GroupTally {
    package var rounds = 0
    package var acknowledged = 0
    package var unknown = 0
    package var lost = 0
    /// Of those whose outcome is unknown, those that are not there.
    package var unknownLost = 0
    package var invented = 0
    /// Records that members gave up because the leader does not have them, as they count them.
    package var discarded = 0
    /// Seconds from each fault to the first acknowledged write of another member.
    package var takeovers: [Double] = []
    /// The longest time after which a member that was cut off still acknowledged something, in seconds.
    package var latestOfVictim = 0.0

    package var median: Double? {
        guard !self.takeovers.isEmpty else { return nil }
        let sorted = self.takeovers.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    package var table: String {
        CrashTally.table([
            ("rounds", "\(self.rounds)"), ("writes acknowledged", "\(self.acknowledged)"),
            ("outcome unknown", "\(self.unknown)"), ("lost", "\(self.lost)"),
            ("of unknown outcome, and gone", "\(self.unknownLost)"), ("invented", "\(self.invented)"),
            ("discarded", "\(self.discarded)"),
            ("median takeover", self.median.map { "\(CrashTally.milliseconds($0)) ms" } ?? "-"),
            ("longest takeover", self.takeovers.max().map { "\(CrashTally.milliseconds($0)) ms" } ?? "-"),
            ("last by the victim", "\(CrashTally.milliseconds(self.latestOfVictim)) ms"),
        ])
    }
}

package final class GroupTest {
    private let plan: GroupTestPlan
    private let shape: GroupShape
    private let nodes: GroupNodes
    private let history: GroupHistory
    private var generator: SeededGenerator
    private var places: [Int]
    private var unknownPlaces: [Int]
    private var counted: [Int]
    package private(set) var tally = GroupTally()

    /// When the fault happens, in milliseconds after the load began, and how long the load goes on after the takeover.
    private static let faultMilliseconds: ClosedRange<UInt64> = 100...600
    private static let afterSeconds = 0.3

    package var directory: String { self.nodes.directory }

    package init(_ plan: GroupTestPlan) throws(HarnessError) {
        self.plan = plan
        self.shape = plan.shape
        self.nodes = try GroupNodes(plan.shape)
        // One more than the load: it stays with the leader that is cut off.
        self.history = GroupHistory(writers: plan.writers + plan.rounds)
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
        var writers: [GroupWriter] = []
        defer { for writer in writers { writer.stop() } }
        for writer in 0..<self.plan.writers {
            writers.append(try GroupWriter(writer, self.history, ports: self.nodes.clientPorts))
        }
        for round in 1...self.plan.rounds {
            try Interruption.check()
            do throws(HarnessError) {
                try self.play(round, writers)
            } catch {
                throw HarnessError(error.code, "round \(round): \(error.message)\n\(self.nodes.outputs)")
            }
        }
    }

    private func play(_ round: Int, _ writers: [GroupWriter]) throws(HarnessError) {
        for writer in writers { writer.goOn() }
        let wait = UInt64.random(in: Self.faultMilliseconds, using: &self.generator)
        try Wait.seconds(Double(wait) / 1000)
        let victim = try self.nodes.waitForLeader()
        let faithful =
            self.plan.fault == .partition
            ? try GroupWriter(
                self.plan.writers + round - 1,
                self.history,
                ports: self.nodes.clientPorts,
                faithfulTo: victim
            ) : nil
        defer { faithful?.stop() }
        if faithful != nil { try Wait.seconds(Self.afterSeconds) }
        self.noteDiscarded(victim)
        self.history.begin(victim, at: Clocks.monotonicNanoseconds)
        self.strike(victim)
        try Wait.until("another member to acknowledge a write", withinSeconds: self.shape.patienceSeconds) {
            () throws(HarnessError) in self.history.secondsToFirst != nil
        }
        if let seconds = self.history.secondsToFirst { self.tally.takeovers.append(seconds) }
        try Wait.seconds(self.plan.fault == .partition ? 2 * self.shape.silenceSeconds : Self.afterSeconds)
        let last = self.history.secondsToLastOfVictim ?? 0
        self.history.end()
        try self.heal(victim)
        if let faithful {
            self.tally.latestOfVictim = max(self.tally.latestOfVictim, last)
            faithful.pause()
        }
        try Wait.seconds(Self.afterSeconds)
        for writer in writers { writer.pause() }
        try Wait.until("the writers to end", withinSeconds: self.shape.patienceSeconds) { () throws(HarnessError) in
            (writers + [faithful].compactMap { $0 }).allSatisfy(\.isIdle)
        }
        try self.judge(round)
    }

    private func strike(_ victim: Int) {
        switch self.plan.fault {
        case .kill: self.nodes.crash(victim)
        case .pause: self.nodes.processes[victim]?.pause()
        case .partition: self.nodes.ways?.cut(victim)
        case .flood: break
        }
    }

    private func heal(_ victim: Int) throws(HarnessError) {
        switch self.plan.fault {
        case .kill:
            self.counted[victim] = 0
            try self.nodes.start(victim)
        case .pause: self.nodes.processes[victim]?.goOn()
        case .partition: self.nodes.ways?.heal()
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
        self.tally.lost += findings.lost
        self.tally.unknownLost += unclear.lost
        self.tally.invented += findings.invented + unclear.invented
        for member in 0..<self.nodes.count { self.noteDiscarded(member) }
        let takeover = self.tally.takeovers.last.map { "\(CrashTally.milliseconds($0)) ms" } ?? "-"
        self.plan.tell(
            "round \(round)/\(self.plan.rounds): \(self.tally.acknowledged) writes acknowledged, \(self.tally.lost) lost, "
                + "\(self.tally.discarded) discarded, takeover in \(takeover), members equal"
        )
        guard findings.invented == 0 else {
            throw HarnessError(.targetFailed, "\(findings.invented) values nobody wrote")
        }
        switch self.plan.policy {
        case .quorum:
            guard findings.lost == 0 else {
                throw HarnessError(.targetFailed, "\(findings.lost) acknowledged writes are lost")
            }
        case .nearest:
            // What is gone was discarded by somebody; what was discarded was acknowledged, or its client never heard.
            let most = self.tally.lost + self.tally.unknownLost
            guard (self.tally.lost...most).contains(self.tally.discarded) else {
                throw HarnessError(
                    .targetFailed,
                    "members count \(self.tally.discarded) writes as discarded, but \(self.tally.lost) that were acknowledged are "
                        + "gone, and \(self.tally.unknownLost) whose outcome is unknown"
                )
            }
        }
    }

    /// Counters begin with the process.
    private func noteDiscarded(_ member: Int) {
        guard let text = self.nodes.group(member)?["group0_records_discarded"], let count = Int(text) else { return }
        self.tally.discarded += max(0, count - self.counted[member])
        self.counted[member] = count
    }
}
