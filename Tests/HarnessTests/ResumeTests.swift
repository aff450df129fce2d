import Glibc
import Measurement
import Primitives
import Sockets
import Testing
import Workload

@testable import Harness

@Suite struct ResumePlanTests {
    private func steps(_ suite: Suite, _ targets: [TargetSpecification]) -> [(ResumeCase, TargetSpecification?)] {
        var generator = SeededGenerator(seed: 4)
        return Plan(suite, targets: targets, &generator).steps.compactMap { step in
            if case .resume(let resume) = step.work { (resume, step.target) } else { nil }
        }
    }

    @Test("a case knows whether the backlog still has what its replica lacks")
    func source() {
        #expect(ResumeCase(records: 10_000, distance: 1000).source == .memory)
        #expect(ResumeCase(records: 10_000, distance: 9000).source == .disk)
        var large = ResumeCase(records: 10_000, distance: 9000)
        large.engine.backlogBytes = 64 << 20
        #expect(large.source == .memory)
    }

    @Test("the logs of a server only grow, and its cases follow each other")
    func growing() throws {
        var seen: [ResumeCase.Engine] = []
        var records: UInt64 = 0
        for (resume, _) in try self.steps(.named("standard"), [.bundled, .redis]) {
            if seen.last != resume.engine {
                #expect(!seen.contains(resume.engine))
                seen.append(resume.engine)
                records = 0
            }
            #expect(resume.records >= records)
            records = resume.records
        }
        #expect(seen.count == 4)
    }

    @Test("Redis has no index and no cold log, and of a server that runs already only what is in memory is asked")
    func targets() throws {
        let running = try TargetSpecification(parsing: "redis://h:1")
        for (resume, target) in try self.steps(.named("resume"), [.bundled, .redis, running]) {
            if target == running { #expect(resume.source == .memory && resume.records == 10_000) }
            guard target == .redis else { continue }
            #expect(resume.cache == .warm && resume.engine.indexInterval == 64)
            let value = resume.parameters(hasIndex: false).first { $0.name == "index_interval" }?.value
            #expect(value == "none")
        }
    }

    @Test("a target without a log owes no figures where only a log could give them")
    func unsupported() {
        let disk = ResumeCase(records: 10_000, distance: 9000)
        let owed = Set(disk.expectedMetrics(hasLog: false)).subtracting(disk.unsupported(hasLog: false).keys)
        #expect(owed == ["full_resync_share"])
        #expect(disk.unsupported(hasLog: true).isEmpty)
        let memory = ResumeCase(records: 10_000, distance: 1000)
        #expect(Array(memory.unsupported(hasLog: false).keys) == ["disk_bytes_per_resume"])
    }

    @Test("without the right to empty the page cache its cases are left out, and only they")
    func cold() throws {
        var suite = try Suite.named("resume")
        let all = Set(self.steps(suite, [.bundled]).map(\.0))
        let hadAny = suite.leaveOutColdCache()
        let rest = Set(self.steps(suite, [.bundled]).map(\.0))
        #expect(hadAny && rest == all.filter { $0.cache == .warm } && rest.count < all.count)
        var quick = try Suite.named("quick")
        let quickHadAny = quick.leaveOutColdCache()
        #expect(!quickHadAny)
    }
}

@Suite struct SoloReplicaTests {
    private static let history = String(repeating: "e", count: 40)
    private let primary: ScriptedPrimary

    init() throws { self.primary = try ScriptedPrimary() }

    /// Lets a replica visit a primary that reads its request and sends these pieces, one after the other.
    private func visit(
        _ dialect: Dialect,
        _ goal: VisitGoal,
        pieces: [[UInt8]]
    ) throws -> Visit {
        let endpoint = try Endpoint(host: "127.0.0.1", port: self.primary.port)
        let listener = self.primary.listener
        let thread = try DedicatedThread(name: "primary") {
            var peer: Socket?
            while peer == nil {
                peer = listener.accept()
                usleep(200)
            }
            guard let peer else { return }
            for piece in pieces {
                _ = piece.withUnsafeBytes { peer.write($0) }
                usleep(3000)
            }
            // Until the visitor has gone.
            withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                while true {
                    switch peer.read(into: buffer) {
                    case .moved, .wouldBlock: usleep(200)
                    case .ended, .failed: return
                    }
                }
            }
            peer.close()
        }
        defer { thread.join() }
        return try SoloReplica(endpoint, dialect).visit(
            as: "solo",
            from: .position(3, history: Self.history),
            StreamVerifier(behind: Ledger(connections: 1)),
            until: goal
        )
    }

    private func frames(_ count: Int) -> [[UInt8]] {
        var generator = SeededGenerator(seed: 2)
        var ledger = Ledger(connections: 1)
        var batch = SetBatch(depth: 1, valueSize: 64, compressibility: 0, using: &generator)
        return (0..<count).map { index in
            batch.advance(connection: 0, keys: .uniform(keys: 9), ledger: &ledger, using: &generator)
            return Array("*2\r\n:\(3 + index)\r\n".utf8) + batch.bytes
        }
    }

    private let acknowledgement = Array("+ACK 3 \(history)\r\n".utf8)

    @Test("each step of a visit is timed, in order, and it ends where it was told to")
    func times() throws {
        let frames = self.frames(3)
        let pieces = [self.acknowledgement, Array(frames[0].prefix(9)), frames[0].dropFirst(9) + frames[1], frames[2]]
        let visit = try self.visit(.replicate, .position(6), pieces: pieces)
        #expect(visit.end == .reached && visit.reader?.position == 6)
        let answered = try #require(visit.answered)
        let first = try #require(visit.firstFrame)
        #expect(visit.connected < answered && answered < first && first < visit.finished)
    }

    @Test("a visit for the first frame ends with it")
    func firstFrame() throws {
        let visit = try self.visit(.replicate, .firstFrame, pieces: [self.acknowledgement] + self.frames(2))
        #expect(visit.end == .reached && visit.firstFrame != nil)
    }

    @Test("a refusal, a full copy and a broken stream are told apart")
    func ends() throws {
        let refused = try self.visit(.replicate, .firstFrame, pieces: [Array("-ERR too old\r\n".utf8)])
        #expect(refused.end == .refused("-ERR too old"))
        let lines = ["+PONG\r\n", "+OK\r\n+OK\r\n", "+FULLRESYNC \(Self.history) 9\r\n"]
        #expect(try self.visit(.psync, .firstFrame, pieces: lines.map { Array($0.utf8) }).end == .full)
        let broken = try self.visit(.replicate, .position(9), pieces: [self.acknowledgement, self.frames(2)[1]])
        #expect(broken.end == .broken(.gap(expected: 3, received: 4)))
    }

    @Test("a primary that goes away is an error")
    func gone() throws {
        let endpoint = try Endpoint(host: "127.0.0.1", port: self.primary.port)
        self.primary.listener.shutdown()
        #expect(throws: HarnessError.self) {
            try SoloReplica(endpoint, .replicate).visit(
                as: "solo",
                from: .nothing,
                StreamVerifier(connections: 1),
                until: .firstFrame
            )
        }
    }
}
