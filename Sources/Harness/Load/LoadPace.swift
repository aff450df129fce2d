/// Bounds what a load sends per second: an allowance that time fills and batches use up.
struct LoadPace {
    /// What may gather while nobody sends, in seconds: short, so that a pause is not followed by a burst.
    private static let burstSeconds = 0.05

    private let bytesPerSecond: Double?
    private var allowance: Double
    private var filledAt: UInt64?

    init(bytesPerSecond: Int?) {
        self.bytesPerSecond = bytesPerSecond.map { Double($0) }
        self.allowance = (self.bytesPerSecond ?? 0) * Self.burstSeconds
    }

    /// Whether a batch of so many bytes may go now; if so it is charged. The last one may overdraw.
    mutating func allows(_ bytes: Int) -> Bool {
        guard self.bytesPerSecond != nil else { return true }
        guard self.allowance > 0 else { return false }
        self.allowance -= Double(bytes)
        return true
    }

    /// - Parameter now: monotonic nanoseconds.
    mutating func advance(to now: UInt64) {
        defer { self.filledAt = now }
        guard let rate = self.bytesPerSecond, let before = self.filledAt else { return }
        let filled = self.allowance + rate * Double(now - before) / 1e9
        self.allowance = min(filled, rate * Self.burstSeconds)
    }
}
