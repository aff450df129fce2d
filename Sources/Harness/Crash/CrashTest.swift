// Kills the bundled engine in the middle of a load, again and again, and checks each time what came back: the stream as a
// replica reads it, and the keyspace as clients do. Every write carries its connection and sequence number, and every key
// belongs to one connection, so that the whole state follows from how far each connection has come.

import Primitives
import Sockets
import Workload

package final class CrashTest {
    /// The most load connections of a round.
    private static let connections = 32
    static let keysPerConnection: UInt64 = 256
    /// When the server is killed, in milliseconds after the load began.
    private static let killMilliseconds: ClosedRange<UInt64> = 50...300
    /// Every so many rounds the stream is read from its beginning, and the next round begins with nothing, because the time
    /// of a recovery grows with the log.
    private static let wholeStreamRounds = 50
    private static let roundsPerLine = 10
    /// Every so many rounds with everysec the load runs so long that a write could be lost which may not be any more.
    private static let longRounds = 25
    private static let longSeconds = 2.5
    private static let markSeconds = 0.01
    private static let closingSeconds = 5.0
    /// The replica that reads the stream back.
    private static let reader = "crash-test"
    /// Within this time a server has written down whom it knows.
    private static let slotSaveSeconds = 1.5

    private let plan: CrashPlan
    /// Where the server's data lie, and everything else of this test.
    package let directory: String
    package private(set) var tally = CrashTally()
    private var generator: SeededGenerator
    /// The last sequence number of each connection that is on disk.
    private var written = [UInt64](repeating: 0, count: CrashTest.connections)

    package init(_ plan: CrashPlan) throws(HarnessError) {
        self.plan = plan
        self.generator = SeededGenerator(seed: plan.seed)
        self.directory = try FileTree.makeTemporary("sluice-crash")
    }

    /// Removes what the server wrote.
    package func removeData() { FileTree.remove(self.directory) }

    /// - Throws: at the first round after which something is there that must not be, or is not there that must.
    package func run() throws(HarnessError) {
        var target = try self.start()
        defer { target.stop() }
        var begun = try self.introduce(target)
        for round in 1...self.plan.rounds {
            try Interruption.check()
            let isWhole = round % Self.wholeStreamRounds == 0
            let start = try target.tip()
            let crash = try self.crash(target, isLong: round % Self.longRounds == 0 && self.plan.logSync == .everysec)
            target.stop()
            let began = Clocks.monotonicNanoseconds
            target = try self.start()
            let recovery = Double(Clocks.monotonicNanoseconds - began) / 1e9
            self.tally.longestRecovery = max(self.tally.longestRecovery, recovery)
            self.tally.rounds = round
            self.tally.acknowledged += crash.check.acknowledgedWrites
            let findings = try self.verify(target, crash, from: start, begun: isWhole ? begun : nil)
            self.tally.enter(findings)
            guard findings.problems.isEmpty else {
                let problems = findings.problems.prefix(8).joined(separator: "\n  ")
                let output = target.child?.outputTail ?? ""
                throw HarnessError(.targetFailed, "round \(round): \(problems)\nthe server said:\n\(output)")
            }
            if round % Self.roundsPerLine == 0 || round == self.plan.rounds {
                self.plan.tell(
                    "round \(round)/\(self.plan.rounds): \(self.tally.acknowledged) writes acknowledged, \(self.tally.lost) lost, "
                        + "recovery within \(CrashTally.milliseconds(self.tally.longestRecovery)) ms"
                )
            }
            if isWhole, round < self.plan.rounds {
                target.stop()
                FileTree.remove(self.dataDirectory)
                self.written = [UInt64](repeating: 0, count: Self.connections)
                target = try self.start()
                begun = try self.introduce(target)
            }
        }
    }

    /// Makes the server know the replicas of this test, because strangers may be sent a copy where that is cheaper than the
    /// log. Its first write, which no connection of the load makes, gives them something to hold.
    /// - Returns: the position at which the stream of the load begins.
    private func introduce(_ target: Target) throws(HarnessError) -> UInt64 {
        let reply = try target.control.ask("SET", "crash-test", "begun")
        guard reply == .simple("OK") else { throw HarnessError(.targetFailed, "a write was answered with \(reply)") }
        let start = try target.tip()
        guard case .position(let tip, _) = start else { preconditionFailure("a tip is a position") }
        for id in [Self.reader, ReplicaFleet.id(0)] {
            let verifier = StreamVerifier(behind: Ledger(connections: Self.connections))
            _ = try SoloReplica(target).visit(as: id, from: start, verifier, until: .position(tip))
        }
        try Wait.seconds(Self.slotSaveSeconds)
        return tip
    }

    private var dataDirectory: String { self.directory + "/data" }

    private func start() throws(HarnessError) -> Target {
        var settings = EngineSettings()
        settings.dataDirectory = self.dataDirectory
        settings.logSync = self.plan.logSync
        return try TargetLauncher.launch(.bundled, settings)
    }

    // MARK: - The crash

    /// What is known of a round when the server has died.
    private struct Crash {
        var check: RecoveryCheck
        /// What a replica held that followed the load.
        var follower: Remains
    }

    private func crash(_ target: Target, isLong: Bool) throws(HarnessError) -> Crash {
        let ledger = Ledger(continuing: self.written)
        let load: LoadGenerator
        let fleet: ReplicaFleet
        do throws(SocketError) {
            let seed = self.generator.next()
            load = try LoadGenerator(host: target.host, port: target.port, continuing: ledger, seed: seed)
            fleet = try ReplicaFleet(
                host: target.host,
                port: target.replicationPort,
                dialect: target.dialect,
                progress: load.progress
            )
        } catch {
            throw HarnessError(.targetUnavailable, "the load cannot be started: \(error)")
        }
        defer {
            load.stop()
            fleet.stop()
        }
        fleet.attach(1, at: try target.tip(), .fast, behind: ledger)
        load.begin(self.shape())
        let range = Self.killMilliseconds
        let milliseconds = range.lowerBound + self.generator.next() % UInt64(range.count)
        let marks = try self.watch(load, forSeconds: isLong ? Self.longSeconds : Double(milliseconds) / 1000)
        let failures = load.state.failures + fleet.counters.failures
        try target.checkAlive()
        target.child?.crash()
        let crashed = Clocks.monotonicNanoseconds
        if let failure = failures.first { throw HarnessError(.targetFailed, "before the crash: \(failure)") }
        try Wait.until("the load's connections had ended", withinSeconds: Self.closingSeconds) { load.state.isIdle }
        try Wait.until("the replica's connection had ended", withinSeconds: Self.closingSeconds) {
            fleet.counters.online == 0
        }
        var check = RecoveryCheck(
            logSync: self.plan.logSync,
            base: self.written,
            acknowledged: load.acknowledgedThrough,
            sent: load.state.ledger.last
        )
        check.history = marks.map { mark in
            AcknowledgedMark(secondsBefore: Double(crashed - mark.nanoseconds) / 1e9, through: mark.through)
        }
        guard let follower = fleet.reactor.call({ $0.takeRemains() }).first else {
            throw HarnessError(.targetFailed, "the replica could not follow the load")
        }
        return Crash(check: check, follower: follower)
    }

    /// Lets the load run and notes, every few milliseconds, how far it has been acknowledged.
    private func watch(
        _ load: LoadGenerator,
        forSeconds seconds: Double
    ) throws(HarnessError) -> [(nanoseconds: UInt64, through: [UInt64])] {
        var marks: [(nanoseconds: UInt64, through: [UInt64])] = []
        let end = Clocks.monotonicNanoseconds + UInt64(seconds * 1e9)
        while Clocks.monotonicNanoseconds < end {
            let left = Double(end - min(end, Clocks.monotonicNanoseconds)) / 1e9
            try Wait.seconds(min(Self.markSeconds, left))
            let through = load.acknowledgedThrough
            marks.append((Clocks.monotonicNanoseconds, through))
        }
        return marks
    }

    /// Another mix in every round: few and many connections, single writes and pipelines, small and larger values.
    private func shape() -> LoadShape {
        func pick(_ choices: [Int]) -> Int { choices[Int(self.generator.next() % UInt64(choices.count))] }
        var shape = LoadShape()
        shape.connections = pick([1, 4, 16, Self.connections])
        shape.pipeline = pick([1, 8, 64])
        shape.valueSize = pick([MutationHeader.minimumValueSize, 100, 1000])
        shape.keys = .owned(keysPerConnection: Self.keysPerConnection)
        return shape
    }

    // MARK: - What came back

    /// - Parameter begun: where the stream of the load begins, to read all of it; nil: from where the round began.
    private func verify(
        _ target: Target,
        _ crash: Crash,
        from start: StartingPoint,
        begun: UInt64?
    ) throws(HarnessError) -> CrashFindings {
        let end = try target.tip()
        guard case .position(let tip, let history) = end, case .position(_, let oldHistory) = start else {
            preconditionFailure("a tip is a position")
        }
        var findings = self.judge(history, after: oldHistory)
        let held = begun == nil ? Ledger(continuing: crash.check.base) : Ledger(connections: Self.connections)
        let visit = try SoloReplica(target).visit(
            as: Self.reader,
            from: begun.map { .position($0, history: oldHistory) } ?? start,
            StreamVerifier(behind: held),
            until: .position(tip)
        )
        switch visit.end {
        case .reached: break
        case .broken(let error): return findings + CrashFindings(error)
        case .full: return findings + CrashFindings(problems: ["a replica was sent a full copy"])
        case .refused(let reason):
            return findings + CrashFindings(problems: ["a replica at the old tip was refused: \(reason)"])
        }
        guard let reader = visit.reader else { return findings + CrashFindings(problems: ["no stream was read back"]) }
        let recovered = reader.verifier.last
        findings = findings + crash.check.judge(recovered)
        if let age = crash.check.oldestLost(recovered) {
            self.tally.oldestLost = max(self.tally.oldestLost ?? 0, age)
        }
        if reader.position != tip || reader.otherCommands > 0 {
            findings.invented += reader.otherCommands
            findings.problems.append(
                "the stream ends at \(reader.position) with \(reader.otherCommands) foreign commands, and the tip is \(tip)"
            )
        }
        findings = findings + (try self.keyspace(target, through: recovered, together: self.tally.rounds % 2 == 0))
        findings = findings + (try self.comeBack(target, crash.follower, oldHistory, tip: tip, recovered))
        self.written = recovered
        return findings
    }

    /// Under `always` nothing that a replica can hold is lost, so the history goes on; otherwise a new one must begin.
    private func judge(_ history: String, after old: String) -> CrashFindings {
        guard (history == old) != (self.plan.logSync == .always) else { return CrashFindings() }
        return CrashFindings(problems: [
            history == old ? "the history went on although replicas may be ahead" : "the history changed for no reason"
        ])
    }

    private func keyspace(
        _ target: Target,
        through recovered: [UInt64],
        together: Bool
    ) throws(HarnessError) -> CrashFindings {
        let reader = try KeyspaceReader(target)
        var findings = CrashFindings()
        for (connection, last) in recovered.enumerated() {
            let first = UInt64(connection) * Self.keysPerConnection
            let values = try reader.values(first..<(first + Self.keysPerConnection), together: together)
            findings = findings + RecoveryCheck.judge(values, connection: connection, through: last)
        }
        return findings
    }

    /// The replica that had followed the load comes back: it goes on where it was, unless it holds more than the disk did.
    private func comeBack(
        _ target: Target,
        _ follower: Remains,
        _ history: String,
        tip: UInt64,
        _ recovered: [UInt64]
    ) throws(HarnessError) -> CrashFindings {
        let isAhead = follower.position > tip
        if isAhead { self.tally.replicasAhead += 1 }
        if isAhead, self.plan.logSync == .always {
            return CrashFindings(problems: ["a replica had been sent \(follower.position), and the disk had \(tip)"])
        }
        let visit = try SoloReplica(target).visit(
            as: ReplicaFleet.id(0),
            from: .position(follower.position, history: history),
            follower.verifier,
            until: .position(tip)
        )
        switch visit.end {
        case .reached where isAhead:
            return CrashFindings(problems: ["a replica at \(follower.position) was taken back, tip \(tip)"])
        case .reached:
            guard visit.reader?.verifier.last != recovered else { return CrashFindings() }
            return CrashFindings(problems: ["a replica that came back holds something else than one that read it all"])
        case .refused, .full:
            guard !isAhead else { return CrashFindings() }
            return CrashFindings(problems: ["a replica at \(follower.position), tip \(tip), was not taken back"])
        case .broken(let error):
            return CrashFindings(error)
        }
    }
}
