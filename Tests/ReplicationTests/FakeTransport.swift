import Primitives

@testable import Replication

/// Stands in for the sockets: takes what it has room for, and keeps what it took per link.
final class FakeTransport {
    private(set) var received: [Int32: [UInt8]] = [:]
    /// Bytes that a link's socket takes before it is full; without an entry it takes everything.
    var room: [Int32: Int] = [:]
    var broken: Set<Int32> = []
    /// The links in the order in which they were offered something.
    private(set) var offers: [Int32] = []

    func send(_ number: UInt64, _ transport: Int32, _ bytes: Bytes) -> SendOutcome {
        self.offers.append(transport)
        guard !self.broken.contains(transport) else { return .broken }
        let count = min(bytes.count, self.room[transport] ?? .max)
        self.room[transport]? -= count
        self.received[transport, default: []] += bytes.prefix(count)
        return .took(count)
    }

    func take(_ transport: Int32) -> [UInt8] { self.received.removeValue(forKey: transport) ?? [] }

    func forgetOffers() { self.offers = [] }
}

extension Stream {
    static func make(
        backlogBytes: Int = 1 << 20,
        chunkBytes: Int = 4096,
        fanOut: FanOut = .shared,
        linkTimeout: Milliseconds = 60_000,
        snapshots: SnapshotOptions = SnapshotOptions()
    ) -> Stream {
        var options = StreamOptions()
        options.backlogBytes = backlogBytes
        options.chunkBytes = chunkBytes
        options.fanOut = fanOut
        options.linkTimeout = linkTimeout
        options.snapshots = snapshots
        return Stream(history: History(seed: 1), options: options)
    }

    /// Opens link `number`, whose transport has the same number.
    mutating func open(
        _ number: UInt64,
        id: String? = nil,
        from position: Position = 0,
        isLong: Bool = false,
        plan: ResumePlan? = nil,
        now: Milliseconds = 0
    ) {
        let history = isLong ? self.history : nil
        self.linkOpened(
            number: number,
            transport: Int32(number),
            request: HandshakeRequest(position: position, id: id ?? "replica-\(number)", history: history),
            plan: plan ?? .resume(position == self.tip ? .tip : .memory),
            now: now
        )
    }

    /// Calls `send` until nothing more can move.
    mutating func sendAll(_ transport: FakeTransport, now: Milliseconds = 0) {
        while self.send(now: now, transport.send) {}
    }
}
