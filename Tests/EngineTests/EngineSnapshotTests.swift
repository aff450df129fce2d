import Keyspace
import Primitives
import RDB
import RESP
import Replication
import ReplicationLog
import Simulation
import Testing

@testable import Engine

@Suite struct EngineSnapshotTests {
    private let table = CommandTable()
    private let history: History = {
        var generator = SeededGenerator(seed: 5)
        return History(using: &generator)
    }()

    /// A transport that takes everything.
    private final class Sink {
        var bytes: [UInt64: [UInt8]] = [:]

        func send(_ number: UInt64, _ transport: Int32, _ bytes: Bytes) -> SendOutcome {
            self.bytes[number, default: []] += bytes
            return .took(bytes.count)
        }
    }

    private func makeEngine(log: ShardLog? = nil, map: LogMap? = nil) -> Engine {
        var options = StreamOptions()
        options.backlogBytes = 1 << 20
        options.chunkBytes = 1024
        options.snapshots.joinWindow = 0
        return Engine(seed: 9, history: self.history, log: log, logMap: map, options: options)
    }

    private func open(_ engine: inout Engine, _ number: UInt64, _ plan: ResumePlan, from position: Position = 0) {
        engine.linkOpened(
            number: number,
            transport: Int32(number),
            request: HandshakeRequest(position: position, id: "r\(number)", history: History.none),
            plan: plan,
            now: 0
        )
    }

    private func fill(_ engine: inout Engine, _ keys: Int, value: String = "v") {
        for key in 0..<keys { _ = engine.run(self.table, ["SET", "key:\(key)", "\(value)\(key)"], now: 0) }
    }

    /// Produces and sends until nothing moves.
    private func run(_ engine: inout Engine, _ sink: Sink, between: (inout Engine) -> Void = { _ in }) {
        var moves = true
        while moves {
            engine.settleSnapshots(now: 0)
            moves = engine.stream.sendSnapshots(limit: 1 << 20, now: 0) { sink.send($0, $1, $2) }
            if engine.produceSnapshot(now: 0) { moves = true }
            if engine.settleSnapshots(now: 0) { moves = true }
            if engine.stream.send(now: 0, { sink.send($0, $1, $2) }) { moves = true }
            between(&engine)
        }
    }

    /// The keys of the snapshot at the front of a link's bytes, its position, and what follows.
    private struct Received {
        var keys: [String: String] = [:]
        var facts: [String: String] = [:]
        var position: Position = 0
        var rest: [UInt8] = []

        init(_ bytes: [UInt8]) throws {
            let opening = Array("+SNAPSHOT\r\n".utf8)
            #expect(bytes.starts(with: opening))
            var rest = bytes.dropFirst(opening.count)
            let decoder = RDBDecoder()
            func line() -> String {
                let end = rest.firstIndex(of: UInt8(ascii: "\r")) ?? rest.endIndex
                defer { rest = rest[end...].dropFirst(2) }
                return String(decoding: rest[..<end], as: UTF8.self)
            }
            var isWhole = false
            while rest.first == UInt8(ascii: "$") {
                let count = try #require(Int(line().dropFirst()))
                var keys = self.keys
                var facts = self.facts
                try rest.prefix(count).withUnsafeBytes { piece in
                    try decoder.decode(piece) { event throws(RDBError) in
                        switch event {
                        case .string(let key, let value, _): keys[key.text] = value.text
                        case .aux(let name, let value): facts[name.text] = value.text
                        case .end: isWhole = true
                        case .selectDB, .sizes, .begin, .element, .endOfValue: break
                        }
                    }
                }
                (self.keys, self.facts) = (keys, facts)
                rest = rest.dropFirst(count + 2)
            }
            #expect(isWhole)
            let ending = line().split(separator: " ")
            #expect(ending.first == "+SNAPSHOT_END")
            self.position = try #require(ending.last.flatMap { Position($0) })
            self.rest = Array(rest)
        }
    }

    @Test("a snapshot is what the last number before it had made of the data, whatever is written meanwhile")
    func pointInTime() throws {
        var engine = self.makeEngine()
        self.fill(&engine, 20_000)
        self.open(&engine, 1, .snapshot(.tooOld))
        let sink = Sink()
        let isBegun = engine.triggerSnapshots(version: "1.2", now: 0)
        #expect(isBegun)
        let position = engine.tip
        var written = 0
        self.run(&engine, sink) { engine in
            for _ in 0..<5 where written < 30 {
                _ = engine.run(self.table, ["SET", "key:\(written * 600)", "late"], now: 0)
                _ = engine.run(self.table, ["DEL", "key:\(written * 600 + 1)"], now: 0)
                _ = engine.run(self.table, ["SET", "new:\(written)", "late"], now: 0)
                written += 1
            }
        }
        let received = try Received(sink.bytes[1] ?? [])
        #expect(received.position == position && position == 20_000)
        #expect(received.keys.count == 20_000)
        #expect(received.keys.allSatisfy { $0.value == "v" + $0.key.dropFirst("key:".count) })
        #expect(received.facts["sluice-history"] == self.history.hex)
        #expect(received.facts["sluice-position"] == "20000" && received.facts["sluice-version"] == "1.2")
        // The stream goes on at the position, without a gap.
        var after = received.position
        var rest = received.rest[...]
        while case .frame(let lsn, _, let length) = rest.withUnsafeBytes({ FrameScan($0) }) {
            #expect(lsn == after + 1)
            after = lsn
            rest = rest.dropFirst(length)
        }
        #expect(after == engine.tip && rest.isEmpty && after == 20_090)
        let views = engine.keyspace.viewBytes
        #expect(engine.productions.isEmpty && views == 0)
    }

    @Test("a slot pins nothing while its replica waits, then the snapshot's position, and is valid at its end")
    func slots() throws {
        var engine = self.makeEngine()
        self.fill(&engine, 100)
        self.open(&engine, 1, .snapshot(.foreignHistory), from: 7_000)
        func slot(_ engine: borrowing Engine) throws -> Slot { try #require(engine.replicas.slots["r1"]) }
        #expect(try slot(engine).transfer == .waiting)
        #expect(engine.replicas.registry["r1"]?.sent == 0, "what it claims is not ours")
        engine.linkReported(number: 1, .acknowledged(applied: 50, durable: 50), now: 1)
        #expect(engine.replicas.registry["r1"]?.acknowledged == nil && engine.replicas.registry["r1"]?.durable == nil)
        let isBegun = engine.triggerSnapshots(version: "1", now: 0)
        #expect(isBegun)
        #expect(try slot(engine).transfer == .sending(100))
        let floor = engine.replicas.slots.retentionFloor(now: 0)
        #expect(floor == 100)
        self.run(&engine, Sink())
        #expect(try slot(engine).transfer == nil && slot(engine).restart == 100 && slot(engine).isValid)
        engine.linkReported(number: 1, .acknowledged(applied: 100, durable: nil), now: 2)
        #expect(engine.replicas.registry["r1"]?.acknowledged == 100)
    }

    @Test("a link that leaves closes the view with its pass")
    func abandoned() {
        var engine = self.makeEngine()
        self.fill(&engine, 20_000)
        for round in 1...20 as ClosedRange<UInt64> {
            self.open(&engine, round, .snapshot(.tooOld))
            let isBegun = engine.triggerSnapshots(version: "1", now: 0)
            #expect(isBegun, "the views of rounds before are free: \(round)")
            let sink = Sink()
            _ = engine.stream.sendSnapshots(limit: 1 << 20, now: 0) { sink.send($0, $1, $2) }
            for _ in 0..<3 { _ = engine.produceSnapshot(now: 0) }
            _ = engine.run(self.table, ["SET", "key:\(round)", "x"], now: 0)
            engine.linkClosed(number: round, now: 0)
            engine.settleSnapshots(now: 0)
            while engine.keyspace.releaseSlice() {}
        }
        let views = engine.keyspace.viewBytes
        #expect(engine.productions.isEmpty && views == 0)
        #expect(engine.stream.snapshots.statistics.passesAbandoned == 20)
    }

    @Test("under always the end of a snapshot waits until all of it is durable")
    func durability() throws {
        let log = try ReplicationLog.open(FaultyStorage()).log
        let shard = ShardLog(sync: .always, indexInterval: LogOptions().indexInterval, tip: 0)
        var engine = self.makeEngine(log: shard, map: log.map)
        self.fill(&engine, 50)
        self.open(&engine, 1, .snapshot(.tooOld))
        let isBegun = engine.triggerSnapshots(version: "1", now: 0)
        #expect(isBegun)
        let sink = Sink()
        self.run(&engine, sink)
        #expect(engine.stream.tip == 0 && engine.stream.state(of: 1) == .sending)
        #expect(!String(decoding: sink.bytes[1] ?? [], as: UTF8.self).contains("SNAPSHOT_END"))
        let job = engine.takeLogJob(now: 0)
        engine.logCompleted(try #require(job).run(on: log), now: 0)
        self.run(&engine, sink)
        let received = try Received(sink.bytes[1] ?? [])
        #expect(received.position == 50 && received.keys.count == 50 && engine.stream.state(of: 1) == .streaming)
    }

    @Test("a newcomer is copied where the log is far larger than the data; a slot that is valid gets its log")
    func cheaper() throws {
        let log = try ReplicationLog.open(FaultyStorage()).log
        let shard = ShardLog(sync: .no, indexInterval: LogOptions().indexInterval, tip: 0)
        var engine = self.makeEngine(log: shard, map: log.map)
        self.open(&engine, 1, .resume(.tip))
        engine.linkReported(number: 1, .acknowledged(applied: 0, durable: 0), now: 0)
        let value = String(repeating: "x", count: 100_000)
        for _ in 0..<300 { _ = engine.run(self.table, ["SET", "one", value], now: 0) }
        let job = engine.takeLogJob(now: 0)
        engine.logCompleted(try #require(job).run(on: log), now: 0)
        self.open(&engine, 2, .resume(.disk), from: 10)
        #expect(engine.stream.state(of: 2) == .waiting && engine.stream.snapshotCauses == [.cheaper: 1])
        engine.linkClosed(number: 1, now: 0)
        engine.linkOpened(
            number: 3,
            transport: 3,
            request: HandshakeRequest(position: 10, id: "r1", history: self.history),
            plan: .resume(.disk),
            now: 0
        )
        #expect(engine.stream.state(of: 3) == .streaming)
        self.open(&engine, 4, .resume(.disk), from: 250)
        #expect(engine.stream.state(of: 4) == .streaming, "a few megabytes are soon replayed")
    }
}
