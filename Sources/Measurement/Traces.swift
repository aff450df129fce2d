// What a trial keeps beside its figures: whole histograms, courses over time, and what happened when.

/// Every duration of one metric of one trial, for other tools and for exact merging.
package struct HistogramRecord: Codable, Sendable, Equatable {
    /// The metric that its percentiles are samples of.
    package var metric: String
    /// `ns`, or `count`.
    package var unit: String
    /// The V2 compressed encoding of HdrHistogram, in base64.
    package var payload: String

    package init(metric: String, unit: String, counts: HistogramCounts) {
        self.metric = metric
        self.unit = unit
        self.payload = counts.encoded
    }

    package func counts() throws(HistogramError) -> HistogramCounts {
        try HistogramCounts(decoding: self.payload)
    }
}

/// The course of a metric over a trial.
package struct SeriesRecord: Codable, Sendable, Equatable {
    package struct Point: Codable, Sendable, Equatable {
        /// Since the trial's measure phase began.
        package var seconds: Double
        package var value: Double

        package init(seconds: Double, value: Double) {
            self.seconds = seconds
            self.value = value
        }
    }

    /// `lag`, `write_rate` …
    package var metric: String
    /// What each point is of its stretch of time: `p50`, `max`, `value` …
    package var stat: String
    /// As in `Sample`.
    package var unit: String
    /// In order of time.
    package var points: [Point]

    package init(metric: String, stat: String = "value", unit: String, points: [Point]) {
        precondition(
            points.allSatisfy { $0.seconds.isFinite && $0.value.isFinite },
            "a point of \(metric) must be finite; leave it out when it was not measured"
        )
        self.metric = metric
        self.stat = stat
        self.unit = unit
        self.points = points
    }
}

/// Something that happened in a trial and that a reader of its course must know: a fault, and its end.
package struct TimelineEvent: Codable, Sendable, Equatable {
    package var caseID: String
    /// 1, 2, 3 … within its case.
    package var trial: Int
    /// Since the trial's measure phase began.
    package var seconds: Double
    /// When it was over; `nil` for what happens at a moment.
    package var endSeconds: Double?
    /// `pause`, `kill`, `cut`, `slow`, `fill` …
    package var kind: String
    /// For a reader: "the primary was stopped for 1 s".
    package var text: String

    package init(
        caseID: String,
        trial: Int,
        seconds: Double,
        endSeconds: Double? = nil,
        kind: String,
        text: String
    ) {
        self.caseID = caseID
        self.trial = trial
        self.seconds = seconds
        self.endSeconds = endSeconds
        self.kind = kind
        self.text = text
    }
}
