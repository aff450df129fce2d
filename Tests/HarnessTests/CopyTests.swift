import Measurement
import Primitives
import Sockets
import Testing
import Workload

@testable import Harness

/// A small RDB file with its true checksum.
private func rdb(_ filler: Int, damaged: Bool = false) -> [UInt8] {
    var bytes = Array("REDIS0010".utf8) + [UInt8](repeating: 7, count: filler) + [0xff]
    var checksum = CRC64()
    bytes.withUnsafeBytes { checksum.update($0) }
    if damaged { bytes[9] ^= 1 }
    return bytes + (0..<8).map { UInt8(truncatingIfNeeded: checksum.value >> UInt64($0 * 8)) }
}

@Suite struct CopyReaderTests {
    private static let mark = Array("0123456789abcdefghijklmnopqrstuvwxyzABCD".utf8)

    /// Feeds bytes in pieces of a size, as reads would bring them; returns what was left over.
    private func feed(_ reader: inout CopyReader, _ bytes: [UInt8], piece: Int) throws -> [UInt8] {
        var carry: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            carry += bytes[start..<min(start + piece, bytes.count)]
            let taken = try carry.withUnsafeBytes { try reader.consume($0) }
            carry.removeFirst(taken)
        }
        return carry
    }

    private func chunked(_ content: [UInt8], chunk: Int, position: Int = 42) -> [UInt8] {
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: content.count, by: chunk) {
            let piece = content[start..<min(start + chunk, content.count)]
            bytes += Array("$\(piece.count)\r\n".utf8) + piece + [13, 10]
        }
        return bytes + Array("+SNAPSHOT_END \(position)\r\n".utf8)
    }

    @Test("the checksum is the one that Redis writes")
    func checksum() {
        var checksum = CRC64()
        Array("123456789".utf8).withUnsafeBytes { checksum.update($0) }
        #expect(checksum.value == 0xe9c6_d914_c4b8_d9ca)
        var apart = CRC64()
        let bytes = (0..<100).map { UInt8($0) }
        bytes[..<33].withUnsafeBytes { apart.update($0) }
        bytes[33...].withUnsafeBytes { apart.update($0) }
        var whole = CRC64()
        bytes.withUnsafeBytes { whole.update($0) }
        #expect(apart.value == whole.value)
    }

    @Test("a chunked copy is taken however reads cut it, and what follows is left", arguments: [1, 2, 7, 64, 10_000])
    func chunked(piece: Int) throws {
        let content = rdb(500)
        var reader = CopyReader(.chunked, checksum: true)
        let rest = try self.feed(&reader, self.chunked(content, chunk: 100) + Array("*2\r\n".utf8), piece: piece)
        #expect(reader.position == 42 && reader.bytes == UInt64(content.count) && reader.chunks == 6)
        #expect(rest == Array("*2\r\n".utf8))
    }

    @Test("a copy of known length ends with its last byte", arguments: [1, 3, 10_000])
    func sized(piece: Int) throws {
        let content = rdb(50)
        var reader = CopyReader(.sized(content.count, position: 17), checksum: true)
        let rest = try self.feed(&reader, content + [42], piece: piece)
        #expect(reader.position == 17 && reader.bytes == UInt64(content.count) && rest == [42])
    }

    @Test(
        "a copy of unknown length ends at its mark, and not at what only begins like it",
        arguments: [1, 5, 39, 10_000]
    )
    func marked(piece: Int) throws {
        let start = Array("REDIS0010".utf8) + Self.mark.prefix(20) + [0xff]
        let content = start + [UInt8](repeating: 0, count: 8)
        var reader = CopyReader(.marked(Self.mark, position: 17), checksum: true)
        _ = try self.feed(&reader, content, piece: piece)
        #expect(reader.position == nil)
        _ = try self.feed(&reader, Self.mark, piece: piece)
        #expect(reader.position == 17 && reader.bytes == UInt64(content.count))
    }

    @Test("a damaged copy is refused by its checksum, and taken when that is not asked for")
    func damaged() throws {
        let bytes = self.chunked(rdb(500, damaged: true), chunk: 64)
        var checking = CopyReader(.chunked, checksum: true)
        #expect(throws: StreamError.malformed("the copy's checksum does not fit")) {
            try self.feed(&checking, bytes, piece: 100)
        }
        var trusting = CopyReader(.chunked, checksum: false)
        #expect(try self.feed(&trusting, bytes, piece: 100).isEmpty && trusting.position == 42)
    }

    @Test(
        "what is no copy is refused",
        arguments: [
            "$0\r\n", "$x\r\n", "$99999999999\r\n", "$3\r\nabcd\r\n", "+SNAPSHOT_END x\r\n", "+SNAPSHOT_END 3\r\n",
            "*2\r\n", "-ERR out of memory\r\n", "$5\r\nREDIS\r\n+SNAPSHOT_END 3\r\n",
        ]
    )
    func malformed(text: String) {
        var reader = CopyReader(.chunked, checksum: false)
        #expect(throws: StreamError.self) { try self.feed(&reader, Array(text.utf8), piece: 1000) }
        var endless = CopyReader(.chunked, checksum: false)
        #expect(throws: StreamError.self) {
            try self.feed(&endless, [UInt8](repeating: 43, count: 1000), piece: 1000)
        }
    }
}

@Suite struct CopyPhasesTests {
    private func copy(isFromFile: Bool) -> CopyTimes {
        var copy = CopyTimes(checksum: false)
        (copy.began, copy.begun, copy.firstByte) = (1_000_000_000, 2_000_000_000, 5_000_000_000)
        (copy.lastByte, copy.current) = (7_000_000_000, 7_500_000_000)
        copy.isFromFile = isFromFile
        return copy
    }

    @Test("a file is produced before it is sent, and a streamed copy while it is")
    func produce() {
        let phases = CopyPhases(wait: 1, produce: 3, transfer: 2, catchUp: 0.5)
        #expect(self.copy(isFromFile: true).phases == phases)
        var streamed = phases
        streamed.produce = 5
        #expect(self.copy(isFromFile: false).phases == streamed)
    }

    @Test("a step that has not come to its end has no length")
    func unfinished() {
        var copy = self.copy(isFromFile: true)
        (copy.lastByte, copy.current) = (nil, nil)
        #expect(copy.phases == CopyPhases(wait: 1, produce: 3, transfer: nil, catchUp: nil))
    }
}

@Suite struct CopyFleetTests {
    private let history = String(repeating: "c", count: 40)

    private func send(_ bytes: [UInt8], _ socket: Socket) {
        guard !bytes.isEmpty else { return }
        #expect(bytes.withUnsafeBytes { socket.write($0) } == .moved(bytes.count))
    }

    private func wait(_ fleet: ReplicaFleet, until condition: (CopyTimes) -> Bool) throws -> CopyTimes {
        let deadline = Clocks.monotonicNanoseconds + 5_000_000_000
        while Clocks.monotonicNanoseconds < deadline {
            if let failure = fleet.counters.failures.first { Issue.record("\(failure)") }
            if let copy = fleet.copies.first, condition(copy) { return copy }
        }
        Issue.record("the copy did not get there: \(fleet.copies)")
        return try #require(fleet.copies.first)
    }

    private func fleet(_ primary: ScriptedPrimary, _ dialect: Dialect) throws -> ReplicaFleet {
        try ReplicaFleet(host: "127.0.0.1", port: primary.port, dialect: dialect, progress: LoadProgress())
    }

    @Test(
        "a replica takes a copy from a Sluice primary, follows the stream behind it, and its steps are timed in order"
    )
    func sluice() throws {
        let primary = try ScriptedPrimary()
        let fleet = try self.fleet(primary, .replicate)
        defer { fleet.stop() }
        fleet.attachCopies(1, checksum: true, .fast, StreamVerifier(connections: 1))
        let socket = try primary.accept()
        defer { socket.close() }
        self.send(Array("+ACK 0 \(self.history)\r\n+PING 5 1\r\n+SNAPSHOT\r\n".utf8), socket)
        let content = rdb(100)
        self.send(Array("$\(content.count)\r\n".utf8) + content.prefix(30), socket)
        _ = try self.wait(fleet) { $0.firstByte != nil }
        #expect(fleet.counters.online == 0)
        self.send(content.dropFirst(30) + Array("\r\n+SNAPSHOT_END 5\r\n".utf8), socket)
        let complete = try self.wait(fleet) { $0.lastByte != nil }
        #expect(complete.bytes == UInt64(content.count) && complete.chunks == 1 && complete.current == nil)
        fleet.setCopyGoal(6)
        #expect(fleet.copies.first?.current == nil)
        var ledger = Ledger(connections: 1)
        var generator = SeededGenerator(seed: 2)
        var batch = SetBatch(depth: 1, valueSize: 64, compressibility: 0, using: &generator)
        batch.advance(connection: 0, keys: .uniform(keys: 9), ledger: &ledger, using: &generator)
        self.send(Array("*2\r\n:5\r\n".utf8) + batch.bytes, socket)
        let current = try self.wait(fleet) { $0.current != nil }
        let steps = [current.began] + [current.firstByte, current.lastByte, current.current].compactMap(\.self)
        #expect(steps.count == 4 && steps == steps.sorted())
        #expect(fleet.laggards(behind: ledger) == 0 && fleet.counters.fullTransfers == 1)
        withExtendedLifetime(primary) {}
    }

    @Test("a copy from Redis is acknowledged until the stream runs")
    func redis() throws {
        let primary = try ScriptedPrimary()
        let fleet = try self.fleet(primary, .psync)
        defer { fleet.stop() }
        fleet.attachCopies(1, checksum: true, .fast, StreamVerifier(connections: 1))
        let socket = try primary.accept()
        defer { socket.close() }
        let content = rdb(100)
        for (heard, answer) in [
            (ReplicaHandshake.greeting, "+PONG\r\n"), (ReplicaHandshake.introduction, "+OK\r\n+OK\r\n"),
            (ReplicaHandshake.psync(.nothing), ""),
        ] {
            #expect(primary.receive(socket, atLeast: heard.count) == heard)
            self.send(Array(answer.utf8), socket)
        }
        self.send(Array("+FULLRESYNC \(self.history) 9\r\n\n$\(content.count)\r\n".utf8) + content, socket)
        let complete = try self.wait(fleet) { $0.lastByte != nil }
        #expect(complete.bytes == UInt64(content.count))
        let heard = String(decoding: primary.receive(socket, atLeast: 300), as: UTF8.self)
        #expect(heard.split(separator: "ACK").count > 2)
        fleet.setCopyGoal(9)
        #expect(fleet.copies.first?.current != nil)
        withExtendedLifetime(primary) {}
    }

    @Test("a copy that breaks off is a failure")
    func brokenOff() throws {
        let primary = try ScriptedPrimary()
        let fleet = try self.fleet(primary, .replicate)
        defer { fleet.stop() }
        fleet.attachCopies(1, checksum: false, .fast, StreamVerifier(connections: 1))
        let socket = try primary.accept()
        self.send(Array("+ACK 0 \(self.history)\r\n+SNAPSHOT\r\n$100\r\nREDIS".utf8), socket)
        _ = try self.wait(fleet) { $0.firstByte != nil }
        socket.close()
        let deadline = Clocks.monotonicNanoseconds + 5_000_000_000
        while fleet.counters.failures.isEmpty, Clocks.monotonicNanoseconds < deadline {}
        #expect(fleet.counters.failures.count == 1)
        withExtendedLifetime(primary) {}
    }
}

@Suite struct SnapshotPlanTests {
    private func steps(_ suite: Suite, _ targets: [TargetSpecification]) -> [(SnapshotCase, TargetSpecification?)] {
        var generator = SeededGenerator(seed: 4)
        return Plan(suite, targets: targets, &generator).steps.compactMap { step in
            if case .snapshot(let snapshot) = step.work { (snapshot, step.target) } else { nil }
        }
    }

    @Test("cases that share a data set follow each other, so that it is made once")
    func shared() throws {
        for suite in try ["standard", "snapshot", "quick"].map(Suite.named) {
            var seen: [SnapshotCase.DataSet] = []
            for (one, _) in self.steps(suite, [.bundled, .redis]) where seen.last != one.data {
                #expect(!seen.contains(one.data))
                seen.append(one.data)
            }
            #expect(!seen.isEmpty)
        }
    }

    @Test("the bundled engine writes no file on the way, and a server that runs already keeps its settings")
    func targets() throws {
        let running = try TargetSpecification(parsing: "redis://h:1")
        for (one, target) in try self.steps(.named("standard"), [.bundled, .redis, running]) {
            #expect(target == .redis || one.transfer == .streamed)
            guard target == running else { continue }
            #expect(one.receiver == .discarding && one.data.chunkBytes == nil)
            let parameters = Plan.Work.snapshot(one).parameters(for: target)
            #expect(parameters.contains(Parameter("transfer", "as configured")))
        }
    }

    @Test("nobody owes a time of loading, and the engine that loads while it receives has none")
    func loading() throws {
        for (one, target) in try self.steps(.named("live"), [.bundled, .redis]) {
            let work = Plan.Work.snapshot(one)
            #expect(!work.expectedMetrics(from: target).contains("live_loading"))
            #expect((work.unsupported(by: target)["live_loading"] != nil) == (target == .bundled))
        }
    }

    @Test("copies to live replicas are made in twelve pairs")
    func pairs() throws {
        let million = SnapshotCase.DataSet(keys: 1_000_000, valueSize: 100)
        let steps = try self.steps(.named("standard"), [.bundled, .redis]).filter {
            $0.0.receiver == .live && $0.0.data == million && $0.0.transfer == .streamed && $0.0.writeRate == 0
        }
        #expect(steps.count == 24 && steps.count { $0.1 == .bundled } == 12)
    }

    @Test("a backlog never holds all that was written, so that a newcomer is sent a copy")
    func backlog() throws {
        for (one, _) in try self.steps(.named("standard"), [.bundled]) + self.steps(.named("quick"), [.bundled]) {
            #expect(one.data.backlogBytes < one.data.bytes)
        }
    }

    @Test("a suite narrowed to replicas and value sizes keeps those copies alone")
    func narrowed() throws {
        let steps = try self.steps(
            Suite.named("standard").narrowed(replicas: [10], valueSize: 1024, trials: 1),
            [.bundled]
        )
        #expect(steps.count == 1 && steps[0].0.replicas == 10 && steps[0].0.data.valueSize == 1024)
        let small = try self.steps(.named("standard"), [.bundled, .redis]).filter { $0.0.data.chunkBytes != nil }
        #expect(!small.isEmpty && small.allSatisfy { $0.1 == .bundled })
    }
}
