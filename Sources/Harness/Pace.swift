/// Bounds what is sent or read per second: an allowance that time fills and transfers use up.
struct Pace {
    /// What may gather while nothing moves, in seconds: short, so that a pause is not followed by a burst.
    private static let burstSeconds = 0.05

    private let bytesPerSecond: Double?
    private var allowance: Double
    private var filledAt: UInt64?

    /// - Parameter bytesPerSecond: nil lets everything through.
    init(bytesPerSecond: Int?) {
        self.bytesPerSecond = bytesPerSecond.map { Double($0) }
        self.allowance = (self.bytesPerSecond ?? 0) * Self.burstSeconds
    }

    /// Whether something may move now.
    var isOpen: Bool { self.bytesPerSecond == nil || self.allowance > 0 }

    /// Whether a batch of so many bytes may go now; if so it is charged. The last one may overdraw.
    mutating func allows(_ bytes: Int) -> Bool {
        guard self.isOpen else { return false }
        self.charge(bytes)
        return true
    }

    /// Enters what has moved.
    mutating func charge(_ bytes: Int) {
        if self.bytesPerSecond != nil { self.allowance -= Double(bytes) }
    }

    /// - Parameter now: monotonic nanoseconds.
    mutating func advance(to now: UInt64) {
        defer { self.filledAt = now }
        guard let rate = self.bytesPerSecond, let before = self.filledAt else { return }
        let filled = self.allowance + rate * Double(now - before) / 1e9
        self.allowance = min(filled, rate * Self.burstSeconds)
    }
}
