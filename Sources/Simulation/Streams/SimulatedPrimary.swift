// The primary: a shard, the port that answers handshakes for it, and the thread that reads its log for links that are far behind.
// What the port sees reaches the shard later, as it does in a server: between an answer and the link that it opens there may be
// writes, and segments may leave the log.

internal import Engine
internal import Primitives
internal import Replication
internal import ReplicationLog

final class SimulatedPrimary {
    /// What the port and the log's reader tell the shard.
    private enum Event {
        case opened(UInt64, HandshakeRequest, ResumePlan)
        case reported(UInt64, LinkReport)
        case writable(UInt64)
        case sentTooMuch(UInt64)
        case read(DiskRequest, DiskAnswer)
        case closed(UInt64)
    }

    private struct Connection {
        enum Phase {
            case handshake(HandshakeParser)
            case link(LinkInput)
        }

        let wire: SimulatedWire
        var phase = Phase.handshake(HandshakeParser())
    }

    private struct Read {
        var request: DiskRequest
        var limit: Position
    }

    let shard: SimulatedShard
    /// A planted bug: what history a replica claims is not looked at.
    private let ignoresHistory: Bool
    /// Gets a line for what becomes of links.
    private let note: (String) -> Void
    private var connections: [Connection] = []
    private var events: [Event] = []
    private var reads: [Read] = []
    private var readers = LinkReaders()
    /// What the port knows of the stream.
    private var board: StreamSummary

    init(_ shard: SimulatedShard, ignoresHistory: Bool, note: @escaping (String) -> Void) {
        self.shard = shard
        self.note = note
        self.ignoresHistory = ignoresHistory
        self.board = shard.engine.stream.summary
        self.publish()
    }

    var hasReads: Bool { !self.reads.isEmpty }

    private func wire(_ number: UInt64) -> SimulatedWire? {
        self.connections.first { $0.wire.number == number }?.wire
    }

    private func publish() {
        self.board = self.shard.engine.stream.summary
        self.board.ancestors = self.shard.record.ancestors
        self.board.unreadable = self.shard.engine.stream.unreadable
    }

    // MARK: The port

    func accept(_ wire: SimulatedWire) { self.connections.append(Connection(wire: wire)) }

    /// Reads what replicas say, and sees which sockets have room again and which are gone.
    func listen() {
        for index in self.connections.indices.reversed() {
            let wire = self.connections[index].wire
            if wire.isBroken || wire.isEnding {
                if case .link = self.connections[index].phase { self.events.append(.closed(wire.number)) }
                self.connections.remove(at: index)
                continue
            }
            if wire.hasRoomAgain() { self.events.append(.writable(wire.number)) }
            let bytes = wire.hear()
            bytes.withUnsafeBytes { self.received($0, at: index) }
        }
    }

    private func received(_ bytes: Bytes, at index: Int) {
        guard !bytes.isEmpty else { return }
        let wire = self.connections[index].wire
        switch self.connections[index].phase {
        case .handshake(var parser):
            switch parser.received(bytes) {
            case .incomplete: self.connections[index].phase = .handshake(parser)
            case .failed(let error): wire.end("-\(error.message)\r\n")
            case .request(let request, let consumed):
                self.answer(request, wire)
                self.connections[index].phase = .link(LinkInput())
                self.received(Bytes(rebasing: bytes.dropFirst(consumed)), at: index)
            }
        case .link(var input):
            var merged = MergedReports()
            if !input.received(bytes, { merged.add($0) }) { self.events.append(.sentTooMuch(wire.number)) }
            self.events += merged.reports.map { .reported(wire.number, $0) }
            self.connections[index].phase = .link(input)
        }
    }

    private func answer(_ request: HandshakeRequest, _ wire: SimulatedWire) {
        var summary = self.board
        summary.oldestOnDisk = self.shard.store?.log.map.oldest
        var claim = request
        if self.ignoresHistory { claim.history = summary.history }
        let isInvalidated = self.shard.engine.replicas.slots.isInvalidated(request.id)
        let plan = ResumePlanner.plan(claim, summary, isSlotInvalidated: isInvalidated)
        var line = request.acknowledgement(history: summary.history)
        // A fresh socket takes it; one that does not, at once, is written to until it does.
        line.withUTF8 { text in
            var left = Bytes(text)
            while !left.isEmpty, case .took(let count) = wire.take(left) {
                left = Bytes(rebasing: left.dropFirst(count))
            }
        }
        self.events.append(.opened(wire.number, request, plan))
    }

    // MARK: The shard's turn

    /// Everything that a turn of the shard's loop does, in its order.
    func turn(now: Milliseconds, delay: () -> Milliseconds) throws {
        let events = self.events
        self.events.removeAll()
        for event in events { self.handle(event, now: now) }
        try self.shard.dispatchLog(now: now, delay: delay)
        self.publish()
        _ = self.shard.engine.stream.send(now: now) { self.transmit($2, to: $0) }
        self.copy(now: now)
        for request in self.shard.engine.stream.takeDiskRequests() {
            guard let log = self.shard.store?.log else { continue }
            self.reads.append(Read(request: request, limit: min(self.shard.engine.stream.tip, log.map.written)))
        }
        for closing in self.shard.engine.stream.takeClosing() {
            self.note("\(closing.id) is let go: \(closing.cause.rawValue)")
            self.wire(UInt64(closing.transport))?.end(closing.message)
        }
    }

    private func handle(_ event: Event, now: Milliseconds) {
        switch event {
        case .opened(let number, let request, let plan):
            self.note("\(request.id) at \(request.position) \(plan.summary)")
            self.shard.engine.linkOpened(
                number: number,
                transport: Int32(number),
                request: request,
                plan: plan,
                now: now
            )
        case .reported(let number, let report): self.shard.engine.linkReported(number: number, report, now: now)
        case .writable(let number): self.shard.engine.stream.linkWritable(number: number)
        case .sentTooMuch(let number): self.shard.engine.stream.linkSentTooMuch(number: number)
        case .read(let request, let answer):
            self.shard.engine.stream.diskAnswered(request, answer)
            self.publish()
        case .closed(let number):
            self.shard.engine.linkClosed(number: number, now: now)
            self.readers.forget(number)
        }
    }

    private func transmit(_ bytes: Bytes, to number: UInt64) -> SendOutcome {
        self.wire(number)?.take(bytes) ?? .broken
    }

    /// Bytes that links are given of snapshots per turn.
    private static let copyBytes = 8 << 10

    /// A turn's work on snapshots.
    private func copy(now: Milliseconds) {
        guard self.shard.engine.stream.isCopying else { return }
        self.shard.engine.settleSnapshots(now: now)
        _ = self.shard.engine.triggerSnapshots(version: "0", now: now)
        if !self.sendSnapshots(now: now), self.shard.engine.produceSnapshot(now: now) {
            _ = self.sendSnapshots(now: now)
        }
        self.shard.engine.settleSnapshots(now: now)
    }

    private func sendSnapshots(now: Milliseconds) -> Bool {
        self.shard.engine.stream.sendSnapshots(limit: Self.copyBytes, now: now) { self.transmit($2, to: $0) }
    }

    // MARK: The log's reader

    /// Reads what some link asks for.
    /// - Parameter isBroken: the disk cannot be read.
    /// - Returns: whether something was read; nil when nobody asked.
    func read(isBroken: Bool, on storage: FaultyStorage) -> Bool? {
        guard !self.reads.isEmpty, let log = self.shard.store?.log else { return nil }
        let read = self.reads.removeFirst()
        storage.faults.failingReads = isBroken ? .all : .none
        defer { storage.faults.failingReads = .none }
        let pool = self.shard.engine.stream.backlog.pool
        let (answer, _) = self.readers.answer(read.request, from: log, through: read.limit, pool)
        self.events.append(.read(read.request, answer))
        if case .failed = answer { return false }
        return true
    }

    // MARK: Its end

    /// The power goes, or the node stops: every connection ends.
    func leave(isPowerLoss: Bool) {
        for connection in self.connections {
            if isPowerLoss { connection.wire.losePrimary() } else { connection.wire.end(nil) }
        }
        self.connections.removeAll()
    }
}

extension ResumePlan {
    /// For a trace.
    fileprivate var summary: String {
        switch self {
        case .resume(let source): "goes on from \(source.rawValue)"
        case .snapshot(let cause): "is to be copied: \(cause.rawValue)"
        }
    }
}
