// When markers were acknowledged and when they were applied. A marker is a write that carries a number, between the writes of
// the load; whoever shows number n has applied everything before it.

import Histogram

/// The markers of one measurement; number 0 means that none has come.
struct MarkerLog {
    /// When marker n was acknowledged to its client, at n − 1, in monotonic nanoseconds.
    private(set) var acknowledged: [UInt64] = []
    /// Writes of the load that had been acknowledged when marker n was sent, at n − 1.
    private(set) var counts: [UInt64] = []

    mutating func sent(loadAcknowledged count: UInt64) { self.counts.append(count) }
    mutating func acknowledged(at now: UInt64) { self.acknowledged.append(now) }

    /// Markers that were sent.
    var sentCount: Int { self.counts.count }
    var isComplete: Bool { self.acknowledged.count == self.counts.count }

    /// How long after its acknowledgement each marker was applied by one replica, in nanoseconds; a replica that was ahead
    /// of the acknowledgement has no lag.
    func lags(_ arrivals: MarkerArrivals) -> Histogram<UInt64> {
        var histogram = LoadBody.emptyLatency
        for (applied, acknowledged) in zip(arrivals.times, self.acknowledged) {
            histogram.record(applied > acknowledged ? applied - acknowledged : 0)
        }
        return histogram
    }

    /// How many writes of the load had been acknowledged when marker `number` was sent.
    func count(at number: UInt64) -> UInt64 {
        number > 0 && number <= UInt64(self.counts.count) ? self.counts[Int(number) - 1] : self.counts.first ?? 0
    }
}

/// When one replica showed the markers.
package struct MarkerArrivals: Sendable {
    /// When marker n was first seen to be applied, at n − 1.
    private(set) var times: [UInt64] = []

    /// More markers than any measurement sends: a damaged number must not fill the memory.
    private static let most: UInt64 = 1 << 20

    /// The replica shows this number now, and so all before it.
    mutating func show(_ number: UInt64, at now: UInt64) {
        while self.times.count < min(number, Self.most) { self.times.append(now) }
    }
}

/// How markers are written.
enum Marker {
    static let key = "lag:marker"
    /// The key as the reader of a stream spells the words of a command.
    static let streamed = "LAG:MARKER"

    static func set(_ number: UInt64) -> [UInt8] { CommandEncoder.bytes(["SET", self.key, String(number)]) }
    static let get = CommandEncoder.bytes(["GET", Self.key])
}
