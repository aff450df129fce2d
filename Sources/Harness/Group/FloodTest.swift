// A group in which one member sends heartbeats without end, and strangers talk to every port. The others must go on as if nothing
// were: who was away catches up, who is told to stop does, and nobody's role or term changes.

import Channels
import Sockets
import Synchronization

package struct FloodTally {
    package var rounds = 0
    package var acknowledged = 0
    package var lost = 0
    package var heartbeatsPerSecond = 0.0
    /// Connections that strangers made, and what members count of them.
    package var visits: UInt64 = 0
    package var turnedAway: UInt64 = 0
    package var longestCatchUp = 0.0
    package var longestShutdown = 0.0

    package var table: String {
        CrashTally.table([
            ("rounds", "\(self.rounds)"), ("heartbeats a second", "\(Int(self.heartbeatsPerSecond))"),
            ("visits of strangers", "\(self.visits)"), ("turned away", "\(self.turnedAway)"),
            ("writes acknowledged", "\(self.acknowledged)"), ("lost", "\(self.lost)"),
            ("longest catch-up", "\(CrashTally.milliseconds(self.longestCatchUp)) ms"),
            ("longest shutdown", "\(CrashTally.milliseconds(self.longestShutdown)) ms"),
        ])
    }
}

package final class FloodTest {
    private static let processes = 4
    private static let rate = 100_000
    /// How long clients write while a member is away.
    private static let awaySeconds = 1.0
    /// As long as a server may take to stop before it is killed.
    private static let longestShutdown = 3.0

    private let plan: GroupTestPlan
    private let nodes: GroupNodes
    private let history: GroupHistory
    private var places: [Int]
    package private(set) var tally = FloodTally()

    package var directory: String { self.nodes.directory }

    package init(_ plan: GroupTestPlan) throws(HarnessError) {
        self.plan = plan
        var shape = plan.shape
        shape.nodes = Self.processes
        shape.hasGuest = true
        self.nodes = try GroupNodes(shape)
        self.history = GroupHistory(writers: plan.writers)
        self.places = Array(repeating: 0, count: plan.writers)
    }

    package func removeData() { self.nodes.removeData() }

    package func run() throws(HarnessError) {
        defer { self.nodes.stopAll() }
        try self.nodes.startAll()
        let leader = try self.nodes.waitForLeader()
        guard let term = self.nodes.number("group0_term", of: leader) else {
            throw HarnessError(.targetFailed, "the leader does not tell its term")
        }
        var writers: [GroupWorker] = []
        defer { for writer in writers { writer.stop() } }
        for writer in 0..<self.plan.writers {
            writers.append(try .writer(writer, self.history, ports: self.nodes.clientPorts))
        }
        let strangers = try Strangers(self.nodes.groupPorts, seed: self.plan.seed)
        defer { strangers.stop() }
        for round in 1...self.plan.rounds {
            try Interruption.check()
            do throws(HarnessError) {
                try self.play(round, leader: leader, term: term, writers)
            } catch {
                throw HarnessError(error.code, "round \(round): \(error.message)\n\(self.nodes.outputs)")
            }
            self.tally.visits = strangers.visits
            self.tell(round)
        }
    }

    private func play(_ round: Int, leader: Int, term: UInt64, _ writers: [GroupWorker]) throws(HarnessError) {
        let victim = (leader + 1 + (round - 1) % (self.nodes.count - 1)) % self.nodes.count
        let patience = self.plan.shape.patienceSeconds
        for writer in writers { writer.goOn() }
        self.nodes.crash(victim)
        try Wait.seconds(Self.awaySeconds)
        try self.nodes.start(victim)
        try Wait.until("the member to answer", withinSeconds: patience) { () throws(HarnessError) in
            self.nodes.group(victim) != nil
        }
        let flood = try self.flood(term: term)
        defer { flood.stop() }
        let began = Clocks.monotonicNanoseconds
        try Wait.seconds(Self.awaySeconds)
        for writer in writers { writer.pause() }
        try Wait.until("the writers to end", withinSeconds: patience) { () throws(HarnessError) in
            writers.allSatisfy(\.isIdle)
        }
        let paused = Clocks.monotonicNanoseconds
        try self.nodes.waitUntilEqual()
        let catchUp = Double(Clocks.monotonicNanoseconds - paused) / 1e9
        self.tally.longestCatchUp = max(self.tally.longestCatchUp, catchUp)
        try self.stop(victim)
        let seconds = Double(Clocks.monotonicNanoseconds - began) / 1e9
        self.tally.heartbeatsPerSecond = Double(flood.sent) / seconds
        try self.judge(round, leader: leader, term: term)
        try self.nodes.start(victim)
    }

    private func flood(term: UInt64) throws(HarnessError) -> MemberFlood {
        let membership = MemberFlood.Membership(
            node: NodeID(1),
            secret: GroupNodes.secret,
            facts: GroupHello.Facts(
                shards: 1,
                clientPort: 0,
                replicationPort: 0,
                heartbeat: UInt32(self.plan.heartbeatMilliseconds),
                election: self.plan.policy == .quorum ? .quorum : .nearest
            ),
            others: self.nodes.groupPorts.enumerated().map {
                (NodeID(UInt16(self.nodes.id($0.offset))), $0.element)
            }
        )
        let flood = try MemberFlood(membership, rate: Self.rate)
        flood.setTerm(term)
        return flood
    }

    /// A member that is told to stop does, though heartbeats come in all the time.
    private func stop(_ victim: Int) throws(HarnessError) {
        let began = Clocks.monotonicNanoseconds
        guard let strangers = self.nodes.number("group_strangers", of: victim) else {
            throw HarnessError(.targetFailed, "member \(victim + 1) does not tell how many strangers it turned away")
        }
        self.tally.turnedAway += strangers
        _ = self.nodes.processes[victim]?.finish()
        let seconds = Double(Clocks.monotonicNanoseconds - began) / 1e9
        self.tally.longestShutdown = max(self.tally.longestShutdown, seconds)
        guard seconds < Self.longestShutdown else {
            throw HarnessError(.targetFailed, "a member did not stop within \(Self.longestShutdown) s")
        }
    }

    private func judge(_ round: Int, leader: Int, term: UInt64) throws(HarnessError) {
        let now = try self.nodes.waitForLeader()
        guard now == leader, self.nodes.number("group0_term", of: now) == term else {
            throw HarnessError(.targetFailed, "the leader changed although nobody took it away")
        }
        let acknowledged = self.history.state.withLock { $0.acknowledged }
        let findings = try GroupCheck.check(acknowledged, from: &self.places, at: now, of: self.nodes.clientPorts)
        self.tally.rounds = round
        self.tally.acknowledged = acknowledged.reduce(0) { $0 + $1.count }
        self.tally.lost += findings.missing.count
        guard findings.missing.isEmpty, findings.invented == 0 else {
            throw HarnessError(.targetFailed, "\(findings.missing.count) acknowledged writes are lost")
        }
    }

    private func tell(_ round: Int) {
        self.plan.tell(
            "round \(round)/\(self.plan.rounds): \(self.tally.acknowledged) writes acknowledged, \(self.tally.lost) lost, "
                + "\(Int(self.tally.heartbeatsPerSecond)) heartbeats/s, \(self.tally.visits) visits of strangers, "
                + "\(self.tally.turnedAway) turned away"
        )
    }
}
