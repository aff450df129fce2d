import Measurement
import Sockets
import Testing
import Workload

@testable import Harness

/// Against a real Redis, where one is installed.
@Suite(.enabled(if: PeerServer.isInstalled), .serialized) struct PeerTests {
    /// Writes beside a replica that follows, and returns what is wrong with what it got.
    private func follow(_ specification: TargetSpecification) throws -> [String] {
        let session = try Session(try TargetLauncher.launch(specification), connections: 4, seed: 1)
        defer { session.stop() }
        try session.preload(keys: 100, valueSize: 64)
        let before = session.load.state.ledger
        try session.attach(3, .fast)
        var shape = LoadShape()
        shape.connections = 4
        session.load.begin(shape, limit: 5000)
        try session.rest()
        try session.drain()
        let verdict = session.fleet.verdict(since: before, until: session.load.state.ledger)
        try session.detach()
        return verdict
    }

    @Test("a server behind a password is loaded and followed like any other")
    func password() throws {
        let server = try PeerServer([ServerSetting("requirepass", "hush")])
        #expect(try self.follow(TargetSpecification(parsing: "redis://:hush@127.0.0.1:\(server.port)")).isEmpty)
        #expect(try self.follow(TargetSpecification(parsing: "redis://default:hush@127.0.0.1:\(server.port)")).isEmpty)
        for url in ["redis://127.0.0.1:\(server.port)", "redis://:other@127.0.0.1:\(server.port)"] {
            let error = try #require(throws: HarnessError.self) {
                try TargetLauncher.launch(try TargetSpecification(parsing: url))
            }
            #expect(error.code == .targetUnavailable && error.message.contains("password"))
            #expect(!error.message.contains("other"))
        }
    }

    @Test("handshakes to a server behind a password are counted behind it")
    func handshakes() throws {
        let server = try PeerServer([ServerSetting("requirepass", "hush")])
        let specification = try TargetSpecification(parsing: "redis://:hush@127.0.0.1:\(server.port)")
        let session = try Session(try TargetLauncher.launch(specification), connections: 1, seed: 1)
        defer { session.stop() }
        try session.preload(keys: 10, valueSize: 64)
        var handshake = HandshakeCase(.tip, concurrency: 2)
        handshake.seconds = 0.05
        let trial = try HandshakeScenario.run(handshake, session)
        #expect(trial.invalid.isEmpty && trial.samples.contains { $0.metric == "handshake_rate" && $0.value > 0 })
    }

    @Test(
        "TLS is checked against the authority given, and ends before the load",
        .enabled(if: TestCertificates.canBeMade)
    )
    func tls() throws {
        let certificates = try TestCertificates()
        defer { certificates.remove() }
        let server = try PeerServer([
            ServerSetting("port", "0"), ServerSetting("tls-port", "{port}"),
            ServerSetting("tls-cert-file", certificates.path("server.crt")),
            ServerSetting("tls-key-file", certificates.path("server.key")),
            ServerSetting("tls-ca-cert-file", certificates.path("ca.crt")), ServerSetting("tls-auth-clients", "no"),
            ServerSetting("requirepass", "hush"),
        ])
        var reach = TargetSpecification.Reach()
        reach.password = Secret("hush")
        reach.tls.authorities = certificates.path("ca.crt")
        for host in ["127.0.0.1", "localhost"] {
            let target = try TargetSpecification(parsing: "rediss://\(host):\(server.port)", reach)
            #expect(try self.follow(target).isEmpty)
        }
        // Nobody whom the system trusts has vouched for it.
        reach.tls.authorities = nil
        let stranger = try TargetSpecification(parsing: "rediss://127.0.0.1:\(server.port)", reach)
        let error = try #require(throws: HarnessError.self) { try TargetLauncher.launch(stranger) }
        #expect(error.message.contains("TLS"))
        reach.tls.isInsecure = true
        let target = try TargetSpecification(parsing: "rediss://127.0.0.1:\(server.port)", reach)
        #expect(try self.follow(target).isEmpty)
    }

    @Test("a server that was not started for the run says so, and keeps the replicas that it had")
    func running() throws {
        let (server, other) = (try PeerServer(), try PeerServer())
        _ = try other.control().ask("REPLICAOF", "127.0.0.1", String(server.port))
        let control = try server.control()
        try Wait.until("the other was a replica", withinSeconds: 10) { () throws(HarnessError) in
            TargetInfo(parsing: try control.ask("INFO", "replication").text ?? "").number("connected_slaves") == 1
        }
        let specification = try TargetSpecification(parsing: "redis://127.0.0.1:\(server.port)")
        #expect(try self.follow(specification).isEmpty)
        let target = try TargetLauncher.launch(specification)
        defer { target.stop() }
        #expect(target.residents == 1 && target.notes.count == 1 && target.memory == nil)
        let record = try target.record()
        let names = Set(record.configuration.map(\.name))
        #expect(
            names.isSuperset(of: [
                "repl-backlog-size", "client-output-buffer-limit", "repl-diskless-sync-delay", "save",
            ])
        )
        #expect(record.product.hasPrefix("Redis "))
    }

    @Test("two servers are compared key by key, whatever the order in which their collections came about")
    func walk() throws {
        let (one, two) = (try PeerServer(), try PeerServer())
        let (first, second) = (try one.control(), try two.control())
        for number in 0..<2000 {
            for server in [first, second] { _ = try server.ask("SET", "k\(number)", String(number)) }
        }
        // Long fields, so that the hashes are no longer kept in the order of their making.
        let long = String(repeating: "f", count: 100)
        for field in ["a", "b", "c"] { _ = try first.ask("HSET", "hash", field + long, field) }
        for field in ["c", "a", "b"] { _ = try second.ask("HSET", "hash", field + long, field) }
        var walk = KeyWalk(first, second)
        try walk.run()
        #expect(walk.differences.isEmpty && walk.compared >= 2001)
        _ = try second.ask("SET", "k7", "8")
        _ = try second.ask("HSET", "hash", "a" + long, "z")
        walk = KeyWalk(first, second)
        try walk.run()
        #expect(walk.differences.sorted() == ["the key hash differs", "the key k7 differs"])
        _ = try second.ask("DEL", "k9")
        walk = KeyWalk(first, second)
        try walk.run()
        #expect(walk.differences == ["one side has 2001 keys and the other 2000"])
    }

    @Test("on a server that runs already a copy and a resume are measured, without what its process would tell")
    func copies() throws {
        let server = try PeerServer()
        let target = try TargetSpecification(parsing: "redis://127.0.0.1:\(server.port)")
        let record = RunRecord(name: "t", suite: "t", command: "", startedAt: "", seed: 1)
        let recorder = RunRecorder(record) { _ in }
        var runner = TrialRunner(Suite(name: "t"), recorder: recorder, seed: 1)
        defer { runner.stop() }
        let works = [
            Plan.Work.snapshot(SnapshotCase(SnapshotCase.DataSet(keys: 1000, valueSize: 100))),
            .resume(ResumeCase(records: 10_000, distance: 1000)), .fast(FanOutCase(.fast, replicas: 2, valueSize: 64)),
        ]
        for work in works {
            #expect(work.suits(target))
            // Twice: what the first one leaves behind must not disturb the second.
            for _ in 0..<2 { recorder.add(try runner.run(work, on: target), of: work, on: target) }
        }
        for entry in recorder.record.cases {
            #expect(
                entry.trials.count == 2 && entry.trials.allSatisfy(\.invalid.isEmpty),
                "\(entry.id) \(entry.trials)"
            )
        }
        #expect(recorder.record.cases.contains { $0.unsupported["copy_primary_cpu"] != nil })
    }
}
