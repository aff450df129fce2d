// Writes markers at the primary and looks for them at live replicas, on one thread. Synthetic replicas see them in their
// streams.

import Histogram
import Sockets
import Synchronization
import Workload

/// What the thread owns.
final class MarkerBody: Reacting {
    /// Between two looks at a replica: what a lag is known to, beside the way there and back.
    static let lookNanoseconds: UInt64 = 250_000
    /// Every so many looks a marker is sent.
    private static let looksPerMarker = 4
    private static let readSize = 16 * 1024
    private static let tickerToken = UInt64.max - 1

    /// A connection that asks a replica for the marker again and again.
    private final class Look {
        let socket: Socket
        var input: [UInt8] = []
        var askedAt: UInt64?
        var arrivals = MarkerArrivals()
        /// Writes of the load that the replica lacked, at every look.
        var behind = FleetBody.emptyLag
        /// From one answer to the next.
        var intervals = LoadBody.emptyLatency
        var answeredAt: UInt64?

        init(_ socket: Socket) { self.socket = socket }
        deinit { self.socket.close() }
    }

    private let poller: Poller
    private let progress: LoadProgress
    private let primary: Socket
    private var looks: [Look] = []
    private let ticker: Ticker
    private var ticks = 0
    private var log = MarkerLog()
    private var replies = ReplyLines()
    private var isSending = false
    /// Taken by the thread itself, at its first tick.
    private var priority: ThreadPriority?
    private(set) var failure: String?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: MarkerBody.readSize, alignment: 64)

    /// - Parameters:
    ///   - primary: a connection to the primary's client port.
    ///   - replicas: one to each live replica's.
    init(_ poller: Poller, primary: Socket, replicas: [Socket], progress: LoadProgress) throws(SocketError) {
        self.poller = poller
        self.progress = progress
        self.primary = primary
        self.ticker = try Ticker(intervalNanoseconds: Self.lookNanoseconds)
        self.looks = replicas.map(Look.init)
        try poller.add(self.ticker.socket, .readable, token: Self.tickerToken)
        try poller.add(primary, .readable, token: 0)
        for (place, replica) in replicas.enumerated() {
            try poller.add(replica, .readable, token: UInt64(place + 1))
        }
    }

    deinit {
        self.ticker.close()
        self.primary.close()
        self.buffer.deallocate()
    }

    func begin() { self.isSending = true }
    func end() { self.isSending = false }

    /// Whether every marker was acknowledged and seen at every live replica.
    var isComplete: Bool {
        self.log.isComplete && self.looks.allSatisfy { $0.arrivals.times.count >= self.log.sentCount }
    }

    var result: MarkerResult {
        MarkerResult(
            log: self.log,
            replicas: self.looks.map {
                MarkerResult.Seen(arrivals: $0.arrivals, behind: $0.behind, every: $0.intervals)
            }
        )
    }

    func tick(now: UInt64) {}

    func ready(_ event: Poller.Event) {
        switch event.token {
        case Self.tickerToken: self.ticked()
        case 0: self.hearPrimary()
        default:
            let place = Int(clamping: event.token) - 1
            if self.looks.indices.contains(place) { self.hear(self.looks[place]) }
        }
    }

    private func ticked() {
        self.ticker.drain()
        if self.priority == nil { self.priority = ThreadPriority() }
        guard self.failure == nil else { return }
        self.ticks += 1
        if self.isSending, self.ticks.isMultiple(of: Self.looksPerMarker) {
            self.log.sent(loadAcknowledged: self.progress.acknowledged.load(ordering: .relaxed))
            self.send(Marker.set(UInt64(self.log.sentCount)), self.primary)
        }
        for look in self.looks where look.askedAt == nil {
            look.askedAt = Clocks.monotonicNanoseconds
            self.send(Marker.get, look.socket)
        }
    }

    private func send(_ bytes: [UInt8], _ socket: Socket) {
        let result = bytes.withUnsafeBytes { socket.write($0) }
        if result != .moved(bytes.count) { self.failure = "a marker could not be sent" }
    }

    private func hearPrimary() {
        guard let bytes = self.read(self.primary) else { return }
        guard let count = self.replies.count(bytes) else { return self.fail("a marker was refused", bytes) }
        let now = Clocks.monotonicNanoseconds
        for _ in 0..<count { self.log.acknowledged(at: now) }
    }

    private func hear(_ look: Look) {
        guard let bytes = self.read(look.socket) else { return }
        look.input += bytes
        var parser = ReplyParser(look.input)
        guard let reply = try? parser.reply() else { return }
        look.input.removeFirst(parser.at)
        look.askedAt = nil
        guard case .bulk(let text) = reply else { return self.fail("a replica does not tell the marker", bytes) }
        let now = Clocks.monotonicNanoseconds
        if let before = look.answeredAt { look.intervals.record(now - before) }
        look.answeredAt = now
        guard let number = text.flatMap({ UInt64($0) }) ?? (text == nil ? 0 : nil), self.log.sentCount > 0 else {
            return
        }
        look.arrivals.show(number, at: now)
        guard self.isSending else { return }
        let acknowledged = self.progress.acknowledged.load(ordering: .relaxed)
        let held = self.log.count(at: number)
        look.behind.record(acknowledged > held ? acknowledged - held : 0)
    }

    private func read(_ socket: Socket) -> UnsafeRawBufferPointer? {
        switch socket.read(into: self.buffer) {
        case .moved(let count): return UnsafeRawBufferPointer(rebasing: self.buffer[..<count])
        case .wouldBlock: return nil
        case .ended, .failed:
            self.failure = "a connection for markers was lost"
            self.poller.remove(socket)
            return nil
        }
    }

    private func fail(_ what: String, _ bytes: UnsafeRawBufferPointer) {
        self.failure = "\(what): \(String(decoding: bytes.prefix(128), as: UTF8.self))"
    }
}

/// What the markers have shown.
struct MarkerResult: Sendable {
    /// One live replica.
    struct Seen: Sendable {
        var arrivals: MarkerArrivals
        /// Writes of the load that it lacked.
        var behind: Histogram<UInt64>
        /// Between two looks.
        var every: Histogram<UInt64>
    }

    var log: MarkerLog
    var replicas: [Seen]
}
