package import Histogram
package import Measurement
import Sockets

/// Gathers one trial: its phases, its samples with the histograms behind them, its course, and what makes it invalid.
package struct Trial {
    package private(set) var phases: [PhaseTime] = []
    package private(set) var samples: [Sample] = []
    package private(set) var histograms: [HistogramRecord] = []
    package private(set) var invalid: [String] = []
    /// On the monotonic clock, in nanoseconds.
    package let began: UInt64
    /// When the phase that is called measure began; the trial itself where there is none.
    private(set) var measureBegan: UInt64
    private var phaseBegan: UInt64
    private var lateRecords = 0
    var courses: [Course] = []
    var marks: [Mark] = []

    package static let measurePhase = "measure"

    package init() {
        self.began = Clocks.monotonicNanoseconds
        self.measureBegan = self.began
        self.phaseBegan = self.began
    }

    /// Ends a phase that began with the trial or with the end of the phase before.
    package mutating func phaseEnded(_ name: String) {
        let now = Clocks.monotonicNanoseconds
        if name == Self.measurePhase { self.measureBegan = self.phaseBegan }
        self.phases.append(PhaseTime(name: name, seconds: Double(now - self.phaseBegan) / 1e9))
        self.phaseBegan = now
    }

    /// Enters a value; one that was not measured (nil, or the result of a division by nothing) is left out.
    package mutating func add(
        _ metric: String,
        _ value: Double?,
        unit: String,
        better: Better,
        stat: String = "value"
    ) {
        guard let value, value.isFinite else { return }
        self.samples.append(Sample(metric, stat: stat, value, unit: unit, better: better))
    }

    /// Enters a histogram of nanoseconds: its percentiles in microseconds, and itself for other tools and for merging.
    package mutating func add(_ metric: String, nanoseconds histogram: Histogram<UInt64>?) {
        guard let histogram, histogram.totalCount > 0 else { return }
        for (stat, percentile) in [("p50", 50.0), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("max", 100)] {
            let value = Double(histogram.valueAtPercentile(percentile)) / 1000
            self.add(metric, value, unit: "us", better: .lower, stat: stat)
        }
        self.keep(metric, unit: "ns", histogram)
    }

    /// Enters a histogram of counts: its percentiles, and itself.
    package mutating func add(_ metric: String, counts histogram: Histogram<UInt64>?) {
        guard let histogram, histogram.totalCount > 0 else { return }
        for (stat, percentile) in [("p50", 50.0), ("p99", 99), ("max", 100)] {
            let value = Double(histogram.valueAtPercentile(percentile))
            self.add(metric, value, unit: "count", better: .lower, stat: stat)
        }
        self.keep(metric, unit: "count", histogram)
    }

    private mutating func keep(_ metric: String, unit: String, _ histogram: Histogram<UInt64>?) {
        guard let counts = histogram.flatMap(HistogramCounts.init), counts.total > 0 else { return }
        self.histograms.append(HistogramRecord(metric: metric, unit: unit, counts: counts))
    }

    package mutating func invalidate(_ reasons: [String]) { self.invalid += reasons }

    /// Voids the trial where the generator of an open loop was the limit.
    mutating func check(_ record: OpenLoopRecord) {
        guard let reason = record.saturation else { return }
        self.invalid.append(reason)
        if record.dropped == 0 { self.lateRecords += 1 }
    }

    /// Nothing is wrong with it but that the generator left late, as when its machine stands still for a moment.
    var isOnlyLate: Bool { self.lateRecords > 0 && self.lateRecords == self.invalid.count }
}
