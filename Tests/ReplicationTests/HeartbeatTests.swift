import Primitives
import Testing

@testable import Replication

@Suite struct HeartbeatTests {
    @Test("long-form links get a heartbeat once a second, short-form links none")
    func onceASecond() {
        var stream = Stream.make()
        let transport = FakeTransport()
        stream.backlog.append(mutation(bytes: 20))
        stream.open(1, from: 1, isLong: true, now: 10_000)
        stream.open(2, from: 1, now: 10_000)
        for now in stride(from: Milliseconds(10_000), through: 13_000, by: 100) {
            stream.tick(now: now)
            stream.sendAll(transport, now: now)
        }
        let expected = [10_000, 11_000, 12_000, 13_000].map { "+PING 1 \($0)\r\n" }.joined()
        #expect(String(decoding: transport.take(1), as: UTF8.self) == expected)
        #expect(transport.take(2).isEmpty)
    }

    @Test("a heartbeat never stands inside a frame, nor a frame inside a heartbeat", arguments: FanOut.allCases, 1...4)
    func between(fanOut: FanOut, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var stream = Stream.make(backlogBytes: 1 << 20, chunkBytes: 700, fanOut: fanOut)
        let transport = FakeTransport()
        stream.open(1, isLong: true)
        var now: Milliseconds = 0
        for round in 0..<600 {
            now += 300
            stream.tick(now: now)
            stream.linkReported(number: 1, .acknowledged(applied: 0, durable: nil), now: now)
            if round % 3 == 0 { stream.backlog.append(mutation(bytes: .random(in: 16...90, using: &generator))) }
            transport.room[1] = .random(in: 1...70, using: &generator)
            stream.linkWritable(number: 1)
            stream.sendAll(transport, now: now)
        }
        transport.room[1] = nil
        stream.linkWritable(number: 1)
        stream.sendAll(transport, now: now)
        var bytes = transport.take(1)[...]
        var heartbeats = 0
        var next: LSN = 1
        while let first = bytes.first {
            if first == UInt8(ascii: "+") {
                let end = try #require(bytes.firstIndex(of: UInt8(ascii: "\n")))
                let words = String(decoding: bytes[...end], as: UTF8.self).split(separator: " ")
                #expect(words.count == 3 && words[0] == "+PING")
                #expect(words.count == 3 && UInt64(words[1]).map { $0 >= next - 1 && $0 <= stream.tip } == true)
                bytes = bytes[(end + 1)...]
                heartbeats += 1
            } else if case .frame(next, _, let length) = bytes.withUnsafeBytes({ FrameScan($0) }) {
                bytes = bytes.dropFirst(length)
                next += 1
            } else {
                Issue.record("neither a heartbeat nor frame \(next)")
                return
            }
        }
        #expect(next == stream.tip + 1)
        #expect(heartbeats > 20)
    }

    @Test("a clock that is set back does not silence the heartbeats")
    func clockSetBack() {
        var stream = Stream.make()
        let transport = FakeTransport()
        stream.open(1, isLong: true, now: 1_000_000)
        stream.tick(now: 1_000_000)
        stream.sendAll(transport, now: 1_000_000)
        #expect(!transport.take(1).isEmpty)
        stream.tick(now: 5000)
        stream.sendAll(transport, now: 5000)
        #expect(String(decoding: transport.take(1), as: UTF8.self) == "+PING 0 5000\r\n")
    }
}
