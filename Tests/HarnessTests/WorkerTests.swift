import Foundation
import Measurement
import Sockets
import Synchronization
import Testing
import Workload

@testable import Harness

@Suite struct WorkerShareTests {
    @Test("every part of the whole is one worker's, and shares differ by one at most", arguments: [1, 2, 3, 7, 50])
    func shares(count: Int) {
        for total in [0, 1, 7, 50, 1000] {
            let shares = (0..<count).map { WorkerShare(index: $0, of: count) }
            var all: [Int] = []
            for share in shares { all += Array(share.range(of: total)) }
            #expect(all == Array(0..<total))
            let sizes = shares.map { $0.size(of: total) }
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= 1)
        }
    }

    @Test("a worker is written i/n, counted from 0")
    func parsing() throws {
        let share = try WorkerShare(parsing: "2/3")
        #expect(share == WorkerShare(index: 2, of: 3) && share.description == "2/3" && !share.isFirst)
        for text in ["", "1", "3/3", "-1/2", "0/0", "0/51", "a/b", "1/2/3"] {
            let error = try #require(throws: HarnessError.self) { try WorkerShare(parsing: text) }
            #expect(error.code == .usage)
        }
    }

    @Test("all workers measure the same cases in the same order, and only what can be shared")
    func steps() throws {
        let target = try TargetSpecification(parsing: "redis://h:1")
        let suite = try BuiltInSuites.suite("quick")
        let steps = WorkerRun.steps(suite, target, workers: 3, seed: 5)
        let again = WorkerRun.steps(suite, target, workers: 3, seed: 5)
        #expect(steps.map(\.0) == again.map(\.0) && !steps.isEmpty)
        for (work, slot) in steps {
            #expect(slot.length > slot.measure.upperBound && slot.load <= slot.measure.lowerBound)
            switch work {
            case .idle, .fast: break
            case .handshake(let handshake): #expect(handshake.concurrency >= 3 && handshake.kind != .storm)
            case .stalled, .ceiling, .resume, .snapshot, .lag, .capacity, .faults, .failover, .catchUp:
                Issue.record("\(work)")
            }
        }
    }

    @Test("a replica knows its own generator's connections, and takes others' as they come")
    func verifier() {
        var ledger = Ledger(connections: 3)
        for _ in 0..<5 { _ = ledger.next(connection: 1) }
        let verifier = StreamVerifier(behind: ledger, knowing: 1..<2)
        #expect(verifier.last == [0, 5, 0])
        #expect(StreamVerifier(behind: ledger).last == ledger.last)
    }
}

@Suite(.enabled(if: PeerServer.isInstalled)) struct WorkerRunTests {
    /// One worker on a thread of its own.
    private static func run(_ index: Int, _ port: UInt16, startsIn: Double) throws -> RunRecord {
        var suite = Suite(name: "t")
        var fast = FanOutCase(.fast, replicas: 3, valueSize: 64)
        fast.warmUpSeconds = 0.1
        fast.seconds = 0.3
        suite.entries = [
            Suite.Entry(.idle(FanOutCase(.idle, replicas: 3, valueSize: 64)), trials: 1),
            Suite.Entry(.fast(fast), trials: 1),
        ]
        let record = RunRecord(name: "w\(index)", suite: "t", command: "", startedAt: "2026-01-01T00:00:00Z", seed: 1)
        let recorder = RunRecorder(record) { _ in }
        let target = try TargetSpecification(parsing: "redis://127.0.0.1:\(port)")
        let run = WorkerRun(suite, target: target, share: WorkerShare(index: index, of: 2), recorder: recorder) { _ in }
        try run.run(startsIn: startsIn)
        return recorder.record
    }

    @Test("two workers measure one server together, and their runs join into one")
    func together() async throws {
        let server = try PeerServer()
        let port = server.port
        // On threads of their own, begun at once: other tests may have taken those of the tasks.
        let start = Clocks.monotonicNanoseconds + 6_000_000_000
        let outcomes = Mutex<[Result<RunRecord, any Error>]>([])
        let records = try await withCheckedThrowingContinuation { continuation in
            for index in 0..<2 {
                Thread.detachNewThread {
                    let wait = (Double(start) - Double(Clocks.monotonicNanoseconds)) / 1e9
                    let outcome = Result { try Self.run(index, port, startsIn: wait) }
                    let all = outcomes.withLock { all in
                        all.append(outcome)
                        return all
                    }
                    guard all.count == 2 else { return }
                    continuation.resume(with: Result { try all.map { try $0.get() }.sorted { $0.name < $1.name } })
                }
            }
        }
        for record in records {
            #expect(record.invalid.isEmpty && record.cases.count == 2)
            let reasons = record.cases.flatMap(\.trials).flatMap(\.invalid)
            #expect(reasons.isEmpty)
        }
        let joined = try RunMerge.merged(records, name: "j", command: "")
        #expect(joined.cases.count == 2)
        let reasons = joined.cases.flatMap(\.trials).flatMap(\.invalid)
        #expect(reasons.isEmpty)
        func rate(_ record: RunRecord) -> Double {
            record.cases.flatMap(\.trials).flatMap(\.samples).first { $0.metric == "write_rate" }?.value ?? -1
        }
        #expect(abs(rate(joined) - rate(records[0]) - rate(records[1])) < 1e-6 * rate(joined))
        withExtendedLifetime(server) {}
    }
}
