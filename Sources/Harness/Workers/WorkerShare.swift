// One load generator of several that measure one server together. They do not talk to each other: each knows which share of
// every case is its own, and when every trial begins, from the start that all were given.

/// Worker i of n, counted from 0.
package struct WorkerShare: Hashable, Sendable, CustomStringConvertible {
    /// More generators than the load connections of a case would have nothing to do.
    private static let mostWorkers = 50

    package let index: Int
    package let count: Int

    package init(index: Int, of count: Int) {
        precondition((0..<count).contains(index), "worker \(index) of \(count)")
        self.index = index
        self.count = count
    }

    /// Reads `0/4`.
    package init(parsing text: String) throws(HarnessError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], (1...Self.mostWorkers).contains(count),
            (0..<count).contains(index)
        else {
            throw HarnessError(
                .usage,
                "'\(text)' is no worker; write i/n with i from 0 to n - 1 and n up to \(Self.mostWorkers), as in 0/4"
            )
        }
        self.init(index: index, of: count)
    }

    package var description: String { "\(self.index)/\(self.count)" }

    /// Asks the server what it says about itself, and fills it.
    package var isFirst: Bool { self.index == 0 }

    /// Which of `total` things are this worker's: all of them are somebody's, and shares differ by one at most.
    package func range(of total: Int) -> Range<Int> {
        let start = total / self.count * self.index + min(self.index, total % self.count)
        return start..<(start + self.size(of: total))
    }

    package func size(of total: Int) -> Int {
        total / self.count + (self.index < total % self.count ? 1 : 0)
    }
}

/// When a trial's parts happen, in seconds since its slot began. All workers keep to it, so that they measure together.
struct TrialSlot: Equatable, Sendable {
    /// Replicas attach until then.
    static let attachSeconds = 3.0
    /// Answers are waited for, and replicas catch up.
    static let drainSeconds = 6.0
    /// Until the server's memory is that of replicas at rest.
    static let settleSeconds = 1.0

    /// The load begins.
    let load = Self.attachSeconds
    /// The measuring begins and ends.
    let measure: ClosedRange<Double>
    /// The next slot begins.
    var length: Double { self.measure.upperBound + Self.drainSeconds }

    /// Nil for what several workers cannot measure together.
    init?(_ work: Plan.Work) {
        let (wait, length): (Double, Double)
        switch work {
        case .idle: (wait, length) = (Self.settleSeconds, Self.settleSeconds)
        case .fast(let fanOut) where fanOut.load.rate == nil && fanOut.bystanders.isEmpty && fanOut.fillBytes == 0:
            (wait, length) = (fanOut.warmUpSeconds, fanOut.seconds)
        case .handshake(let handshake) where handshake.kind != .storm:
            (wait, length) = (handshake.seconds / 5, handshake.seconds)
        case .fast, .handshake, .stalled, .ceiling, .resume, .snapshot, .lag, .capacity, .faults, .failover, .catchUp:
            return nil
        }
        self.measure = (Self.attachSeconds + wait)...(Self.attachSeconds + wait + length)
    }
}
