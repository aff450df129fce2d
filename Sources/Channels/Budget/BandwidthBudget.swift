// What catching up may take of a node's link: a bucket that fills at a share of the link's speed and holds one second of it.
// Background traffic has a bucket besides, which fills at a fraction of that: it gets no more where nobody else takes anything.

package struct BudgetOptions: Equatable, Sendable {
    /// Of the link's speed, above 0 and at most 1.
    package var share = 0.5
    /// Bytes a second.
    package var linkSpeed: Int64 = 125_000_000
    /// Of the budget: what background traffic may use.
    package var backgroundFraction = 0.3
    /// A replica that lacks no more of what is decided is current but for what is under way, and its traffic outside of the budget.
    /// In bytes of records; nil: what the bucket holds.
    package var liveBytes: Int64?

    package init() {}

    /// Bytes that the bucket holds: one second.
    package var capacity: Int64 { max(1, Int64((Double(self.linkSpeed) * self.share).rounded())) }
}

package struct BandwidthBudget: Sendable {
    /// Background traffic waits no longer than this for its turn.
    package static let longestBackgroundWait: Microseconds = 60_000_000

    private var shared: TokenBucket
    private var background: TokenBucket
    /// What background traffic must leave in the shared bucket.
    private let reserve: Int64
    private var backgroundAt: Microseconds
    /// Whoever lacks no more bytes is not catching up.
    package let liveBytes: Int64

    package init(_ options: BudgetOptions, now: Microseconds) {
        self.shared = TokenBucket(capacity: options.capacity, now: now)
        let fraction = Int64((Double(self.shared.capacity) * options.backgroundFraction).rounded())
        self.background = TokenBucket(capacity: max(1, fraction), now: now)
        self.reserve = self.shared.capacity - fraction
        self.backgroundAt = now
        self.liveBytes = options.liveBytes ?? self.shared.capacity
    }

    /// Bytes that the shared bucket holds: one second.
    package var capacity: Int64 { self.shared.capacity }

    /// Bytes in the shared bucket; below 0 while realtime traffic is owed.
    package var tokens: Int64 { self.shared.tokens }

    /// The most that a message of a class should cost, if it is to wait no longer than this for an empty bucket to fill; at least 1.
    package func allowance(_ traffic: TrafficClass, within time: Microseconds) -> Int {
        let bucket =
            switch traffic {
            case .realtime: Int64.max
            case .foreground: self.shared.capacity
            case .background: self.background.capacity
            }
        guard time < 1_000_000, bucket < .max else { return Int(bucket) }
        return Int(max(1, Double(bucket) * Double(time) / 1_000_000))
    }

    /// Takes the price of a message, unless the class must wait.
    /// - Returns: whether the message may be sent.
    package mutating func admit(_ bytes: Int, _ traffic: TrafficClass, now: Microseconds) -> Bool {
        guard self.admittedAt(bytes, traffic, now: now) <= now else { return false }
        if traffic == .background {
            self.backgroundAt = now
            self.background.take(bytes, owing: false)
        }
        // Only realtime traffic makes debts.
        self.shared.take(bytes, owing: traffic == .realtime)
        return true
    }

    /// When a message will be admitted, if nothing else is until then; `now` at the earliest.
    package mutating func admittedAt(_ bytes: Int, _ traffic: TrafficClass, now: Microseconds) -> Microseconds {
        self.shared.fill(now)
        self.background.fill(now)
        switch traffic {
        case .realtime: return now
        case .foreground: return self.shared.coveredAt(bytes, now: now)
        case .background:
            // What is larger than what it must leave goes when both are full.
            let rest = min(self.reserve, self.shared.capacity - min(Int64(bytes), self.shared.capacity))
            let covered = self.shared.coveredAt(bytes, leaving: rest, now: now)
            let letThrough = max(now, self.backgroundAt + Self.longestBackgroundWait)
            return min(max(covered, self.background.coveredAt(bytes, now: now)), letThrough)
        }
    }

    /// Gives back what a message cost that was not sent, to the shared bucket, which never holds more than its capacity.
    package mutating func refund(_ bytes: Int) { self.shared.refund(bytes) }
}
