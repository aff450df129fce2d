import Histogram
import Measurement
import Primitives
import Sockets
import Synchronization
import Testing
import Workload

@testable import Harness

@Suite struct MarkerTests {
    @Test("a lag runs from the acknowledgement to the arrival, and is zero for a replica that was ahead of it")
    func lags() {
        var log = MarkerLog()
        for count in [UInt64(10), 20, 30] { log.sent(loadAcknowledged: count) }
        for time in [UInt64(1_000_000), 2_000_000, 3_000_000] { log.acknowledged(at: time) }
        var arrivals = MarkerArrivals()
        arrivals.show(0, at: 100)
        arrivals.show(1, at: 900_000)
        arrivals.show(3, at: 4_000_000)
        arrivals.show(2, at: 9_000_000)
        let lags = log.lags(arrivals)
        #expect(arrivals.times == [900_000, 4_000_000, 4_000_000])
        #expect(lags.totalCount == 3 && log.isComplete)
        #expect(lags.valueAtPercentile(30) == 0)
        #expect(abs(Double(lags.max) - 2_000_000) < 4000)
    }

    @Test("the course tells the median and the longest lag of each stretch, by when its markers were acknowledged")
    func course() {
        var log = MarkerLog()
        let begin: UInt64 = 5_000_000
        for offset in [UInt64(0), 1_000_000, 19_000_000, 45_000_000] {
            log.sent(loadAcknowledged: 0)
            log.acknowledged(at: begin + offset)
        }
        var arrivals = MarkerArrivals()
        for (number, lag) in [UInt64(100_000), 300_000, 200_000, 7_000_000].enumerated() {
            arrivals.show(UInt64(number) + 1, at: log.acknowledged[number] + lag)
        }
        let stretches = log.course([arrivals])
        #expect(stretches.map(\.medianMicroseconds) == [200, 7000])
        #expect(stretches.map(\.longestMicroseconds) == [300, 7000])
        #expect(stretches.map(\.nanoseconds) == [begin + 10_000_000, begin + 50_000_000])
        #expect(log.course([]).isEmpty && MarkerLog().course([arrivals]).isEmpty)
    }

    @Test("the writes that a replica lacks are counted from the marker that it shows")
    func counts() {
        var log = MarkerLog()
        #expect(log.count(at: 5) == 0)
        for count in [UInt64(10), 20] { log.sent(loadAcknowledged: count) }
        #expect([0, 1, 2, 3].map { log.count(at: $0) } == [10, 10, 20, 10])
    }

    @Test("a damaged number does not fill the memory")
    func bound() {
        var arrivals = MarkerArrivals()
        arrivals.show(.max, at: 1)
        #expect(arrivals.times.count == 1 << 20)
    }

    @Test("the reader of a stream sees markers between the load's writes, of either kind of primary")
    func stream() throws {
        for dialect in [Dialect.replicate, .psync] {
            var reader = StreamReader(dialect: dialect, position: 0, verifier: StreamVerifier(connections: 1))
            for number in [UInt64(1), 2] {
                let frame = dialect == .replicate ? Array("*2\r\n:\(number - 1)\r\n".utf8) : []
                let bytes = frame + Marker.set(number)
                #expect(try bytes.withUnsafeBytes { try reader.consume($0) } == bytes.count)
                #expect(reader.marker == number)
            }
        }
    }
}

@Suite struct MarkerProbeTests {
    /// Plays a primary and a replica on one port each: the replica shows a marker some time after the primary took it.
    @Test("markers are written at the primary, looked for at the replica, and their lag is what the replica took")
    func probe() throws {
        let primary = try ScriptedPrimary()
        let replica = try ScriptedPrimary()
        let poller = try Poller()
        let sockets = try [primary, replica].map { try Socket.connect(host: "127.0.0.1", port: $0.port) }
        let progress = LoadProgress()
        let body = try MarkerBody(poller, primary: sockets[0], replicas: [sockets[1]], progress: progress)
        let reactor = Reactor(poller: poller, body: body)
        let (writes, reads) = (try primary.accept(), try replica.accept())
        reactor.start()
        let isDone = Atomic<Bool>(false)
        try withThread {
            // Marker n is shown 20 ms after it was taken.
            var taken: [UInt64] = []
            var input: [UInt8] = []
            withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
                while !isDone.load(ordering: .acquiring) {
                    if case .moved(let count) = writes.read(into: buffer) {
                        input += buffer[..<count]
                        let size = { (number: Int) in Marker.set(UInt64(number)).count }
                        while input.count >= size(taken.count + 1) {
                            input.removeFirst(size(taken.count + 1))
                            taken.append(Clocks.monotonicNanoseconds)
                            _ = Array("+OK\r\n".utf8).withUnsafeBytes { writes.write($0) }
                        }
                    }
                    guard case .moved = reads.read(into: buffer) else { continue }
                    let now = Clocks.monotonicNanoseconds
                    let shown = taken.count { now - $0 > 20_000_000 }
                    let text = shown == 0 ? "$-1\r\n" : "$\(String(shown).utf8.count)\r\n\(shown)\r\n"
                    _ = Array(text.utf8).withUnsafeBytes { reads.write($0) }
                }
            }
        } during: {
            reactor.call { $0.begin() }
            try Wait.seconds(0.2)
            reactor.call { $0.end() }
            try Wait.until("every marker was applied", withinSeconds: 5) { reactor.call { $0.isComplete } }
            isDone.store(true, ordering: .releasing)
        }
        let (result, failure) = reactor.call { ($0.result, $0.failure) }
        reactor.stop()
        #expect(failure == nil && result.log.sentCount > 20)
        let lags = result.log.lags(result.replicas[0].arrivals)
        #expect(lags.totalCount == UInt64(result.log.sentCount))
        #expect(lags.valueAtPercentile(50) > 15_000_000)
        #expect(result.replicas[0].every.totalCount > 50)
        for socket in [writes, reads] { socket.close() }
    }

    private func withThread(_ body: @escaping @Sendable () -> Void, during: () throws -> Void) throws {
        let thread = try DedicatedThread(name: "script", body)
        defer { thread.join() }
        try during()
    }
}

@Suite struct LagPlanTests {
    @Test("lag is measured at a set rate and at a share of the ceiling, on live and synthetic replicas of both targets")
    func cases() throws {
        var generator = SeededGenerator(seed: 4)
        let running = try TargetSpecification(parsing: "redis://h:1")
        let steps = try Plan(.named("lag"), targets: [.bundled, .redis, running], &generator).steps
        let cases = steps.compactMap { step in if case .lag(let lag) = step.work { (lag, step.target) } else { nil } }
        #expect(cases.count == steps.count)
        #expect(cases.filter { $0.1 == running }.allSatisfy { $0.0.receiver == .discarding })
        for receiver in [SnapshotCase.Receiver.live, .discarding] {
            #expect(cases.contains { $0.0.receiver == receiver && $0.0.pace == .rate(50_000) && $0.1 == .redis })
        }
        #expect(cases.contains { $0.0.pace == .share(50) && $0.1 == .bundled })
        #expect(cases.contains { $0.0.parameters.contains(Parameter("ceiling_share", 50)) })
    }
}
