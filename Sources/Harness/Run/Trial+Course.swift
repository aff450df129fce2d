// What happened when: metrics over the time of a trial, and the faults that were made to happen in it. Both are kept by the
// monotonic clock and told from the beginning of the measure phase, whose place is known only once it is over.

import Measurement
import Sockets

extension Trial {
    /// A metric over time.
    struct Course {
        var metric: String
        var stat: String
        var unit: String
        var points: [(nanoseconds: UInt64, value: Double)]
    }

    /// An event, or a stretch of time with an end.
    struct Mark {
        var kind: String
        var text: String
        var begin: UInt64
        var end: UInt64?
    }

    /// Enters a metric over time; what is not finite is left out.
    ///
    /// - Parameters:
    ///   - stat: what a value is of its stretch of time: `p50`, `max`, `value` …
    ///   - points: in order of time, on the monotonic clock.
    package mutating func add(
        _ metric: String,
        stat: String = "value",
        unit: String,
        course points: [(nanoseconds: UInt64, value: Double)]
    ) {
        let finite = points.filter(\.value.isFinite)
        guard !finite.isEmpty else { return }
        self.courses.append(Course(metric: metric, stat: stat, unit: unit, points: finite))
    }

    /// Enters something that a reader of the trial's course must know.
    ///
    /// - Parameters:
    ///   - kind: one word: `pause`, `kill`, `cut`, `slow`, `fill` …
    ///   - text: for a reader, such as "the primary was stopped for 1 s".
    ///   - begin: on the monotonic clock.
    ///   - end: when it was over, for what takes time.
    package mutating func mark(
        _ kind: String,
        _ text: String,
        at begin: UInt64 = Clocks.monotonicNanoseconds,
        until end: UInt64? = nil
    ) {
        self.marks.append(Mark(kind: kind, text: text, begin: begin, end: end))
    }

    var series: [SeriesRecord] {
        self.courses.map { course in
            SeriesRecord(
                metric: course.metric,
                stat: course.stat,
                unit: course.unit,
                points: course.points.map {
                    SeriesRecord.Point(seconds: self.seconds($0.nanoseconds), value: $0.value)
                }
            )
        }
    }

    func timeline(caseID: String, trial: Int) -> [TimelineEvent] {
        self.marks.map { mark in
            TimelineEvent(
                caseID: caseID,
                trial: trial,
                seconds: self.seconds(mark.begin),
                endSeconds: mark.end.map(self.seconds),
                kind: mark.kind,
                text: mark.text
            )
        }
    }

    /// Since the measure phase began; below zero before it.
    private func seconds(_ nanoseconds: UInt64) -> Double {
        (Double(nanoseconds) - Double(self.measureBegan)) / 1e9
    }
}
