import Glibc
import Measurement
import Sockets
import Testing

@testable import Harness

@Suite(.serialized) struct LinkProxyTests {
    /// A connection through a proxy, and its other end.
    private func connected(
        _ shape: LinkShape = LinkShape(),
        _ body: (_ proxy: LinkProxy, _ near: WaitingSocket, _ far: Socket, _ server: ScriptedPrimary) throws -> Void
    ) throws {
        let server = try ScriptedPrimary()
        let endpoint = try Endpoint(host: "127.0.0.1", port: server.port)
        let proxy = try LinkProxy(to: endpoint, shape: shape, seed: 1)
        defer { proxy.stop() }
        let near = try WaitingSocket(try Endpoint(host: "127.0.0.1", port: proxy.port), timeoutSeconds: 5)
        let far = try server.accept()
        defer { far.close() }
        try body(proxy, near, far, server)
    }

    @Test("what goes in at one side comes out at the other, all of it and in order")
    func through() throws {
        try self.connected { _, near, far, server in
            let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            var rest = sent[...]
            var received: [UInt8] = []
            while received.count < sent.count {
                if !rest.isEmpty {
                    let piece = rest.prefix(100_000)
                    try near.send(Array(piece))
                    rest.removeFirst(piece.count)
                }
                received += server.receive(far, atLeast: 1)
            }
            #expect(received == sent)
            _ = [UInt8]("back".utf8).withUnsafeBytes { far.write($0) }
            var buffer = [UInt8](repeating: 0, count: 16)
            let count = try buffer.withUnsafeMutableBytes { bytes in try near.read(into: bytes) }
            #expect(buffer.prefix(count) == [UInt8]("back".utf8)[...])
        }
    }

    @Test("a far link brings everything later, and not before")
    func delay() throws {
        var shape = LinkShape()
        shape.delayMilliseconds = 60
        try self.connected(shape) { _, near, far, server in
            let began = Clocks.monotonicNanoseconds
            try near.send(Array("hello".utf8))
            #expect(server.receive(far, atLeast: 5).count == 5)
            let elapsed = Clocks.monotonicNanoseconds - began
            #expect(elapsed >= 60_000_000)
        }
    }

    @Test("a cut resets what stands and what comes, until it is mended")
    func cut() throws {
        try self.connected { proxy, near, _, server in
            #expect(proxy.connections == 1)
            proxy.cut()
            var buffer = [UInt8](repeating: 0, count: 16)
            let outcome = Result { try buffer.withUnsafeMutableBytes { bytes in try near.read(into: bytes) } }
            #expect((try? outcome.get()) ?? 0 == 0)
            let endpoint = try Endpoint(host: "127.0.0.1", port: proxy.port)
            // Reset while it connects or soon after.
            let second = Result {
                let refused = try WaitingSocket(endpoint)
                return try buffer.withUnsafeMutableBytes { bytes in try refused.read(into: bytes) }
            }
            #expect((try? second.get()) ?? 0 == 0)
            #expect(proxy.connections == 0)
            proxy.mend()
            let again = try WaitingSocket(endpoint)
            let far = try server.accept()
            try again.send([1])
            #expect(server.receive(far, atLeast: 1) == [1])
            far.close()
        }
    }
}

@Suite(.enabled(if: PeerServer.isInstalled)) struct FaultsScenarioTests {
    @Test(
        "a stall at a fixed rate is in the reported p99, faults are on the timeline, and nothing is lost behind a cut"
    )
    func timeline() throws {
        let one = FaultsCase(try FaultSchedule(parsing: "pause@0.5+0.5 cut@1.5+0.3 kill@2.2+0.2"))
        var quick = one
        quick.writeRate = 2000
        let recorder = RunRecorder(RunRecord(name: "t", suite: "t", command: "", startedAt: "", seed: 1)) { _ in }
        var runner = TrialRunner(Suite(name: "t"), recorder: recorder, seed: 1)
        defer { runner.stop() }
        let work = Plan.Work.faults(quick)
        recorder.add(try runner.run(work, on: .redis), of: work, on: .redis)
        let trial = try #require(recorder.record.cases.first?.trials.first)
        func value(_ metric: String, _ stat: String) -> Double {
            trial.samples.first { $0.metric == metric && $0.stat == stat }?.value ?? -1
        }
        // A machine with more to do than this test may make the generator late; that is not what is tested here.
        #expect(trial.invalid.allSatisfy { $0.contains("saturated") }, "\(trial.invalid)")
        #expect(value("response_during", "p99") > 300_000)
        #expect(value("replica_resumes", "value") >= 4 && value("full_resyncs", "value") == 0)
        for kind in ["pause", "cut", "kill"] { #expect(value("recovery", kind) >= 0) }
        let timeline = recorder.record.timeline
        #expect(timeline.map(\.kind) == ["pause", "cut", "kill"])
        for (event, fault) in zip(timeline, one.schedule.faults) {
            #expect(abs(event.seconds - fault.start) < 1 && (event.endSeconds ?? 0) >= fault.end)
        }
        #expect(trial.series.contains { $0.metric == "lag" && $0.points.count > 10 })
    }
}
