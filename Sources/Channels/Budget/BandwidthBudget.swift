// What catch-up may take of a node's link: a bucket that fills at a share of the link's speed and holds one second of it.

package struct BudgetOptions: Equatable, Sendable {
    /// Of the link's speed, above 0 and at most 1.
    package var share = 0.5
    /// Bytes a second.
    package var linkSpeed: Int64 = 125_000_000
    /// Of the bucket: what background traffic may use.
    package var backgroundFraction = 0.3

    package init() {}

    /// Bytes that the bucket holds: one second.
    package var capacity: Int64 { max(1, Int64((Double(self.linkSpeed) * self.share).rounded())) }
}

package struct BandwidthBudget: Sendable {
    /// Background traffic waits no longer than this for its turn.
    package static let longestBackgroundWait: Microseconds = 60_000_000
    private static let second: Int64 = 1_000_000

    package let capacity: Int64
    /// What background traffic must leave in the bucket.
    private let reserve: Int64
    /// In millionths of a byte, so that no fraction is lost between two looks. Below 0 while realtime traffic is owed.
    private var level: Int64
    private var filledAt: Microseconds
    private var backgroundAt: Microseconds

    package init(_ options: BudgetOptions, now: Microseconds) {
        // Millionths of a byte must fit an Int64.
        self.capacity = min(options.capacity, Int64.max / Self.second / 4)
        self.reserve = Int64((Double(self.capacity) * (1 - options.backgroundFraction)).rounded())
        self.level = self.capacity * Self.second
        self.filledAt = now
        self.backgroundAt = now
    }

    /// Bytes in the bucket; below 0 while realtime traffic is owed.
    package var tokens: Int64 {
        self.level >= 0 ? self.level / Self.second : -((-self.level + Self.second - 1) / Self.second)
    }

    /// Takes the price of a message, unless the class must wait.
    /// - Returns: whether the message may be sent.
    package mutating func admit(_ bytes: Int, _ traffic: TrafficClass, now: Microseconds) -> Bool {
        guard self.wouldAdmit(bytes, traffic, now: now) else { return false }
        if traffic == .background { self.backgroundAt = now }
        // Debts are bounded by one bucket, and so is what somebody waits for.
        self.level = max(self.level - self.price(bytes), -self.capacity * Self.second)
        // Only realtime traffic makes debts.
        if traffic != .realtime { self.level = max(self.level, 0) }
        return true
    }

    /// The most that a message of a class should ask for: what a full bucket gives it.
    package func allowance(_ traffic: TrafficClass) -> Int {
        switch traffic {
        case .realtime: .max
        case .foreground: Int(self.capacity)
        case .background: Int(self.capacity - self.reserve)
        }
    }

    /// Whether it would be admitted now.
    package mutating func wouldAdmit(_ bytes: Int, _ traffic: TrafficClass, now: Microseconds) -> Bool {
        self.fill(now)
        switch traffic {
        case .realtime: return true
        case .foreground: return self.covers(bytes)
        case .background:
            if self.level - self.price(bytes) >= self.reserve * Self.second { return true }
            return now - self.backgroundAt >= Self.longestBackgroundWait
        }
    }

    /// Gives back what a message cost that was not sent; the bucket never holds more than its capacity.
    package mutating func refund(_ bytes: Int) {
        self.level = min(self.level + self.price(bytes), self.capacity * Self.second)
    }

    private func covers(_ bytes: Int) -> Bool {
        if bytes > self.capacity { return self.level == self.capacity * Self.second }
        return self.level >= self.price(bytes)
    }

    /// At most a bucket: what is larger drains it.
    private func price(_ bytes: Int) -> Int64 { min(Int64(bytes), self.capacity) * Self.second }

    private mutating func fill(_ now: Microseconds) {
        let elapsed = min(max(0, now - self.filledAt), 2 * Self.second)
        self.filledAt = max(self.filledAt, now)
        self.level = min(self.level + elapsed * self.capacity, self.capacity * Self.second)
    }
}
