/// A leader that claims more and sends nothing is asked less and less often.
package struct EmptyAnswers: Sendable {
    /// In a row.
    package static let free = 3
    package static let firstWait: Microseconds = 1_000_000
    package static let longestWait: Microseconds = 30_000_000
    /// A wait that ended so long ago says nothing about the next one.
    package static let memory: Microseconds = 60_000_000

    private var count = 0
    private var wait: Microseconds = 0
    /// When the last wait ends, or ended.
    package private(set) var waitsUntil: Microseconds?

    package init() {}

    package func mayAsk(now: Microseconds) -> Bool { self.waitsUntil.map { now >= $0 } ?? true }

    /// - Parameter claimsMore: its heartbeat is fresh and says that its tail is beyond what was asked. A stale one is no
    ///   evidence.
    package mutating func answered(claimsMore: Bool, now: Microseconds) {
        guard claimsMore else { return }
        if let end = self.waitsUntil, now - end >= Self.memory { self.progressed() }
        self.count += 1
        guard self.count > Self.free else { return }
        self.wait = self.wait == 0 ? Self.firstWait : min(self.wait * 2, Self.longestWait)
        self.waitsUntil = now + self.wait
    }

    /// Something came.
    package mutating func progressed() { self = EmptyAnswers() }
}
