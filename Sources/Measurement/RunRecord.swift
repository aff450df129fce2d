// The one record of a run. Scenarios fill it in; every report, comparison and plan reads it and nothing else, so that an
// old run on disk can be rendered, compared and planned from again.

/// Whether a larger value of a metric is good news.
package enum Better: String, Codable, Sendable {
    case lower
    case higher
    /// A description, not a judgement (a count of links, a size that was asked for).
    case neither
}

/// One measured value. What was not measured has no sample: there is no zero for "unknown" and never a NaN.
package struct Sample: Codable, Sendable, Equatable {
    /// Snake case, as in docs/metrics.md: `delivered_mutations_rate`, `handshake_latency` …
    package var metric: String
    /// `value`, `p50`, `p99`, `max`, `mean` …
    package var stat: String
    package var value: Double
    /// `B`, `us`, `1/s`, `B/s`, `ratio`, `count` …
    package var unit: String
    package var better: Better

    package init(_ metric: String, stat: String = "value", _ value: Double, unit: String, better: Better) {
        precondition(value.isFinite, "the sample \(metric) must be finite; leave it out when it was not measured")
        self.metric = metric
        self.stat = stat
        self.value = value
        self.unit = unit
        self.better = better
    }
}

/// A named setting of a case, as text: `replicas` = `16`, `value_size` = `1024`.
package struct Parameter: Codable, Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: some CustomStringConvertible) {
        self.name = name
        self.value = value.description
    }
}

/// One phase of a trial and how long it took.
package struct PhaseTime: Codable, Sendable, Equatable {
    /// provision, preload, warm-up, measure, drain or verify.
    package var name: String
    package var seconds: Double

    package init(name: String, seconds: Double) {
        self.name = name
        self.seconds = seconds
    }
}

package struct TrialRecord: Codable, Sendable, Equatable {
    /// 1, 2, 3 … within its case.
    package var trial: Int
    /// The trial's place in the shuffled order of the whole run.
    package var order: Int
    /// Seconds from the start of the run until the trial began; unknown in runs of schema 1.
    package var beganSeconds: Double?
    package var phases: [PhaseTime]
    package var samples: [Sample]
    package var histograms: [HistogramRecord]
    package var series: [SeriesRecord]
    /// Why this trial must not be trusted; empty for a valid one.
    package var invalid: [String]

    package init(
        trial: Int,
        order: Int,
        beganSeconds: Double? = nil,
        phases: [PhaseTime] = [],
        samples: [Sample] = [],
        histograms: [HistogramRecord] = [],
        series: [SeriesRecord] = [],
        invalid: [String] = []
    ) {
        self.trial = trial
        self.order = order
        self.beganSeconds = beganSeconds
        self.phases = phases
        self.samples = samples
        self.histograms = histograms
        self.series = series
        self.invalid = invalid
    }
}

package struct CaseRecord: Codable, Sendable, Equatable {
    /// Unique within the run: `fan-out/bundled/replicas=16,value_size=1024,…`.
    package var id: String
    /// `fan-out`, `handshake`, `ceiling` …
    package var scenario: String
    /// The id of the target that served it; `machine` for the ceiling.
    package var target: String
    package var parameters: [Parameter]
    /// Metrics that the scenario promises for this case; one that is missing makes the run invalid.
    package var expectedMetrics: [String]
    /// Metrics that this target cannot give, with the reason: reported as "not supported by target".
    package var unsupported: [String: String]
    package var trials: [TrialRecord]

    package init(
        id: String,
        scenario: String,
        target: String,
        parameters: [Parameter],
        expectedMetrics: [String] = [],
        unsupported: [String: String] = [:],
        trials: [TrialRecord] = []
    ) {
        self.id = id
        self.scenario = scenario
        self.target = target
        self.parameters = parameters
        self.expectedMetrics = expectedMetrics
        self.unsupported = unsupported
        self.trials = trials
    }

    package func parameter(_ name: String) -> String? {
        self.parameters.first { $0.name == name }?.value
    }
}

/// A server under test, as it described itself.
package struct TargetRecord: Codable, Sendable, Equatable {
    /// `bundled`, `redis` …
    package var id: String
    /// `Sluice 0.1.0`, `Redis 7.0.15` …
    package var product: String
    /// Settings in force that matter here, under the target's own names.
    package var configuration: [Parameter]

    package init(id: String, product: String, configuration: [Parameter]) {
        self.id = id
        self.product = product
        self.configuration = configuration
    }
}

/// A headed list of facts about the machine, the build or the allocator.
package struct EnvironmentSection: Codable, Sendable, Equatable {
    package var title: String
    package var facts: [Parameter]

    package init(title: String, facts: [Parameter]) {
        self.title = title
        self.facts = facts
    }
}

package struct RunRecord: Codable, Sendable, Equatable {
    /// 1: figures alone. 2: histograms, courses over time, the timeline, comparisons and sweeps.
    package static let currentSchemaVersion = 2

    package var schemaVersion = RunRecord.currentSchemaVersion
    package var name: String
    package var suite: String
    /// The command that repeats the run.
    package var command: String
    /// ISO 8601, UTC.
    package var startedAt: String
    package var seconds: Double
    package var seed: UInt64
    package var environment: [EnvironmentSection]
    package var targets: [TargetRecord]
    package var cases: [CaseRecord]
    /// What was done to targets and links while trials measured, in the order of the record.
    package var timeline: [TimelineEvent]
    /// What a paired comparison found.
    package var comparison: ComparisonRecord?
    /// What a sweep over settings found.
    package var sweep: SweepRecord?
    /// What a reader must know: a target that was skipped and why, charts that could not be drawn.
    package var notes: [String]
    /// Reasons that void the whole run, beyond those of single trials.
    package var invalid: [String]
    package var interrupted: Bool

    package init(name: String, suite: String, command: String, startedAt: String, seed: UInt64) {
        self.name = name
        self.suite = suite
        self.command = command
        self.startedAt = startedAt
        self.seconds = 0
        self.seed = seed
        self.environment = []
        self.targets = []
        self.cases = []
        self.timeline = []
        self.comparison = nil
        self.sweep = nil
        self.notes = []
        self.invalid = []
        self.interrupted = false
    }
}
