import Measurement
import Workload

/// One cell of the resume grid.
package struct ResumeCase: Hashable, Sendable {
    package enum Source: String, Sendable {
        /// The backlog still has what the replica lacks.
        case memory
        /// Only the log has.
        case disk
    }

    package enum Cache: String, Sendable {
        /// The kernel may hold the log's pages.
        case warm
        /// They are dropped before each resume.
        case cold
    }

    /// The server that a case needs; cases that agree in it share one.
    package struct Engine: Hashable, Sendable {
        /// Records between two entries of the log's seek index.
        package var indexInterval = Self.defaultIndexInterval
        package var backlogBytes = 1 << 20

        package static let defaultIndexInterval = 64

        package init() {}
    }

    package var engine = Engine()
    /// Mutations that the server has taken when replicas come back.
    package var records: UInt64
    /// Mutations that they lack.
    package var distance: UInt64
    package var cache = Cache.warm

    package init(records: UInt64, distance: UInt64) {
        precondition(distance < records, "a replica lacks less than there is")
        self.records = records
        self.distance = distance
    }

    static let valueSize = 100
    /// Keys that the load touches: few, so that the log is longer than the data.
    static let keys: UInt64 = 10_000
    /// A replica further behind is not waited for until it is current.
    private static let longestCatchUp: UInt64 = 100_000

    package var isFollowedToTheTip: Bool { self.distance <= Self.longestCatchUp }

    /// Where what the replica lacks must come from: the backlog holds as many commands as fit, envelopes aside.
    package var source: Source {
        let bytes = self.distance * UInt64(SetBatch.commandSize(valueSize: Self.valueSize))
        return bytes > UInt64(self.engine.backlogBytes) ? .disk : .memory
    }

    /// Fresh connections in one trial.
    var attempts: Int {
        switch (self.cache, self.distance) {
        case (.cold, _): 5
        case (.warm, ...10_000): 100
        case (.warm, _): 20
        }
    }

    /// - Parameter hasIndex: whether the target's log has a seek index.
    func parameters(hasIndex: Bool) -> [Parameter] {
        [
            Parameter("source", self.source.rawValue),
            Parameter("log_records", self.records),
            Parameter("distance", self.distance),
            Parameter("index_interval", hasIndex ? String(self.engine.indexInterval) : "none"),
            Parameter("backlog_size", self.engine.backlogBytes),
            Parameter("cache", self.cache.rawValue),
            Parameter("value_size", Self.valueSize),
        ]
    }

    static let timings = ["resume_connect", "resume_handshake", "first_frame"]

    /// - Parameter hasLog: whether the target keeps a log on disk.
    func expectedMetrics(hasLog: Bool) -> [String] {
        var metrics = Self.timings + ["full_resync_share"]
        if self.isFollowedToTheTip { metrics.append("caught_up") }
        if hasLog { metrics.append("disk_bytes_per_resume") }
        return metrics
    }

    /// What a target without a log cannot give, with the reason.
    func unsupported(hasLog: Bool) -> [String: String] {
        guard !hasLog else { return [:] }
        var reasons = ["disk_bytes_per_resume": "it resumes from memory only"]
        guard self.source == .disk else { return reasons }
        for metric in Self.timings + ["caught_up"] {
            reasons[metric] = "what its backlog no longer holds is answered with a full resync"
        }
        return reasons
    }
}

/// Resume cases that share a server, whose log grows from one length to the next.
package struct ResumeGroup: Sendable {
    package var engine = ResumeCase.Engine()
    /// In rising order.
    package var lengths: [UInt64]
    package var distances: [UInt64]
    /// Whether cases on disk are measured with an empty page cache as well.
    package var withColdCache = false
    package var trials: Int

    /// The cases of one log length.
    package func cases(_ records: UInt64) -> [ResumeCase] {
        self.distances.filter { $0 < records }.flatMap { distance in
            var warm = ResumeCase(records: records, distance: distance)
            warm.engine = self.engine
            guard self.withColdCache, warm.source == .disk else { return [warm] }
            var cold = warm
            cold.cache = .cold
            return [warm, cold]
        }
    }

    init(lengths: [UInt64], distances: [UInt64], trials: Int) {
        self.lengths = lengths
        self.distances = distances
        self.trials = trials
    }

    static var quick: [ResumeGroup] {
        [ResumeGroup(lengths: [10_000, 1_000_000], distances: [1000, 9000], trials: 2)]
    }

    static var standard: [ResumeGroup] {
        var main = ResumeGroup(
            lengths: [10_000, 100_000, 1_000_000, 10_000_000],
            distances: [1000, 9000, 100_000],
            trials: 5
        )
        main.withColdCache = true
        let intervals = [16, 1024].map { interval in
            var group = ResumeGroup(lengths: [10_000, 1_000_000], distances: [9000], trials: 5)
            group.engine.indexInterval = interval
            return group
        }
        var large = ResumeGroup(lengths: [1_000_000], distances: [1000, 9000, 100_000], trials: 5)
        large.engine.backlogBytes = 64 << 20
        return [main] + intervals + [large]
    }
}
