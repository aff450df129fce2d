package import Primitives

/// What snapshots may cost.
package struct SnapshotOptions: Equatable, Sendable {
    /// Passes at the same time; links beyond them wait in line.
    package var mostPasses = 2
    /// Links that need a snapshot within so long of the first one share its pass.
    package var joinWindow: Milliseconds = 50
    /// Bytes that all passes together may produce in a second; 0 sets no limit.
    package var bytesPerSecond = 0
    /// A link that is so many bytes behind the foremost one of its pass is given up.
    package var bufferBytes = 64 << 20
    /// Bytes of the file in one piece of the envelope, at most.
    package var chunkBytes = Self.longestShortFormChunk

    /// More passes would leave no view of the data for anything else.
    package static let passes = 1...3
    /// The wire of kevy 1.x has no longer ones.
    package static let longestShortFormChunk = 64 << 10
    package static let chunks = 1024...(16 << 20)
    /// Links that may wait; each is a connection and a slot, and one pass serves them all.
    package static let mostWaiting = 1024

    package init() {}
}

/// How fast bytes may be produced: a bucket that fills with time. What is produced is taken out afterwards, so that it may
/// fall below nothing, and production waits until it is above again.
struct SnapshotRate {
    /// 0 sets no limit.
    private(set) var bytesPerSecond: Int
    private var tokens = 0
    private var at: Milliseconds?

    /// Bytes that may be produced at once after a while without production: a twentieth of a second's.
    private var burst: Int { max(1, self.bytesPerSecond / 20) }

    init(bytesPerSecond: Int) {
        self.bytesPerSecond = bytesPerSecond
        self.tokens = self.burst
    }

    mutating func isOpen(now: Milliseconds) -> Bool {
        guard self.bytesPerSecond > 0 else { return true }
        // A clock that was set back, or far ahead, must neither stop production nor let it run.
        let elapsed = min(max(0, now - (self.at ?? now)), 1000)
        self.at = now
        self.tokens = min(self.burst, self.tokens + Int(elapsed) * self.bytesPerSecond / 1000)
        return self.tokens > 0
    }

    mutating func spend(_ bytes: Int) {
        guard self.bytesPerSecond > 0 else { return }
        self.tokens -= bytes
    }

    /// Milliseconds until it is open.
    func wait(now: Milliseconds) -> Milliseconds {
        guard self.bytesPerSecond > 0, self.tokens <= 0 else { return 0 }
        let elapsed = max(0, now - (self.at ?? now))
        return max(0, Milliseconds((1 - self.tokens) * 1000 / self.bytesPerSecond + 1) - elapsed)
    }
}
