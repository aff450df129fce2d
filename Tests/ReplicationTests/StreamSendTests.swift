import Primitives
import Testing

@testable import Replication

@Suite struct StreamSendTests {
    @Test("a link gets the frames after its position, byte for byte, and nothing else", arguments: FanOut.allCases)
    func frames(fanOut: FanOut) {
        var stream = Stream.make(fanOut: fanOut)
        let transport = FakeTransport()
        let commands = [encoded("SET", "a", "1"), encoded("DEL", "a"), encoded("SET", "b", "\r\n")]
        for command in commands { stream.backlog.append(command) }
        for position in 0...3 { stream.open(UInt64(position) + 1, from: Position(position)) }
        stream.sendAll(transport)
        for position in 0...3 {
            let expected = commands.enumerated().dropFirst(position).flatMap {
                expectedFrame(LSN($0.offset) + 1, $0.element)
            }
            #expect(transport.take(Int32(position) + 1) == expected)
        }
        stream.backlog.append(commands[1])
        stream.sendAll(transport)
        for number in 1...4 { #expect(transport.take(Int32(number)) == expectedFrame(4, commands[1])) }
    }

    @Test(
        "whatever each socket takes, and whenever it blocks, every link receives exactly the frames",
        arguments: FanOut.allCases,
        1...6
    )
    func randomTransport(fanOut: FanOut, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var stream = Stream.make(
            backlogBytes: 8 << 20,
            chunkBytes: .random(in: 64...3000, using: &generator),
            fanOut: fanOut
        )
        let transport = FakeTransport()
        var written: [[UInt8]] = []
        var starts: [UInt64: Position] = [:]
        for round in 0..<400 {
            for _ in 0..<Int.random(in: 0...6, using: &generator) {
                written.append(mutation(bytes: .random(in: 16...400, using: &generator), marked: UInt64(written.count)))
                stream.backlog.append(written[written.count - 1])
            }
            if round % 40 == 0 {
                let number = UInt64(starts.count) + 1
                starts[number] = .random(in: 0...stream.tip, using: &generator)
                stream.open(number, from: starts[number] ?? 0)
            }
            for number in starts.keys where Bool.random(using: &generator) {
                transport.room[Int32(number)] = .random(in: 0...1500, using: &generator)
                stream.linkWritable(number: number)
            }
            stream.sendAll(transport)
        }
        for number in starts.keys {
            transport.room[Int32(number)] = nil
            stream.linkWritable(number: number)
        }
        stream.sendAll(transport)
        for (number, start) in starts {
            let bytes = transport.take(Int32(number))
            #expect(bytes.count == stream.links.first { $0.number == number }.map { Int($0.sentBytes) })
            let got = try #require(mutations(in: bytes, after: start), "link \(number) got something else than frames")
            #expect(got == Array(written.dropFirst(Int(start))), "link \(number) from \(start)")
        }
        #expect(stream.closed.isEmpty)
    }

    @Test("a stalled link adds no memory: its chunks leave with the backlog, and one alone is held")
    func stalled() {
        var stream = Stream.make(backlogBytes: 10_000, chunkBytes: 1000)
        let transport = FakeTransport()
        for number in 1...32 {
            stream.open(UInt64(number))
            transport.room[Int32(number)] = 40
        }
        for round in 0..<5000 {
            stream.backlog.append(mutation(bytes: 100, marked: UInt64(round)))
            stream.sendAll(transport)
        }
        #expect(stream.links.count == 32 && stream.links.allSatisfy { $0.isBlocked && $0.state == .streaming })
        // They all stand in the first chunk, which lives although the backlog let it go long ago.
        #expect(stream.backlog.pool.aliveBytes == stream.backlog.allocatedBytes + 1000)
        #expect(stream.bufferBytes == stream.backlog.pool.aliveBytes)
        #expect(stream.linkBytes < 32 * 2048)
        for number in 1...32 { stream.linkClosed(number: UInt64(number)) }
        #expect(stream.backlog.pool.aliveBytes == stream.backlog.allocatedBytes)
    }

    @Test("with private copies the same stalled links hold what they have not taken")
    func stalledCopies() {
        var stream = Stream.make(backlogBytes: 100_000, chunkBytes: 1000, fanOut: .copy)
        let transport = FakeTransport()
        for number in 1...8 {
            stream.open(UInt64(number))
            transport.room[Int32(number)] = 0
        }
        for _ in 0..<500 {
            stream.backlog.append(mutation(bytes: 100))
            stream.sendAll(transport)
        }
        let each = stream.backlog.usedBytes
        #expect(stream.bufferBytes - stream.backlog.pool.aliveBytes >= 8 * each)
        #expect(stream.bufferBytes - stream.backlog.pool.aliveBytes <= 8 * (each + 2000))
        for _ in 0..<600 {
            stream.backlog.append(mutation(bytes: 100))
            stream.sendAll(transport)
        }
        #expect(stream.closed == [.copyLimit: 8], "past the size of the backlog they are given up")
    }

    @Test("a link takes at most 256 KiB a turn and goes on in the next", arguments: FanOut.allCases)
    func turnLimit(fanOut: FanOut) {
        var stream = Stream.make(backlogBytes: 8 << 20, chunkBytes: 100_000, fanOut: fanOut)
        let transport = FakeTransport()
        for _ in 0..<700 { stream.backlog.append(mutation(bytes: 1000)) }
        let total = stream.backlog.usedBytes
        stream.open(1)
        stream.open(2)
        var turns = 0
        var hasMore = true
        while hasMore {
            hasMore = stream.send(now: 0, transport.send)
            turns += 1
            for number in [1, 2] as [Int32] {
                #expect(transport.received[number]?.count == min(total, turns * Stream.turnBytes))
            }
        }
        #expect(turns == (total + Stream.turnBytes - 1) / Stream.turnBytes)
    }

    @Test("a link keeps up with what is written between its turns, whatever that is")
    func keepsUp() {
        var stream = Stream.make(backlogBytes: 64 << 20, chunkBytes: 1 << 20)
        let transport = FakeTransport()
        stream.open(1)
        _ = stream.send(now: 0, transport.send)
        var sent = 0
        for _ in 0..<5 {
            for _ in 0..<1000 { stream.backlog.append(mutation(bytes: 1000)) }
            let hasMore = stream.send(now: 0, transport.send)
            sent = stream.backlog.appendedBytes
            #expect(!hasMore)
            #expect(transport.received[1]?.count == sent)
        }
        // Far more than one turn may take: the rest comes in turns of the usual size.
        for _ in 0..<6000 { stream.backlog.append(mutation(bytes: 1000)) }
        var hasMore = stream.send(now: 0, transport.send)
        #expect(hasMore)
        #expect(transport.received[1]?.count == sent + Stream.mostNewBytes + Stream.turnBytes)
        hasMore = stream.send(now: 0, transport.send)
        #expect(hasMore)
        #expect(transport.received[1]?.count == sent + Stream.mostNewBytes + 2 * Stream.turnBytes)
    }

    @Test("more links than one call serves are all served, each in its turn")
    func rotation() {
        var stream = Stream.make()
        let transport = FakeTransport()
        let count = Stream.linksPerCall * 2 + 10
        for number in 1...count { stream.open(UInt64(number)) }
        stream.backlog.append(mutation(bytes: 100))
        let isFirstLeaving = stream.send(now: 0, transport.send)
        #expect(isFirstLeaving, "links are left over")
        #expect(transport.offers == (1...Int32(Stream.linksPerCall)).map { $0 })
        let isSecondLeaving = stream.send(now: 0, transport.send)
        let isThirdLeaving = stream.send(now: 0, transport.send)
        #expect(isSecondLeaving && !isThirdLeaving)
        #expect(Set(transport.offers).count == count && transport.offers.count == count)
        transport.forgetOffers()
        stream.backlog.append(mutation(bytes: 100))
        stream.sendAll(transport)
        #expect(Set(transport.offers).count == count)
        #expect(transport.offers.first != 1, "the first link is not always the first")
    }

    @Test("a blocked link is left alone until its transport says that it can write")
    func blocked() {
        var stream = Stream.make()
        let transport = FakeTransport()
        stream.open(1)
        transport.room[1] = 10
        stream.backlog.append(mutation(bytes: 100))
        let hasMoreAtFirst = stream.send(now: 0, transport.send)
        transport.forgetOffers()
        transport.room[1] = nil
        stream.backlog.append(mutation(bytes: 100))
        let hasMoreThen = stream.send(now: 0, transport.send)
        #expect(!hasMoreAtFirst && !hasMoreThen)
        #expect(transport.offers.isEmpty)
        stream.linkWritable(number: 1)
        stream.sendAll(transport)
        #expect(transport.take(1).count == stream.backlog.usedBytes)
    }

    @Test("a broken transport is not tried again")
    func broken() {
        var stream = Stream.make()
        let transport = FakeTransport()
        stream.open(1)
        transport.broken = [1]
        stream.backlog.append(mutation(bytes: 100))
        for _ in 0..<2 {
            let hasMore = stream.send(now: 0, transport.send)
            #expect(!hasMore)
        }
        #expect(transport.offers == [1])
    }
}
