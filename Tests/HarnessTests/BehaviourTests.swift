import Primitives
import Sockets
import Testing
import Workload

@testable import Harness

@Suite struct BehaviourTests {
    private let primary: ScriptedPrimary
    private let fleet: ReplicaFleet
    private let history = String(repeating: "d", count: 40)
    private let start = Ledger(connections: 1)

    init() throws {
        let primary = try ScriptedPrimary()
        self.primary = primary
        self.fleet = try ReplicaFleet(
            host: "127.0.0.1",
            port: primary.port,
            dialect: .replicate,
            progress: LoadProgress()
        )
    }

    /// Attaches one replica at position 0.
    private func attach(_ behaviour: ReplicaBehaviour) {
        self.fleet.attach(1, at: .position(0, history: self.history), behaviour, behind: self.start)
    }

    private func admit(at position: Int) throws -> Socket {
        let socket = try self.primary.accept()
        self.send(Array("+ACK \(position) \(self.history)\r\n".utf8), socket)
        return socket
    }

    private func send(_ bytes: [UInt8], _ socket: Socket) {
        #expect(bytes.withUnsafeBytes { socket.write($0) } == .moved(bytes.count))
    }

    private func wait(until condition: (FleetCounters) -> Bool) -> FleetCounters {
        let deadline = Clocks.monotonicNanoseconds + 5_000_000_000
        while Clocks.monotonicNanoseconds < deadline {
            let counters = self.fleet.counters
            if condition(counters) { return counters }
        }
        Issue.record("the fleet did not get there: \(self.fleet.counters)")
        return self.fleet.counters
    }

    private func frames(_ count: Int, valueSize: Int = 64, _ ledger: inout Ledger) -> [[UInt8]] {
        var generator = SeededGenerator(seed: 2)
        var batch = SetBatch(depth: 1, valueSize: valueSize, compressibility: 0, using: &generator)
        return (0..<count).map { index in
            batch.advance(connection: 0, keys: .uniform(keys: 9), ledger: &ledger, using: &generator)
            return Array("*2\r\n:\(index)\r\n".utf8) + batch.bytes
        }
    }

    @Test("a flapping replica leaves by itself, asks to go on behind the last whole frame, and ends up complete")
    func flapping() throws {
        defer { self.fleet.stop() }
        self.attach(.flapping(staySeconds: 0.05, awaySeconds: 0.02))
        var ledger = self.start
        let frames = self.frames(4, &ledger)
        let first = try self.admit(at: 0)
        self.send(frames[0] + frames[1] + frames[2].prefix(20), first)
        let second = try self.primary.accept()
        let request = "REPLICATE FROM 2 ID bench-0 HISTORY \(self.history)"
        let expected = CommandEncoder.bytes(request.split(separator: " ").map(String.init))
        #expect(self.primary.receive(second, atLeast: expected.count).starts(with: expected))
        self.fleet.hurry()
        self.send(Array("+ACK 2 \(self.history)\r\n".utf8) + frames[2] + frames[3], second)
        let counters = self.wait { $0.delivered == 4 }
        #expect(counters.failures.isEmpty && counters.resumes == 1)
        #expect(self.fleet.verdict(since: self.start, until: ledger).isEmpty)
        first.close()
        second.close()
    }

    @Test("a flapping replica whose connection the primary ends has failed all the same")
    func flappingLost() throws {
        defer { self.fleet.stop() }
        self.attach(.flapping(staySeconds: 5, awaySeconds: 0.02))
        let socket = try self.admit(at: 0)
        _ = self.wait { $0.online == 1 }
        socket.close()
        #expect(self.wait { !$0.failures.isEmpty }.away == 0)
    }

    @Test("a late replica is away until its time and then gets everything since it was attached")
    func late() throws {
        defer { self.fleet.stop() }
        let began = Clocks.monotonicNanoseconds
        self.attach(.late(joinSeconds: 0.1))
        #expect(self.fleet.counters.away == 1)
        var ledger = self.start
        let frames = self.frames(3, &ledger)
        let socket = try self.admit(at: 0)
        #expect(Clocks.monotonicNanoseconds - began >= 100_000_000)
        self.send(frames.flatMap(\.self), socket)
        #expect(self.wait { $0.delivered == 3 }.away == 0)
        #expect(self.fleet.verdict(since: self.start, until: ledger).isEmpty)
        socket.close()
    }

    @Test("a silent replica reads and never acknowledges")
    func silent() throws {
        defer { self.fleet.stop() }
        self.attach(.silent)
        var ledger = self.start
        let frames = self.frames(3, &ledger)
        let socket = try self.admit(at: 0)
        let asked = CommandEncoder.bytes(["REPLCONF", "GETACK", "*"])
        self.send(frames[0] + Array("*2\r\n:1\r\n".utf8) + asked, socket)
        _ = self.wait { $0.delivered == 1 }
        let request = "REPLICATE FROM 0 ID bench-0 HISTORY \(self.history)"
        let handshake = CommandEncoder.bytes(request.split(separator: " ").map(String.init))
        #expect(self.primary.receive(socket, atLeast: handshake.count + 1, within: 1.2) == handshake)
        socket.close()
    }

    @Test("a slow replica reads at its rate, and as fast as it can once it is told to hurry")
    func slow() throws {
        defer { self.fleet.stop() }
        self.attach(.slow(bytesPerSecond: 1 << 20))
        var ledger = self.start
        let socket = try self.admit(at: 0)
        _ = self.wait { $0.online == 1 }
        let began = Clocks.monotonicNanoseconds
        let bytes = self.frames(1200, valueSize: 1000, &ledger).flatMap(\.self)
        let sender = try DedicatedThread(name: "sender") {
            var rest = bytes[...]
            while !rest.isEmpty {
                guard case .moved(let count) = rest.withUnsafeBytes({ socket.write($0) }) else { continue }
                rest.removeFirst(count)
            }
        }
        let counters = self.wait { $0.delivered >= 300 }
        // 300 kB at 1 MiB/s, less the burst that is let through.
        #expect(Double(Clocks.monotonicNanoseconds - began) / 1e9 > 0.15)
        #expect(counters.delivered < 1200)
        self.fleet.hurry()
        #expect(self.wait { $0.delivered == 1200 }.failures.isEmpty)
        #expect(self.fleet.verdict(since: self.start, until: ledger).isEmpty)
        sender.join()
        socket.close()
    }
}
