import Primitives
import Testing

@testable import Replication

@Suite struct LinkStateTests {
    enum Event: CaseIterable {
        case reported, writable, sentTooMuch, killed, idReused, timedOut, stalled, served, passBegun, fileSent, outrun
        case closingTaken, connectionClosed
    }

    /// The link as each event leaves it: one row a state; nil where the link is gone.
    private static let table: [(from: Link.State, to: [Event: Link.State])] = [
        (
            .streaming,
            [
                .reported: .streaming, .writable: .streaming, .sentTooMuch: .closing(.excessInput),
                .killed: .closing(.killed), .idReused: .closing(.replaced), .timedOut: .closing(.noAcknowledgement),
                .stalled: .closing(.noProgress), .served: .streaming, .passBegun: .streaming, .fileSent: .streaming,
                .outrun: .closing(.fellBehind), .closingTaken: .streaming,
            ]
        ),
        (
            .waiting,
            [
                .reported: .waiting, .writable: .waiting, .sentTooMuch: .closing(.excessInput),
                .killed: .closing(.killed), .idReused: .closing(.replaced), .timedOut: .waiting,
                .stalled: .closing(.noProgress), .served: .waiting, .passBegun: .sending, .fileSent: .waiting,
                .outrun: .waiting, .closingTaken: .waiting,
            ]
        ),
        (
            .sending,
            [
                .reported: .sending, .writable: .sending, .sentTooMuch: .closing(.excessInput),
                .killed: .closing(.killed), .idReused: .closing(.replaced), .timedOut: .sending,
                .stalled: .closing(.noProgress), .served: .sending, .passBegun: .sending, .fileSent: .streaming,
                .outrun: .closing(.fellBehind), .closingTaken: .sending,
            ]
        ),
        (
            .closing(.copyLimit),
            Dictionary(
                uniqueKeysWithValues: Event.allCases.filter { $0 != .connectionClosed }.map {
                    ($0, $0 == .closingTaken ? .ended : .closing(.copyLimit))
                }
            )
        ),
        (
            .ended,
            Dictionary(
                uniqueKeysWithValues: Event.allCases.filter { $0 != .connectionClosed }.map { ($0, .ended) }
            )
        ),
    ]

    @Test("every event in every state leads where the table says", arguments: Event.allCases)
    func table(event: Event) {
        for row in Self.table {
            var options = SnapshotOptions()
            options.joinWindow = 0
            var stream = Stream.make(backlogBytes: 2000, chunkBytes: 500, linkTimeout: 1000, snapshots: options)
            let transport = FakeTransport()
            let isCopied = row.from == .waiting || row.from == .sending
            stream.open(1, id: "a", isLong: true, plan: isCopied ? .snapshot(.tooOld) : nil)
            stream.backlog.append(mutation(bytes: 20))
            if row.from == .sending { _ = stream.beginSnapshots(at: 1, now: 0) }
            if row.from == .closing(.copyLimit) || row.from == .ended { stream.close(0, .copyLimit) }
            if row.from == .ended { _ = stream.takeClosing() }
            #expect(stream.state(of: 1) == row.from)
            Self.apply(event, to: &stream, transport)
            #expect(stream.state(of: 1) == row.to[event], "\(event) in \(row.from)")
            guard event == .served else { continue }
            let isServed = row.from == .streaming || row.from == .sending
            #expect(transport.take(1).isEmpty == !isServed, "only a live link is sent anything")
        }
    }

    private static func apply(_ event: Event, to stream: inout Stream, _ transport: FakeTransport) {
        switch event {
        case .reported: stream.linkReported(number: 1, .acknowledged(applied: 1, durable: nil), now: 10)
        case .writable: stream.linkWritable(number: 1)
        case .sentTooMuch: stream.linkSentTooMuch(number: 1)
        case .killed: stream.killLink(number: 1)
        case .idReused: stream.open(2, id: "a", from: 1, isLong: true)
        case .timedOut: stream.tick(now: 1001)
        case .stalled:
            stream.links[0].isBlocked = true
            stream.tick(now: 1001)
        case .served:
            stream.sendAll(transport)
            _ = stream.sendSnapshots(limit: 1000, now: 0, transport.send)
        case .passBegun where stream.snapshots.isPassDue(now: 0): _ = stream.beginSnapshots(at: 1, now: 0)
        case .passBegun: break
        case .fileSent:
            _ = stream.sendSnapshots(limit: 1000, now: 0, transport.send)
            guard let work = stream.snapshots.takeWork(now: 0) else { return }
            stream.snapshots.produced(work, isFinished: true)
            stream.snapshots.tipReached(1)
            _ = stream.sendSnapshots(limit: 1000, now: 0, transport.send)
        case .outrun:
            for _ in 0..<200 { stream.backlog.append(mutation(bytes: 20)) }
            stream.tick(now: 0)
            stream.sendAll(transport)
        case .closingTaken: _ = stream.takeClosing()
        case .connectionClosed: stream.linkClosed(number: 1)
        }
    }

    @Test("events of a link that is gone, or never was, change nothing")
    func unknown() {
        var stream = Stream.make()
        stream.open(1)
        stream.linkClosed(number: 1)
        for number in [1, 99] as [UInt64] {
            stream.linkReported(number: number, .acknowledged(applied: 1, durable: 1), now: 5)
            stream.linkWritable(number: number)
            stream.linkSentTooMuch(number: number)
            stream.killLink(number: number)
            let link = stream.linkClosed(number: number)
            #expect(link?.number == nil)
        }
        #expect(stream.links.isEmpty && stream.closed.isEmpty && stream.takeClosing().isEmpty)
    }

    @Test("positions acknowledged only go forward, and never beyond what there is")
    func acknowledgements() throws {
        var stream = Stream.make()
        for _ in 0..<10 { stream.backlog.append(mutation(bytes: 20)) }
        stream.open(1)
        stream.linkReported(number: 1, .acknowledged(applied: 7, durable: 5), now: 10)
        stream.linkReported(number: 1, .acknowledged(applied: 3, durable: 2), now: 20)
        var facts = try #require(stream.facts(now: 3500).first)
        #expect(facts.acknowledged == 7 && facts.durable == 5)
        #expect(facts.lagSeconds == 3, "a lower report still says that the replica is there")
        stream.linkReported(number: 1, .acknowledged(applied: .max, durable: .max), now: 30)
        facts = try #require(stream.facts(now: 30).first)
        #expect(facts.acknowledged == 10 && facts.durable == 10)
    }

    @Test("the table of links stays right while links come and go", arguments: 1...5)
    func bookkeeping(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var stream = Stream.make()
        var model: [UInt64: String] = [:]
        var next: UInt64 = 1
        for _ in 0..<1000 {
            if model.isEmpty || Int.random(in: 0..<10, using: &generator) < 6 {
                let id = "r\(Int.random(in: 0..<30, using: &generator))"
                stream.open(next, id: id)
                model[next] = id
                next += 1
            } else if let number = model.keys.sorted().randomElement(using: &generator) {
                let link = stream.linkClosed(number: number)
                #expect(link?.request.id == model[number])
                model[number] = nil
            }
            #expect(Set(stream.links.map(\.number)) == Set(model.keys))
            for (number, id) in model { #expect(stream.index(of: number).map { stream.links[$0].request.id } == id) }
            // Of every id at most one link streams: the newest.
            for (id, links) in Dictionary(grouping: stream.links, by: \.request.id) {
                let streaming = links.filter { $0.state == .streaming }
                #expect(streaming.count <= 1, "\(id)")
                if let one = streaming.first { #expect(one.number == links.map(\.number).max()) }
            }
        }
    }
}
