// Which figures of a run are compared with another's, and how much each may move. Timings wobble with the machine and are
// judged by pairs of trials made side by side; counts do not wobble, and block at once.

/// A figure that comparisons judge.
package struct GatedMetric: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// What a machine's other work moves. The share by which it may get worse before that is a regression.
        case timing(margin: Double)
        /// What two runs of one build agree on. The share by which it may move, for the worse or for the better; and by how
        /// much in its own unit, for counts that are near zero.
        case count(bound: Double, slack: Double)
    }

    /// How a change for the worse is called.
    package enum Sense: Hashable, Sendable {
        /// It takes longer, or less gets done: slower.
        case speed
        /// There is more of it: worse.
        case amount
    }

    package let metric: String
    package let stat: String
    package let kind: Kind
    package let sense: Sense

    package init(_ metric: String, _ kind: Kind, stat: String = "value", sense: Sense = .speed) {
        self.metric = metric
        self.stat = stat
        self.kind = kind
        self.sense = sense
    }

    /// The share of change that is told from none.
    package var tolerance: Double {
        switch self.kind {
        case .timing(let margin): margin
        case .count(let bound, _): bound
        }
    }

    package var isCount: Bool {
        switch self.kind {
        case .timing: false
        case .count: true
        }
    }

    /// Whether a count may move like this.
    /// - Parameter share: of what it was; nil where there is none to state.
    func allows(from a: Double, to b: Double, share: Double?) -> Bool {
        switch self.kind {
        case .timing: false
        case .count(let bound, let slack): abs(b - a) <= slack || share.map { abs($0) <= bound } ?? false
        }
    }
}

extension GatedMetric {
    private static let throughput = 0.03
    /// On a shared machine the steadiest of all timings.
    private static let processor = 0.03
    private static let tail = 0.10
    private static let residence = 0.03

    private static func timing(_ metric: String, _ margin: Double, stat: String = "value") -> GatedMetric {
        GatedMetric(metric, .timing(margin: margin), stat: stat)
    }

    private static func count(_ metric: String, _ bound: Double, slack: Double = 0) -> GatedMetric {
        GatedMetric(metric, .count(bound: bound, slack: slack), sense: .amount)
    }

    /// In the order in which a table shows them.
    package static let counts: [GatedMetric] = [
        // The smallest block that an allocator hands out is of 16 bytes.
        Self.count("heap_bytes_per_replica", 0.01, slack: 16),
        Self.count("heap_bytes_per_mutation", 0.01, slack: 1),
        // How often a timer strikes during a script is up to the clock.
        Self.count("allocations_per_mutation", 0.01, slack: 0.02),
        Self.count("allocated_bytes_per_mutation", 0.01, slack: 1),
        Self.count("system_calls_per_frame", 0.02, slack: 0.1),
        Self.count("wire_bytes_per_mutation", 0),
        Self.count("disk_bytes_per_resume", 0.05),
        Self.count("instructions_per_set", 0.01),
        Self.count("instructions_per_delivery", 0.01),
        Self.count("instructions_per_log_record", 0.01),
        Self.count("instructions_per_snapshot_key", 0.01),
        Self.count("full_resync_share", 0),
        Self.count("sharing_ratio", 0.05),
    ]

    package static let timings: [GatedMetric] = [
        Self.timing("primary_cpu_per_delivery", Self.processor),
        Self.timing("primary_cpu_per_handshake", Self.processor),
        Self.timing("primary_cpu_per_write", Self.processor),
        Self.timing("write_rate", Self.throughput),
        Self.timing("delivered_rate", Self.throughput),
        Self.timing("handshake_rate", Self.throughput),
        Self.timing("copy_keys_rate", Self.throughput),
        Self.timing("live_keys_rate", Self.throughput),
        Self.timing("write_latency", Self.tail, stat: "p99"),
        Self.timing("handshake_latency", Self.tail, stat: "p99"),
        Self.timing("first_frame", Self.tail, stat: "p50"),
        Self.timing("caught_up", Self.tail, stat: "p50"),
        Self.timing("lag", Self.tail, stat: "p99"),
        GatedMetric("rss", .timing(margin: Self.residence), sense: .amount),
    ]

    package static let all = Self.counts + Self.timings
}
