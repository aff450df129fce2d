import Primitives
import Testing

@testable import Replication

@Suite struct StreamCloseTests {
    @Test("a link whose place left the backlog is closed, with the reason only between two frames")
    func fellBehind() {
        var stream = Stream.make(backlogBytes: 500, chunkBytes: 150)
        let transport = FakeTransport()
        stream.open(1)
        stream.open(2)
        stream.open(3)
        stream.backlog.append(mutation(bytes: 50))
        transport.room = [1: 20, 3: 0]
        stream.sendAll(transport)
        // Link 2 stands between frames but takes nothing for a while; link 1 stands inside a frame.
        transport.room = [1: 0, 2: 0, 3: 0]
        for _ in 0..<50 { stream.backlog.append(mutation(bytes: 50)) }
        stream.sendAll(transport)
        #expect(stream.closed.isEmpty, "a blocked link is not closed for being slow")
        transport.room = [:]
        for number in 1...3 { stream.linkWritable(number: UInt64(number)) }
        stream.sendAll(transport)
        #expect(stream.closed == [.fellBehind: 3])
        let closing = stream.takeClosing()
        #expect(closing.map(\.transport) == [1, 2, 3])
        // Each finished the chunk that it held, so that every one ends between two frames.
        for (number, end) in [(1, 0), (2, 0), (3, 0)] as [(Int32, Position)] {
            #expect(mutations(in: transport.take(number), after: end)?.isEmpty == false)
        }
        #expect(closing.allSatisfy { $0.message == LinkCloseCause.fellBehind.message })
        #expect(stream.takeClosing().isEmpty, "each is told once")
    }

    @Test("inside a frame a closing link gets no line")
    func insideFrame() {
        var stream = Stream.make()
        let transport = FakeTransport()
        for number in 1...2 { stream.open(UInt64(number)) }
        stream.backlog.append(mutation(bytes: 100))
        transport.room[1] = 20
        stream.sendAll(transport)
        stream.killLink(number: 1)
        stream.killLink(number: 2)
        let closing = stream.takeClosing()
        #expect(closing.map(\.message) == [nil, LinkCloseCause.killed.message])
        #expect(closing.map(\.cause) == [.killed, .killed])
        #expect(closing.map(\.id) == ["replica-1", "replica-2"])
    }

    @Test("a second link of the same replica id ends the first, and only the first")
    func replaced() {
        var stream = Stream.make()
        stream.open(1, id: "a")
        stream.open(2, id: "b")
        stream.open(3, id: "a")
        #expect(stream.state(of: 1) == .closing(.replaced))
        #expect(stream.state(of: 2) == .streaming && stream.state(of: 3) == .streaming)
        // The end of the older one must not make the stream forget the newer one's id.
        stream.linkClosed(number: 1)
        stream.open(4, id: "a")
        #expect(stream.state(of: 3) == .closing(.replaced) && stream.state(of: 4) == .streaming)
        #expect(stream.closed == [.replaced: 2])
    }

    @Test("a link that takes no byte for the time-out is closed, one that has nothing to take is not")
    func noProgress() {
        var stream = Stream.make(linkTimeout: 5000)
        let transport = FakeTransport()
        for number in 1...3 { stream.open(UInt64(number), now: 1000) }
        stream.tick(now: 900_000)
        #expect(stream.closed.isEmpty, "an idle short-form link owes nothing")
        stream.backlog.append(mutation(bytes: 100))
        transport.room = [1: 10, 2: 10]
        stream.sendAll(transport, now: 900_000)
        stream.tick(now: 904_000)
        transport.room[2] = 1
        stream.linkWritable(number: 2)
        stream.sendAll(transport, now: 904_000)
        stream.tick(now: 905_000)
        #expect(stream.closed.isEmpty)
        stream.tick(now: 905_001)
        #expect(stream.state(of: 1) == .closing(.noProgress))
        #expect(stream.state(of: 2) == .streaming, "one byte is progress")
        #expect(stream.state(of: 3) == .streaming)
    }

    @Test("a long-form link that acknowledges nothing for the time-out is closed")
    func noAcknowledgement() {
        var stream = Stream.make(linkTimeout: 5000)
        stream.open(1, isLong: true, now: 1000)
        stream.open(2, isLong: true, now: 1000)
        stream.open(3, now: 1000)
        stream.linkReported(number: 2, .acknowledged(applied: 0, durable: nil), now: 4000)
        stream.linkReported(number: 1, .state(applyErrors: 1, divergences: 0, isRebootstrapping: true), now: 4000)
        stream.tick(now: 6000)
        #expect(stream.closed.isEmpty)
        stream.tick(now: 6001)
        #expect(stream.state(of: 1) == .closing(.noAcknowledgement))
        #expect(stream.state(of: 2) == .streaming && stream.state(of: 3) == .streaming)
    }
}
