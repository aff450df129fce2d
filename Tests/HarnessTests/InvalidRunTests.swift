import Measurement
import Reports
import Testing

@testable import Harness

/// Every way in which a run can be void, provoked by a server that lies in just that way, and told by the run.
@Suite(.serialized)
struct InvalidRunTests {
    /// A few short trials on a lying server.
    /// - Returns: the record, and the status with which the command would end.
    private func run(_ lie: Lie, _ suite: Suite) throws -> (record: RunRecord, status: CommandStatus) {
        let primary = try LyingPrimary(lie)
        defer { primary.stop() }
        let target = try TargetSpecification(parsing: "redis://127.0.0.1:\(primary.port)")
        let record = RunRecord(name: "r", suite: "t", command: "c", startedAt: "2026-01-01T00:00:00Z", seed: 1)
        let recorder = RunRecorder(record) { _ in }
        var failure: HarnessError?
        do throws(HarnessError) {
            try Bench(suite, targets: [target], recorder: recorder) { _ in }.run()
        } catch {
            failure = error
        }
        let isValid = Validity(of: recorder.record).isValid
        return (recorder.record, CommandStatus(failure, isValid: isValid))
    }

    /// Writes that two replicas receive.
    private var fanOut: Suite {
        var suite = Suite(name: "t")
        suite.keys = 100
        var one = FanOutCase(.fast, replicas: 2, valueSize: 64)
        one.warmUpSeconds = 0.05
        one.seconds = 0.2
        one.load.connections = 4
        one.load.pipeline = 8
        suite.entries = [Suite.Entry(.fast(one), trials: 1)]
        return suite
    }

    private func expectInvalid(_ lie: Lie, _ suite: Suite, naming word: String) throws {
        let (record, status) = try self.run(lie, suite)
        let reasons = Validity(of: record).reasons
        #expect(status == .invalid, "\(lie): \(reasons)")
        #expect(reasons.contains { $0.contains(word) }, "\(lie): \(reasons)")
        // Whatever happened, there is a report, and its first section says so.
        let page = ReportFiles(record).markdown
        #expect(page.contains("INVALID") && page.contains(word))
    }

    @Test("the same server without a lie gives a valid run, so that it is the lie which voids the others")
    func honest() throws {
        let (record, status) = try self.run(.none, self.fanOut)
        #expect(Validity(of: record).reasons.isEmpty)
        #expect(status == .good)
        #expect(record.cases.first?.trials.first?.samples.contains { $0.metric == "write_rate" } == true)
    }

    @Test("a replica's connection that is lost although nobody asked for it voids the run")
    func lostReplica() throws { try self.expectInvalid(.losesReplica, self.fanOut, naming: "connection") }

    @Test("a client's connection that is lost voids the run")
    func lostClient() throws { try self.expectInvalid(.losesClient, self.fanOut, naming: "connection") }

    @Test("a full resync that the scenario did not plan voids the run")
    func fullResync() throws {
        try self.expectInvalid(.copiesWithoutNeed, self.fanOut, naming: "full resync happened")
    }

    @Test("a write that is lost, doubled, reordered or altered on its way to a replica voids the run")
    func verification() throws {
        for lie in [Lie.losesWrite, .doublesWrite, .reordersWrites, .altersWrite] {
            let (record, status) = try self.run(lie, self.fanOut)
            #expect(status == .invalid, "\(lie): \(Validity(of: record).reasons)")
        }
    }

    @Test("a write that is refused voids the run")
    func refused() throws { try self.expectInvalid(.refusesWrites, self.fanOut, naming: "READONLY") }

    @Test("an open loop that asks more of the generator than it can send voids the run, whatever the server did")
    func saturated() throws {
        var suite = Suite(name: "t")
        suite.keys = 100
        suite.entries = [Suite.Entry(.lag(LagCase(.discarding, .rate(400_000))), trials: 1)]
        try self.expectInvalid(.none, suite, naming: "saturated")
    }

    @Test("a promised metric that is missing voids the run, and is named")
    func missingMetric() throws {
        var suite = Suite(name: "t")
        suite.keys = 100
        suite.entries = [Suite.Entry(.idle(FanOutCase(.idle, replicas: 1, valueSize: 64)), trials: 1)]
        try self.expectInvalid(.hidesMemory, suite, naming: "allocator_allocated is missing")
    }
}

@Suite struct CommandStatusTests {
    @Test("what cannot begin has failed; what began and broke is invalid; what the user stopped is neither")
    func statuses() {
        func status(_ code: HarnessError.Code) -> CommandStatus {
            CommandStatus(HarnessError(code, ""), isValid: code == .interrupted)
        }
        #expect(status(.targetUnavailable) == .failed)
        #expect(status(.usage) == .usage)
        #expect(status(.targetFailed) == .invalid)
        #expect(status(.timedOut) == .invalid)
        #expect(status(.interrupted) == .good)
        #expect(CommandStatus(nil, isValid: false) == .invalid)
        #expect(CommandStatus(nil, isValid: true) == .good)
    }
}
