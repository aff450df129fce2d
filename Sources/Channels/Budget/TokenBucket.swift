/// Fills with time, at its capacity a second, and holds no more than that.
struct TokenBucket: Sendable {
    private static let second: Int64 = 1_000_000

    let capacity: Int64
    /// In millionths of a byte, so that no fraction is lost between two looks. Below 0 while something is owed.
    private var level: Int64
    private var filledAt: Microseconds

    /// Starts full.
    init(capacity: Int64, now: Microseconds) {
        // Millionths of a byte must fit an Int64.
        self.capacity = min(capacity, Int64.max / Self.second / 4)
        self.level = self.capacity * Self.second
        self.filledAt = now
    }

    /// Bytes; below 0 while something is owed.
    var tokens: Int64 {
        self.level >= 0 ? self.level / Self.second : -((-self.level + Self.second - 1) / Self.second)
    }

    mutating func fill(_ now: Microseconds) {
        let elapsed = min(max(0, now - self.filledAt), 2 * Self.second)
        self.filledAt = max(self.filledAt, now)
        self.level = min(self.level + elapsed * self.capacity, self.capacity * Self.second)
    }

    /// When there is enough for a message, if nothing else is taken until then; `now` at the earliest. What is larger than the
    /// bucket goes when the bucket is full.
    /// - Parameter rest: bytes that must be left, so few that both fit.
    func coveredAt(_ bytes: Int, leaving rest: Int64 = 0, now: Microseconds) -> Microseconds {
        let missing = self.price(bytes) + rest * Self.second - self.level
        return missing <= 0 ? now : now + (missing + self.capacity - 1) / self.capacity
    }

    /// - Parameter owing: whether the level may fall below 0. Debts end at one bucket, and so does what somebody waits for.
    mutating func take(_ bytes: Int, owing: Bool) {
        self.level = max(self.level - self.price(bytes), owing ? -self.capacity * Self.second : min(self.level, 0))
    }

    mutating func refund(_ bytes: Int) {
        self.level = min(self.level + self.price(bytes), self.capacity * Self.second)
    }

    /// At most a bucket: what is larger drains it.
    private func price(_ bytes: Int) -> Int64 { min(Int64(bytes), self.capacity) * Self.second }
}
