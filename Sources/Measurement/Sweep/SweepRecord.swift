// What a sweep over settings came to: every setting with its figures, how far each is from the default that was measured
// beside it, and which of them may be chosen. Reports draw it and nothing else.

/// A sweep of one scenario on one target.
package struct SweepRecord: Codable, Sendable, Equatable {
    package var scenario: String
    package var target: String
    /// In the order in which they were asked for: the first one's values are the rows of a heat map, the second one's its
    /// columns.
    package var knobs: [SweepKnob]
    /// Every setting was measured once in each of so many blocks, in an order of its own, unless it failed.
    package var blocks: Int
    /// What was measured; the first is what settings are judged by.
    package var metrics: [SweepMetric]
    /// What is paid for it (memory), if the scenario measures it.
    package var cost: SweepMetric?
    /// A difference smaller than this share is none that anybody acts on.
    package var margin: Double
    /// The chance that any of the intervals misses on one of its sides, over all of them together.
    package var level: Double
    /// The default first, then the grid, the last knob varying fastest.
    package var settings: [SweepSetting]
    package var choice: SweepChoice

    package init(
        scenario: String,
        target: String,
        knobs: [SweepKnob],
        blocks: Int,
        metrics: [SweepMetric],
        cost: SweepMetric?,
        margin: Double,
        level: Double,
        settings: [SweepSetting],
        choice: SweepChoice
    ) {
        self.scenario = scenario
        self.target = target
        self.knobs = knobs
        self.blocks = blocks
        self.metrics = metrics
        self.cost = cost
        self.margin = margin
        self.level = level
        self.settings = settings
        self.choice = choice
    }
}

/// What a sweep advises.
package struct SweepChoice: Codable, Sendable, Equatable {
    package enum Kind: String, Codable, Sendable {
        /// A setting is better than the default in what is judged, by more than the margin.
        case better
        /// None is, but one is shown to be as good and costs less.
        case cheaper
        /// Every other setting is shown to be better by less than the margin, or worse.
        case keep
        /// None is shown to be better, and these blocks cannot exclude that one is.
        case undecided
        /// The default did not work, so there is nothing to compare with.
        case noControl
    }

    package var kind: Kind
    /// Place of the setting to take, among the record's settings; 0 is the default.
    package var setting: Int

    package init(_ kind: Kind, setting: Int) {
        self.kind = kind
        self.setting = setting
    }
}

/// A setting that was varied, with its values as the user wrote them.
package struct SweepKnob: Codable, Sendable, Equatable {
    /// `chunk-size`, `backlog-size` …
    package var name: String
    package var values: [String]
    /// What the default setting has here, as the target says it; nil when it does not say.
    package var defaultValue: String?

    package init(name: String, values: [String], defaultValue: String? = nil) {
        self.name = name
        self.values = values
        self.defaultValue = defaultValue
    }
}

/// A metric of a sweep, as samples name it.
package struct SweepMetric: Codable, Sendable, Hashable {
    package var metric: String
    package var stat: String
    package var unit: String
    package var better: Better

    package init(_ metric: String, stat: String = "value", unit: String, better: Better) {
        self.metric = metric
        self.stat = stat
        self.unit = unit
        self.better = better
    }
}

/// One setting of a sweep.
package struct SweepSetting: Codable, Sendable, Equatable {
    /// How it stands in the choice.
    package enum Standing: String, Codable, Sendable {
        /// None was faster.
        case best
        /// Shown to be worse than the best by less than the margin.
        case asGood
        /// Neither shown to be as good as the best, nor to be worse.
        case undecided
        /// Shown to be worse than the best.
        case worse
        /// It did not work.
        case failed
    }

    /// One value for each knob that was varied; empty for the default.
    package var knobs: [Parameter]
    package var figures: [SweepFigure]
    package var standing: Standing
    /// Whether no other setting is better in what is judged and in what it costs.
    package var isOnFront: Bool
    /// Why it did not work; nil when it did.
    package var failure: String?

    package init(
        knobs: [Parameter],
        figures: [SweepFigure],
        standing: Standing,
        isOnFront: Bool = false,
        failure: String? = nil
    ) {
        self.knobs = knobs
        self.figures = figures
        self.standing = standing
        self.isOnFront = isOnFront
        self.failure = failure
    }

    package var isDefault: Bool { self.knobs.isEmpty }

    /// Whether it is in the indifference zone: as good as the best, as far as these blocks can tell.
    package var isInZone: Bool {
        switch self.standing {
        case .best, .asGood, .undecided: true
        case .worse, .failed: false
        }
    }

    /// `chunk-size=4kb, backlog-size=1mb`, or `default`.
    package var label: String {
        self.isDefault ? "default" : self.knobs.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")
    }

    package func figure(_ metric: SweepMetric) -> SweepFigure? {
        self.figures.first { $0.metric == metric.metric && $0.stat == metric.stat }
    }
}

/// One metric of one setting, over the blocks.
package struct SweepFigure: Codable, Sendable, Equatable {
    package var metric: String
    package var stat: String
    /// In the metric's unit.
    package var median: Double
    package var lowest: Double
    package var highest: Double
    package var count: Int
    /// Against the default of the same block; nil for the default itself, and where nothing can be compared.
    package var change: RelativeChange?

    package init(_ metric: SweepMetric, _ summary: Summary, change: RelativeChange? = nil) {
        self.metric = metric.metric
        self.stat = metric.stat
        self.median = summary.median
        self.lowest = summary.minimum
        self.highest = summary.maximum
        self.count = summary.count
        self.change = change
    }
}

/// By what share something is larger (positive) or smaller than what was measured beside it: 0.12 is 12 per cent more.
package struct RelativeChange: Codable, Sendable, Equatable {
    package var estimate: Double
    /// The ends of its interval; nil when so few pairs cannot give one.
    package var low: Double?
    package var high: Double?
    package var pairs: Int

    package init(estimate: Double, low: Double?, high: Double?, pairs: Int) {
        self.estimate = estimate
        self.low = low
        self.high = high
        self.pairs = pairs
    }

    package var interval: ClosedRange<Double>? {
        self.low.flatMap { low in self.high.map { high in low...Swift.max(low, high) } }
    }
}
