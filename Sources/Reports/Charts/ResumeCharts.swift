// Whether the length of the log shows when a replica comes back.

internal import Measurement

extension Chart {
    static func firstFrame(_ record: RunRecord, names: TargetNames) -> Chart? {
        let series = self.longestCourses(ResumeGrowth.series(in: record))
        let labels = SeriesLabels(series, names: names)
        let curves = zip(series, Style.all(for: series, names: names)).compactMap { one, style in
            Curve(
                one,
                metric: ResumeGrowth.metric,
                stat: ResumeGrowth.stat,
                label: self.label(one, names: names),
                style: style
            )
        }
        guard !curves.isEmpty else { return nil }
        let panel = Panel(
            curves: curves,
            axis: .steps(of: curves),
            xTitle: "Records in the log",
            yTitle: "First frame",
            unit: "us"
        )
        return Chart(
            name: "first-frame",
            title: "Time until a returning replica has its first frame",
            subtitle: labels.common,
            reading: "A flat line means that coming back costs the same however long the log is; p50 over all resumes.",
            content: .panels([panel])
        )
    }

    /// "Sluice, from disk, 9000 behind, cold cache": what a reader must know of every line, whether its neighbours share it or
    /// not.
    private static func label(_ one: Series, names: TargetNames) -> String {
        let told = one.fixed.filter {
            ["source", "distance"].contains($0.name) || ($0.name == "cache" && $0.value == "cold")
        }
        return ([names.short(one.target)] + told.map(ParameterText.words)).joined(separator: ", ")
    }

    /// One line for each target, source and state of the cache keeps it readable: the one over the most lengths, among
    /// equals the one with the most trials, then the first; tables have them all.
    private static func longestCourses(_ series: [Series]) -> [Series] {
        func key(_ one: Series) -> [String?] { [one.target, one.parameter("source"), one.parameter("cache")] }
        func weight(_ one: Series) -> (Int, Int) {
            (one.points.count, one.points.reduce(0) { $0 + $1.measured.trials.count })
        }
        func isMeasured(_ point: Series.Point) -> Bool {
            point.measured.figure(ResumeGrowth.metric, ResumeGrowth.stat).value != nil
        }
        let shown = series.filter { $0.points.contains(where: isMeasured) }
        return shown.enumerated().filter { place, one in
            !shown.enumerated().contains { other, rival in
                guard other != place, key(rival) == key(one) else { return false }
                return weight(rival) > weight(one) || (weight(rival) == weight(one) && other < place)
            }
        }
        .map(\.element)
    }
}
