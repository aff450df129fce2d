package import Histogram
package import Measurement
import Sockets

/// Gathers one trial: its phases, its samples, and what makes it invalid.
package struct Trial {
    package private(set) var phases: [PhaseTime] = []
    package private(set) var samples: [Sample] = []
    package private(set) var invalid: [String] = []
    private var phaseBegan = Clocks.monotonicNanoseconds

    package init() {}

    /// Ends a phase that began with the trial or with the end of the phase before.
    package mutating func phaseEnded(_ name: String) {
        let now = Clocks.monotonicNanoseconds
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

    /// Enters the percentiles of a histogram of nanoseconds, in microseconds.
    package mutating func add(_ metric: String, nanoseconds histogram: Histogram<UInt64>?) {
        guard let histogram, histogram.totalCount > 0 else { return }
        for (stat, percentile) in [("p50", 50.0), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("max", 100)] {
            let value = Double(histogram.valueAtPercentile(percentile)) / 1000
            self.add(metric, value, unit: "us", better: .lower, stat: stat)
        }
    }

    package mutating func invalidate(_ reasons: [String]) { self.invalid += reasons }
}
