// Whether coming back costs more the longer the log is: the median time to the first frame with the longest log against
// that with the shortest, everything else being equal.

internal import Measurement

struct ResumeGrowth {
    let series: Series
    let shortest: (records: Int, firstFrame: Measured)
    let longest: (records: Int, firstFrame: Measured)

    static let metric = "first_frame"
    static let stat = "p50"

    /// One for each series that has at least two lengths.
    static func all(in record: RunRecord) -> [ResumeGrowth] {
        self.series(in: record).compactMap(ResumeGrowth.init)
    }

    static func series(in record: RunRecord) -> [Series] {
        Series.grouped(record.cases.filter { $0.scenario == "resume" }, along: "log_records")
    }

    init?(_ series: Series) {
        let points = series.points.compactMap { point in
            point.measured.figure(Self.metric, Self.stat).value.map { (records: point.x, firstFrame: $0) }
        }
        guard let first = points.first, let last = points.last, first.records < last.records else { return nil }
        guard first.firstFrame.median > 0 else { return nil }
        self.series = series
        self.shortest = first
        self.longest = last
    }

    /// How many times as long it takes with the longest log.
    var ratio: Double { self.longest.firstFrame.median / self.shortest.firstFrame.median }
}
