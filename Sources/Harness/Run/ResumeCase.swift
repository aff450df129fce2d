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

    package enum Cache: String, Sendable, CaseIterable {
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
    /// Replicas that come back at once; of one, its visits come one after the other.
    package var replicas = 1
    /// Of those that come back at once.
    package var behaviour = BehaviourKind.fast
    package var bystanders = Bystanders()

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

    /// Whether several come back at once.
    package var isStorm: Bool { self.replicas > 1 }

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
        ] + self.storm + self.bystanders.parameters
    }

    private var storm: [Parameter] {
        guard self.isStorm else { return [] }
        let behaviour = self.behaviour == .fast ? [] : [Parameter("behaviour", self.behaviour.rawValue)]
        return [Parameter("replicas", self.replicas)] + behaviour
    }

    static let timings = ["resume_connect", "resume_handshake", "first_frame"]
    static let stormTimings = ["storm_online", "storm_current"]

    /// - Parameter hasLog: whether the target keeps a log on disk.
    func expectedMetrics(hasLog: Bool) -> [String] {
        var metrics = (self.isStorm ? Self.stormTimings : Self.timings) + ["full_resync_share"]
        if self.isFollowedToTheTip, !self.isStorm { metrics.append("caught_up") }
        if hasLog { metrics.append("disk_bytes_per_resume") }
        return metrics
    }

    /// What a target without a log cannot give, with the reason.
    func unsupported(hasLog: Bool) -> [String: String] {
        guard !hasLog else { return [:] }
        var reasons = ["disk_bytes_per_resume": "it resumes from memory only"]
        guard self.source == .disk else { return reasons }
        for metric in self.isStorm ? Self.stormTimings : Self.timings + ["caught_up"] {
            reasons[metric] = "what its backlog no longer holds is answered with a full resync"
        }
        return reasons
    }
}
