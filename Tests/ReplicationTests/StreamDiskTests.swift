import Primitives
import Testing

@testable import Replication

@Suite struct StreamDiskTests {
    @Test("a link behind the backlog asks for a chunk, one ahead, small ones first and then larger ones")
    func chunks() {
        var stream = Stream.makeLogged()
        var log = FakeLog(12_000, in: &stream)
        let transport = FakeTransport()
        stream.open(1)
        let isMore = stream.send(now: 0, transport.send)
        #expect(!isMore && transport.offers.isEmpty)
        let first = stream.takeDiskRequests()
        #expect(first == [DiskRequest(link: 1, position: 0, bytes: DiskRead.shortest)])
        stream.sendAll(transport)
        let again = stream.takeDiskRequests()
        #expect(again.isEmpty, "one request at a time")
        stream.diskAnswered(first[0], log.answer(first[0], stream.backlog.pool))
        transport.room[1] = 10
        stream.sendAll(transport)
        let ahead = stream.takeDiskRequests()
        let position = ahead.first?.position ?? 0
        #expect(ahead.count == 1 && ahead.first?.bytes == 2 * DiskRead.shortest, "before the first chunk is through")
        #expect((100...170).contains(position))
        stream.diskAnswered(ahead[0], log.answer(ahead[0], stream.backlog.pool))
        let none = stream.takeDiskRequests()
        #expect(none.isEmpty, "no more than one chunk ahead")
        transport.room[1] = nil
        stream.linkWritable(number: 1)
        repeat { stream.sendAll(transport) } while log.serve(&stream)
        #expect(log.asked.prefix(5) == [16 << 10, 32 << 10, 64 << 10, 128 << 10, 256 << 10])
        #expect(log.asked.max() == DiskRead.longest)
        let got = mutations(in: transport.take(1), after: 0)
        #expect(got == log.mutations)
        let (isOver, alive) = (stream.links[0].diskRead == nil, stream.backlog.pool.aliveBytes)
        #expect(isOver && alive == stream.backlog.allocatedBytes, "nothing of the log is held any more")
    }

    @Test("from the log to the backlog, and back if need be, without a gap or a doubled frame", arguments: 1...6)
    func handOver(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var stream = Stream.makeLogged()
        var log = FakeLog(500, in: &stream)
        let transport = FakeTransport()
        var waiting: [DiskRequest] = []
        var starts: [UInt64: Position] = [:]
        for round in 0..<600 {
            // The log's thread is behind the stream now and then.
            let written = log.written
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                log.append(
                    mutation(bytes: .random(in: 16...900, using: &generator), marked: UInt64(round)),
                    to: &stream
                )
            }
            if Bool.random(using: &generator) { log.written = max(written, log.written - min(5, log.written)) }
            if Bool.random(using: &generator) {
                log.written = stream.tip
                stream.logAdvanced()
            }
            if round % 100 == 0 {
                let number = UInt64(starts.count) + 1
                starts[number] = .random(in: 0...stream.tip, using: &generator)
                stream.open(number, from: starts[number] ?? 0)
            }
            for number in starts.keys.sorted() where Int.random(in: 0..<3, using: &generator) == 0 {
                transport.room[Int32(number)] = .random(in: 0...30_000, using: &generator)
                stream.linkWritable(number: number)
            }
            stream.sendAll(transport)
            waiting += stream.takeDiskRequests()
            waiting.shuffle(using: &generator)
            while let request = waiting.last, Int.random(in: 0..<3, using: &generator) > 0 {
                waiting.removeLast()
                stream.diskAnswered(request, log.answer(request, stream.backlog.pool))
            }
        }
        log.written = stream.tip
        stream.logAdvanced()
        for number in starts.keys {
            transport.room[Int32(number)] = nil
            stream.linkWritable(number: number)
        }
        for request in waiting { stream.diskAnswered(request, log.answer(request, stream.backlog.pool)) }
        repeat { stream.sendAll(transport) } while log.serve(&stream)
        for (number, start) in starts {
            let bytes = transport.take(Int32(number))
            let got = try #require(mutations(in: bytes, after: start), "link \(number) got something else than frames")
            #expect(got == Array(log.mutations.dropFirst(Int(start))), "link \(number) from \(start)")
        }
        let isNoneClosed = stream.closed.isEmpty
        #expect(isNoneClosed && log.asked.count > 10)
    }

    @Test("a link whose next frame is not in the files yet waits until the log has got further")
    func starved() {
        var stream = Stream.makeLogged()
        var log = FakeLog(2000, in: &stream)
        let transport = FakeTransport()
        stream.open(1)
        log.written = 0
        stream.sendAll(transport)
        let isAsked = log.serve(&stream)
        #expect(isAsked)
        for _ in 0..<3 {
            stream.sendAll(transport)
            let isAgain = log.serve(&stream)
            #expect(!isAgain, "there is no use in asking on")
        }
        log.written = 2000
        stream.logAdvanced()
        repeat { stream.sendAll(transport) } while log.serve(&stream)
        let got = mutations(in: transport.take(1), after: 0)
        #expect(got == log.mutations)
    }

    @Test("what the log got while the answer was on its way is not waited for once more")
    func starvedTooLate() {
        var stream = Stream.makeLogged()
        var log = FakeLog(2000, in: &stream)
        let transport = FakeTransport()
        stream.open(1)
        log.written = 0
        stream.sendAll(transport)
        let request = stream.takeDiskRequests()[0]
        let answer = log.answer(request, stream.backlog.pool)
        log.written = 2000
        stream.logAdvanced()
        stream.diskAnswered(request, answer)
        // Nothing is written any more: no other advance will come.
        repeat { stream.sendAll(transport) } while log.serve(&stream)
        let got = mutations(in: transport.take(1), after: 0)
        #expect(got == log.mutations)
    }

    @Test("an answer that nobody waits for changes nothing")
    func stale() {
        var stream = Stream.makeLogged()
        var log = FakeLog(2000, in: &stream)
        let transport = FakeTransport()
        stream.open(1)
        stream.sendAll(transport)
        let request = stream.takeDiskRequests()[0]
        let answer = log.answer(request, stream.backlog.pool)
        var foreign = request
        foreign.link = 9
        stream.diskAnswered(foreign, .failed("nobody's"))
        foreign = request
        foreign.position = 5
        stream.diskAnswered(foreign, .failed("not asked for"))
        stream.diskAnswered(request, answer)
        stream.diskAnswered(request, answer)
        stream.diskAnswered(request, .failed("answered already"))
        repeat { stream.sendAll(transport) } while log.serve(&stream)
        stream.diskAnswered(request, .failed("long over"))
        let got = mutations(in: transport.take(1), after: 0)
        #expect(got == log.mutations)
        let isNoneClosed = stream.closed.isEmpty
        #expect(isNoneClosed)
        stream.linkClosed(number: 1)
        stream.diskAnswered(request, answer)
    }

    @Test("a log that cannot be read ends the link with a message")
    func unreadable() {
        var stream = Stream.makeLogged()
        _ = FakeLog(2000, in: &stream)
        let transport = FakeTransport()
        stream.open(1)
        stream.sendAll(transport)
        stream.diskAnswered(stream.takeDiskRequests()[0], .failed("bad disk"))
        let closing = stream.takeClosing()
        #expect(closing.count == 1 && closing.first?.cause == .logUnreadable)
        #expect(closing.first?.message?.hasPrefix("-ERR the log could not be read") == true)
        stream.sendAll(transport)
        #expect(transport.offers.isEmpty)
    }

    @Test("what was read before the damage is still given, and the message follows the last whole frame")
    func unreadableAhead() {
        var stream = Stream.makeLogged()
        var log = FakeLog(2000, in: &stream)
        let transport = FakeTransport()
        stream.open(1)
        stream.sendAll(transport)
        let request = stream.takeDiskRequests()[0]
        transport.room[1] = 50
        stream.diskAnswered(request, log.answer(request, stream.backlog.pool))
        stream.sendAll(transport)
        let ahead = stream.takeDiskRequests()[0]
        stream.diskAnswered(ahead, .failed("bad disk"))
        stream.sendAll(transport)
        let early = stream.takeClosing()
        #expect(early.isEmpty)
        transport.room[1] = nil
        stream.linkWritable(number: 1)
        stream.sendAll(transport)
        let closing = stream.takeClosing()
        #expect(closing.first?.cause == .logUnreadable && closing.first?.message != nil)
        let got = mutations(in: transport.take(1), after: 0)
        #expect(got == Array(log.mutations.prefix(Int(ahead.position))))
    }

    @Test("a link that was blocked until it fell out of the backlog goes on from the log, in the middle of a frame")
    func blocked() {
        var stream = Stream.makeLogged()
        var log = FakeLog(in: &stream)
        let transport = FakeTransport()
        stream.open(1)
        transport.room[1] = 250
        for mark in 0..<5000 as Range<UInt64> {
            log.append(mutation(bytes: 100, marked: mark), to: &stream)
            stream.sendAll(transport)
        }
        let before = (blocked: stream.links[0].isBlocked, requests: stream.takeDiskRequests().count)
        #expect(before == (true, 0), "nothing is read for a link that takes nothing")
        let alive = stream.backlog.pool.aliveBytes
        #expect(alive <= stream.backlog.allocatedBytes + 1000)
        transport.room[1] = nil
        stream.linkWritable(number: 1)
        repeat { stream.sendAll(transport) } while log.serve(&stream)
        let got = mutations(in: transport.take(1), after: 0)
        #expect(got == log.mutations && log.asked.count > 3)
    }

    @Test("without a log a link behind the backlog is closed")
    func withoutLog() {
        var stream = Stream.makeLogged()
        _ = FakeLog(2000, in: &stream)
        stream.canReadLog = false
        stream.open(1)
        stream.sendAll(FakeTransport())
        let requests = stream.takeDiskRequests()
        #expect(requests.isEmpty)
        let closing = stream.takeClosing()
        #expect(closing.first?.cause == .fellBehind)
    }

    @Test("heartbeats go out between the frames of the log, too, and tell the tip")
    func heartbeats() throws {
        var stream = Stream.makeLogged()
        var log = FakeLog(2000, in: &stream)
        let transport = FakeTransport()
        stream.open(1, isLong: true)
        stream.tick(now: 1000)
        stream.sendAll(transport, now: 1000)
        let sent = String(decoding: transport.take(1), as: UTF8.self)
        #expect(sent == "+PING 2000 1000\r\n")
        repeat { stream.sendAll(transport, now: 1500) } while log.serve(&stream)
        let got = mutations(in: transport.take(1), after: 0)
        #expect(got == log.mutations)
    }
}
