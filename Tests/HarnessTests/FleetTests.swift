import Dispatch
import Primitives
import Sockets
import Testing
import Workload

@testable import Harness

@Suite struct FleetTests {
    private func wait(_ fleet: ReplicaFleet, until condition: (FleetCounters) -> Bool) throws -> FleetCounters {
        let deadline = Clocks.monotonicNanoseconds + 5_000_000_000
        while Clocks.monotonicNanoseconds < deadline {
            let counters = fleet.counters
            if condition(counters) { return counters }
        }
        Issue.record("the fleet did not get there: \(fleet.counters)")
        return fleet.counters
    }

    /// A fleet with one replica at position 3, the primary's end of its connection, and the ledger it joined behind.
    private func attached() throws -> (primary: ScriptedPrimary, fleet: ReplicaFleet, socket: Socket, ledger: Ledger) {
        let primary = try ScriptedPrimary()
        let fleet = try ReplicaFleet(
            host: "127.0.0.1",
            port: primary.port,
            dialect: .replicate,
            progress: LoadProgress()
        )
        let ledger = Ledger(connections: 1)
        let history = String(repeating: "c", count: 40)
        fleet.attach(1, at: .position(3, history: history), .fast, behind: ledger)
        let socket = try primary.accept()
        try self.send(Array("+ACK 3 \(history)\r\n".utf8), socket)
        _ = try self.wait(fleet) { $0.online == 1 }
        return (primary, fleet, socket, ledger)
    }

    private func send(_ bytes: [UInt8], _ socket: Socket) throws {
        #expect(bytes.withUnsafeBytes { socket.write($0) } == .moved(bytes.count))
    }

    private func frames(_ count: Int, _ ledger: inout Ledger) -> [[UInt8]] {
        var generator = SeededGenerator(seed: 2)
        var batch = SetBatch(depth: 1, valueSize: 64, compressibility: 0, using: &generator)
        return (0..<count).map { index in
            batch.advance(connection: 0, keys: .uniform(keys: 9), ledger: &ledger, using: &generator)
            return Array("*2\r\n:\(3 + index)\r\n".utf8) + batch.bytes
        }
    }

    @Test("a replica that got everything agrees with the ledger")
    func complete() throws {
        let (primary, fleet, socket, start) = try self.attached()
        defer { fleet.stop() }
        var ledger = start
        try self.send(self.frames(5, &ledger).flatMap(\.self), socket)
        let counters = try self.wait(fleet) { $0.delivered == 5 }
        #expect(counters.slowest == 5)
        #expect(fleet.verdict(since: start, until: ledger).isEmpty)
        withExtendedLifetime(primary) { socket.close() }
    }

    @Test("a replica that misses the last mutation is told by the verdict")
    func short() throws {
        let (primary, fleet, socket, start) = try self.attached()
        defer { fleet.stop() }
        var ledger = start
        try self.send(self.frames(5, &ledger).dropLast().flatMap(\.self), socket)
        _ = try self.wait(fleet) { $0.delivered == 4 }
        #expect(fleet.verdict(since: start, until: ledger).count == 1)
        withExtendedLifetime(primary) { socket.close() }
    }

    @Test("a dropped frame, a lost connection and a refusal each fail the replica")
    func failures() throws {
        for step in 0..<3 {
            let (primary, fleet, socket, start) = try self.attached()
            defer { fleet.stop() }
            var ledger = start
            switch step {
            case 0: try self.send(self.frames(2, &ledger)[1], socket)
            case 1: socket.close()
            default: try self.send(Array("-ERR not you\r\n".utf8), socket)
            }
            let counters = try self.wait(fleet) { !$0.failures.isEmpty }
            #expect(counters.online == 0)
            withExtendedLifetime(primary) { if step != 1 { socket.close() } }
        }
    }

    @Test("a replica that departs and comes back goes on where it was")
    func resume() throws {
        let (primary, fleet, socket, start) = try self.attached()
        defer { fleet.stop() }
        var ledger = start
        let frames = self.frames(4, &ledger)
        try self.send(frames[0] + frames[1] + frames[2].prefix(10), socket)
        _ = try self.wait(fleet) { $0.delivered == 2 }
        let departed = try #require(fleet.reactor.call { $0.depart(0, byReset: true) })
        #expect(departed.position == 5)
        let history = String(repeating: "c", count: 40)
        let joined = fleet.reactor.call { body in
            body.join(as: departed.id, at: .position(departed.position, history: history), verifier: departed.verifier)
        }
        #expect(joined != nil)
        let again = try primary.accept()
        try self.send(Array("+ACK 5 \(history)\r\n".utf8) + frames[2] + frames[3], again)
        let counters = try self.wait(fleet) { $0.delivered == 4 }
        #expect(counters.failures.isEmpty)
        let sent = ledger
        #expect(fleet.reactor.call { $0.laggards(behind: sent) } == 0)
        socket.close()
        again.close()
    }
}
