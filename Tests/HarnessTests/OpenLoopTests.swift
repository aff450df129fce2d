import Histogram
import Primitives
import Sockets
import Synchronization
import Testing
import Workload

@testable import Harness

@Suite struct OpenLoopTests {
    /// A server that answers every line that ends a command's value with `+OK`, and stands still when it is told to.
    private final class Answering: Sendable {
        let primary: ScriptedPrimary
        let isPaused = Atomic<Bool>(false)
        private let isStopped = Atomic<Bool>(false)
        private let thread: Mutex<DedicatedThread?>

        init(commandSize: Int) throws {
            let primary = try ScriptedPrimary()
            self.primary = primary
            self.thread = Mutex(nil)
            let thread = try DedicatedThread(name: "answering") { [self] in
                var peers: [(socket: Socket, bytes: Int)] = []
                withUnsafeTemporaryAllocation(byteCount: 64 * 1024, alignment: 1) { buffer in
                    while !self.isStopped.load(ordering: .acquiring) {
                        if let socket = primary.listener.accept() { peers.append((socket, 0)) }
                        if self.isPaused.load(ordering: .acquiring) { continue }
                        for place in peers.indices {
                            guard case .moved(let count) = peers[place].socket.read(into: buffer) else { continue }
                            peers[place].bytes += count
                            let answers = peers[place].bytes / commandSize
                            peers[place].bytes %= commandSize
                            let reply = [[UInt8]](repeating: Array("+OK\r\n".utf8), count: answers).flatMap(\.self)
                            _ = reply.withUnsafeBytes { peers[place].socket.write($0) }
                        }
                    }
                }
                for peer in peers { peer.socket.close() }
            }
            self.thread.withLock { $0 = thread }
        }

        func stop() {
            self.isStopped.store(true, ordering: .releasing)
            self.thread.withLock { $0 }?.join()
        }
    }

    private func shape(rate: Int) -> LoadShape {
        var shape = LoadShape()
        shape.connections = 4
        shape.rate = rate
        return shape
    }

    @Test("an open loop sends at its rate, and a server that stands still shows in the response, not in the rate")
    func standstill() throws {
        let server = try Answering(commandSize: SetBatch.commandSize(valueSize: 64))
        let load = try LoadGenerator(host: "127.0.0.1", port: server.primary.port, connections: 4, seed: 1)
        load.begin(self.shape(rate: 2000))
        try Wait.seconds(0.2)
        let calm = try #require(load.cutRecording())
        server.isPaused.store(true, ordering: .releasing)
        try Wait.seconds(0.3)
        server.isPaused.store(false, ordering: .releasing)
        try Wait.seconds(0.2)
        let stalled = try #require(load.cutRecording())
        load.end()
        #expect(load.cutRecording() == nil)
        try Wait.until("the load was answered", withinSeconds: 5) { load.state.isIdle }
        let state = load.state
        load.stop()
        server.stop()
        #expect(state.failures.isEmpty && state.acknowledged == state.ledger.count)
        // 0.2 s and 0.5 s of 2000/s, give or take a busy machine.
        #expect((300...700).contains(calm.sent) && (800...1400).contains(stalled.sent))
        #expect(calm.dropped == 0 && stalled.dropped == 0)
        #expect(stalled.response.max > 200_000_000)
        #expect(stalled.response.totalCount > 0 && stalled.service.max > 200_000_000)
    }

    /// Latencies in nanoseconds of a load of three seconds on a server that stands still in the second one.
    private func stalled(_ shape: LoadShape) throws -> Histogram<UInt64> {
        let server = try Answering(commandSize: SetBatch.commandSize(valueSize: 64))
        let load = try LoadGenerator(host: "127.0.0.1", port: server.primary.port, connections: 4, seed: 1)
        load.begin(shape)
        try Wait.seconds(0.1)
        load.cutRecording()
        load.beginRecording()
        try Wait.seconds(1)
        server.isPaused.store(true, ordering: .releasing)
        try Wait.seconds(1)
        server.isPaused.store(false, ordering: .releasing)
        try Wait.seconds(1)
        let latency = load.endRecording()
        let record = load.cutRecording()
        load.end()
        try Wait.until("the load was answered", withinSeconds: 5) { load.state.isIdle }
        load.stop()
        server.stop()
        return try #require(record?.response ?? latency)
    }

    @Test("a stall of one second is in the p99 of an open loop; a closed loop hides it", arguments: Arrival.allCases)
    func coordinatedOmission(arrival: Arrival) throws {
        var open = self.shape(rate: 1000)
        open.arrival = arrival
        let response = try self.stalled(open)
        // A third of the writes was due while the server stood still; the first of them waited for a second.
        #expect(response.valueAtPercentile(99) > 800_000_000)
        #expect(response.valueAtPercentile(80) > 200_000_000)
        #expect((2000...4000).contains(response.totalCount))
        var closed = LoadShape()
        closed.connections = 4
        closed.pipeline = 1
        let latency = try self.stalled(closed)
        #expect(latency.max > 800_000_000 && latency.valueAtPercentile(99) < 200_000_000)
    }

    @Test("wait and service make up the response, and are of the writes, not of their groups")
    func parts() {
        var queue = GroupQueue()
        queue.append(GroupQueue.Group(intended: 100, taken: 150, commands: 3), [1, 2, 3])
        queue.append(GroupQueue.Group(intended: 200, taken: 250, commands: 1), [4])
        var completed: [Int] = []
        #expect(queue.receive(2) { completed.append($0.commands) } && completed.isEmpty)
        #expect(queue.receive(2) { completed.append($0.commands) } && completed == [3, 1])
        #expect(queue.isEmpty && !queue.receive(1) { _ in })
    }

    @Test("a DEL counts as a mutation once its answer says that it found something")
    func deletions() {
        var generator = SeededGenerator(seed: 2)
        var ledger = Ledger(connections: 1)
        let mix = MutationMix(set: 0, increment: 1, delete: 1)
        let mixed = MixedBatch(mix, sizes: .fixed(64), filler: Filler(using: &generator))
        var batch = LoadBatch(mixed, depth: 40)
        batch.advance(40, connection: 0, keys: .uniform(keys: 9), ledger: &ledger, using: &generator)
        let deletions = batch.deletions
        var pending = PendingDeletions()
        // A load without any went before, over the same connection.
        pending.sent(LoadBatch(SetBatch(depth: 7, valueSize: 64, compressibility: 0, using: &generator)))
        pending.answered(7)
        pending.sent(batch)
        var answers = Answers()
        for place in 0..<40 { pending.answered(isZero: place == deletions[0].place, &answers) }
        #expect(answers.idle == 1 && answers.deleted == UInt64(deletions.count - 1))
        #expect(answers.digest == deletions.dropFirst().reduce(0) { $0 &+ $1.digest })
        var lines = ReplyLines()
        var zeros: [Bool] = []
        for piece in [":0\r\n:", "0\r\n:10\r\n+OK\r\n:0", "0\r\n"] {
            #expect(Array(piece.utf8).withUnsafeBytes { lines.count($0) { zeros.append($0) } } != nil)
        }
        #expect(zeros == [true, true, false, false, false])
    }

    @Test("an answer that is none ends the load")
    func refused() throws {
        let primary = try ScriptedPrimary()
        let load = try LoadGenerator(host: "127.0.0.1", port: primary.port, connections: 1, seed: 1)
        load.begin(self.shape(rate: 100))
        let socket = try primary.accept()
        _ = primary.receive(socket, atLeast: 50)
        _ = Array("-MISCONF no\r\n".utf8).withUnsafeBytes { socket.write($0) }
        try Wait.until("the load had failed", withinSeconds: 5) { !load.state.failures.isEmpty }
        #expect(load.state.failures.first?.contains("-MISCONF") == true)
        load.end()
        #expect(load.state.isIdle)
        load.stop()
        socket.close()
    }

    @Test("a generator that gave up on commands, or was late, says so")
    func saturation() {
        var record = OpenLoopRecord()
        record.lateness.record(100_000)
        #expect(record.saturation == nil)
        var dropping = record
        dropping.dropped = 3
        #expect(dropping.saturation?.contains("3 commands") == true)
        for _ in 0..<50 { record.lateness.record(30_000_000) }
        #expect(record.saturation?.contains("saturated") == true)
        var trial = Trial()
        record.add(to: &trial, offered: 10, isProbe: true)
        #expect(trial.invalid.isEmpty)
        record.add(to: &trial, offered: 10)
        #expect(trial.invalid.count == 1)
    }

    @Test("answers to mixed commands are counted by their lines, and an error is none")
    func replies() {
        var lines = ReplyLines()
        func count(_ text: String) -> Int? { Array(text.utf8).withUnsafeBytes { lines.count($0) } }
        #expect(count("+OK\r\n:17") == 1)
        #expect(count("\r\n:1\r\n") == 2)
        #expect(count("-ERR\r\n") == nil)
    }
}
