import Primitives
import Testing

@testable import Replication

@Suite struct StreamSnapshotTests {
    /// A stream whose backlog begins at position 40, and whose links need snapshots.
    private func stream(backlogBytes: Int = 1 << 20, _ change: (inout SnapshotOptions) -> Void = { _ in }) -> Stream {
        var options = SnapshotOptions()
        options.joinWindow = 0
        change(&options)
        var stream = Stream.make(backlogBytes: backlogBytes, snapshots: options)
        for _ in 0..<40 { stream.backlog.append(mutation(bytes: 30)) }
        return stream
    }

    private let file = PassesScene.file(2_000_000)

    /// Produces the file as far as links ask for it, and sends until nothing moves.
    private func run(_ stream: inout Stream, _ transport: FakeTransport, _ produced: inout Int, now: Milliseconds = 0) {
        var moves = true
        while moves {
            moves = stream.sendSnapshots(limit: 1 << 20, now: now, transport.send)
            while let work = stream.snapshots.takeWork(now: now) {
                let end = min(self.file.count, produced + work.limitBytes)
                work.piece.append(self.file[produced..<end])
                produced = end
                stream.snapshots.produced(work, isFinished: end == self.file.count)
                stream.snapshots.tipReached(stream.tip)
                moves = true
            }
            _ = stream.takeAbandonedPasses()
            if stream.send(now: now, transport.send) { moves = true }
        }
    }

    @Test("a link waits, is sent the snapshot, and goes on with the frames after its position")
    func whole() throws {
        var stream = self.stream()
        let transport = FakeTransport()
        stream.open(1, from: 9999, plan: .snapshot(.beyondTip))
        #expect(stream.state(of: 1) == .waiting && stream.isCopying)
        stream.sendAll(transport)
        #expect(transport.take(1).isEmpty, "nothing of the stream goes out before the snapshot")
        #expect(stream.beginSnapshots(at: 40, now: 0).links == [1] && stream.state(of: 1) == .sending)
        for _ in 0..<5 { stream.backlog.append(mutation(bytes: 30)) }
        var produced = 0
        self.run(&stream, transport, &produced)
        #expect(stream.state(of: 1) == .streaming && !stream.isCopying)
        #expect(stream.takeCopied() == [CopiedLink(number: 1, position: 40)] && stream.takeCopied().isEmpty)
        let bytes = transport.take(1)
        let frames = (41...45).flatMap { expectedFrame(LSN($0), mutation(bytes: 30)) }
        #expect(bytes.suffix(frames.count) == frames[...])
        let copy = try #require(snapshot(in: Array(bytes.dropLast(frames.count)), position: 40))
        #expect(copy.file == self.file)
        #expect(stream.snapshotCauses == [.beyondTip: 1] && stream.refusedResumes == 1 && stream.resumes.isEmpty)
    }

    @Test("a link of the long form is told that the primary lives while it waits, and nothing inside a snapshot")
    func keepAlive() throws {
        var stream = self.stream { $0.mostPasses = 1 }
        let transport = FakeTransport()
        stream.open(1, isLong: true, plan: .snapshot(.tooOld))
        stream.open(2, plan: .snapshot(.tooOld))
        stream.tick(now: 5000)
        let hasMore = stream.sendSnapshots(limit: 1 << 20, now: 5000, transport.send)
        #expect(!hasMore && transport.take(1) == Array("+PING 40 5000\r\n".utf8) && transport.take(2).isEmpty)
        _ = stream.beginSnapshots(at: 40, now: 5000)
        stream.open(3, isLong: true, plan: .snapshot(.tooOld))
        stream.tick(now: 6000)
        var produced = 0
        self.run(&stream, transport, &produced, now: 6000)
        #expect(transport.take(3) == Array("+PING 40 6000\r\n".utf8))
        for link in [1, 2] as [Int32] {
            #expect(snapshot(in: transport.take(link), position: 40)?.file == self.file)
        }
        #expect(stream.state(of: 1) == .streaming && stream.state(of: 3) == .waiting)
    }

    @Test("what a link reports before it has its snapshot counts for nothing")
    func reports() throws {
        var stream = self.stream()
        let transport = FakeTransport()
        stream.open(1, from: 30, isLong: true, plan: .snapshot(.foreignHistory))
        func fact(_ stream: borrowing Stream) throws -> LinkFacts { try #require(stream.facts(now: 100).first) }
        stream.linkReported(number: 1, .acknowledged(applied: 30, durable: 30), now: 10)
        #expect(try fact(stream).acknowledged == nil && fact(stream).state == "wait_bgsave" && fact(stream).sent == 0)
        _ = stream.beginSnapshots(at: 40, now: 0)
        stream.linkReported(number: 1, .acknowledged(applied: 30, durable: 30), now: 10)
        #expect(try fact(stream).acknowledged == nil && fact(stream).state == "send_bulk")
        var produced = 0
        self.run(&stream, transport, &produced)
        stream.linkReported(number: 1, .acknowledged(applied: 39, durable: 39), now: 15)
        #expect(try fact(stream).acknowledged == nil, "it was on its way before the snapshot's end was read")
        stream.linkReported(number: 1, .acknowledged(applied: 40, durable: nil), now: 20)
        #expect(try fact(stream).acknowledged == 40 && fact(stream).durable == nil && fact(stream).state == "online")
    }

    @Test("a blocked link is left alone, and closed with its pass abandoned when it makes no progress")
    func blocked() {
        var stream = self.stream()
        let transport = FakeTransport()
        stream.open(1, isLong: true, plan: .snapshot(.tooOld))
        let pass = stream.beginSnapshots(at: 40, now: 0).pass
        transport.room[1] = 100_000
        var produced = 0
        self.run(&stream, transport, &produced)
        #expect(transport.take(1).count == 100_000 && produced < 600_000)
        transport.forgetOffers()
        self.run(&stream, transport, &produced, now: 50_000)
        #expect(transport.offers.isEmpty)
        stream.tick(now: 60_000)
        #expect(stream.state(of: 1) == .sending, "it need not acknowledge anything")
        stream.tick(now: 60_001)
        #expect(stream.state(of: 1) == .closing(.noProgress) && stream.takeAbandonedPasses() == [pass])
        #expect(stream.takeClosing().first?.message == nil, "no text goes between a snapshot's bytes")
        #expect(!stream.isCopying && stream.snapshots.isIdle)
    }

    @Test("a laggard is closed with the cause, and its pass goes on")
    func laggard() {
        var stream = self.stream { $0.bufferBytes = 100_000 }
        let transport = FakeTransport()
        for link in 1...2 as ClosedRange<UInt64> { stream.open(link, plan: .snapshot(.tooOld)) }
        _ = stream.beginSnapshots(at: 40, now: 0)
        transport.room[2] = 1000
        var produced = 0
        self.run(&stream, transport, &produced)
        #expect(stream.state(of: 2) == .closing(.snapshotLag) && stream.closed == [.snapshotLag: 1])
        #expect(stream.state(of: 1) == .streaming)
        #expect(snapshot(in: transport.take(1), position: 40)?.file == self.file)
    }

    @Test("a link whose frames leave the backlog while it is copied ends at once, for there is no log")
    func outrun() {
        var stream = self.stream(backlogBytes: 5000)
        let transport = FakeTransport()
        stream.open(1, plan: .snapshot(.tooOld))
        _ = stream.beginSnapshots(at: 40, now: 0)
        transport.room[1] = 1000
        var produced = 0
        self.run(&stream, transport, &produced)
        for _ in 0..<1000 { stream.backlog.append(mutation(bytes: 30)) }
        stream.tick(now: 1)
        #expect(stream.state(of: 1) == .closing(.fellBehind))
    }

    @Test("links are served in turn: the limit of a call starves none")
    func fairness() {
        var stream = self.stream()
        let transport = FakeTransport()
        for link in 1...8 as ClosedRange<UInt64> { stream.open(link, plan: .snapshot(.tooOld)) }
        _ = stream.beginSnapshots(at: 40, now: 0)
        _ = stream.sendSnapshots(limit: 1 << 20, now: 0, transport.send)
        while let work = stream.snapshots.takeWork(now: 0) {
            work.piece.append(self.file[0..<work.limitBytes])
            stream.snapshots.produced(work, isFinished: false)
        }
        transport.forgetOffers()
        for _ in 0..<8 { _ = stream.sendSnapshots(limit: 1000, now: 0, transport.send) }
        #expect(transport.offers == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test("a link that is closed, replaced or gone leaves the line")
    func leaving() {
        var stream = self.stream()
        stream.open(1, id: "a", plan: .snapshot(.tooOld))
        stream.open(2, id: "a", plan: .snapshot(.tooOld))
        stream.open(3, plan: .snapshot(.tooOld))
        stream.open(4, plan: .snapshot(.tooOld))
        stream.killLink(number: 3)
        stream.linkClosed(number: 4)
        #expect(stream.takeClosing().map(\.message).contains("-ERR closed by the operator\r\n"))
        #expect(stream.beginSnapshots(at: 40, now: 0).links == [2])
        for number in [1, 3] as [UInt64] { stream.linkClosed(number: number) }
        #expect(stream.snapshots.statistics.settled == 4)
    }
}
