import Logging
import Primitives
import Sockets

/// Tells how far a recovery is, about once a second.
struct RecoveryProgress {
    /// Records between two looks at the clock.
    static let interval: UInt64 = 65_536

    private let shard: Int
    private let end: Position
    private let bytes: Int
    private let logger: Logger
    private let beganAt = Clocks.monotonicNanoseconds
    private var toldAt = Clocks.monotonicNanoseconds

    init(shard: Int, end: Position, bytes: Int, _ logger: Logger) {
        self.shard = shard
        self.end = end
        self.bytes = bytes
        self.logger = logger
    }

    mutating func reached(_ position: Position) {
        let now = Clocks.monotonicNanoseconds
        guard now - self.toldAt > 1_000_000_000 else { return }
        self.toldAt = now
        self.logger.notice(
            "recovering",
            metadata: ["shard": "\(self.shard)", "record": "\(position)", "of": "\(self.end)"]
        )
    }

    func ended(records: Int, keys: Int) {
        let milliseconds = (Clocks.monotonicNanoseconds - self.beganAt) / 1_000_000
        self.logger.notice(
            "recovered",
            metadata: [
                "shard": "\(self.shard)", "records": "\(records)", "bytes": "\(self.bytes)", "keys": "\(keys)",
                "milliseconds": "\(milliseconds)",
            ]
        )
    }
}
