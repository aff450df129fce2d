// Metrics over the time of a trial, with the faults that were made to happen in it.

internal import Measurement

extension Chart {
    /// One chart for each case with a course of `lag`: those with faults, and of the others the longest ones.
    static func courses(_ record: RunRecord, names: TargetNames) -> [Chart] {
        let cases = record.cases.filter { !self.trials(of: $0, record).isEmpty }
        let faulty = cases.filter { one in record.timeline.contains { $0.caseID == one.id } }
        let shown = faulty.isEmpty ? Array(cases.prefix(self.mostCalmCourses)) : faulty
        return shown.prefix(self.mostCourses).enumerated().compactMap { place, one in
            self.course(one, record, names: names, number: place + 1)
        }
    }

    private static let metric = "lag"
    /// A reader compares few of them; the run has all.
    private static let mostCourses = 6
    private static let mostCalmCourses = 2

    /// Valid trials with a course.
    private static func trials(of one: CaseRecord, _ record: RunRecord) -> [TrialRecord] {
        one.validTrials.filter { trial in trial.series.contains { $0.metric == self.metric } }
    }

    /// The trial with the most events stands for its case: events of several trials differ in time.
    private static func course(_ one: CaseRecord, _ record: RunRecord, names: TargetNames, number: Int) -> Chart? {
        func events(_ trial: TrialRecord) -> [TimelineEvent] {
            record.timeline.filter { $0.caseID == one.id && $0.trial == trial.trial }
        }
        let trials = self.trials(of: one, record)
        guard let trial = trials.max(by: { events($0).count < events($1).count }) else { return nil }
        let series = trial.series.filter { $0.metric == self.metric && !$0.points.isEmpty }
        let curves = series.enumerated().map { variant, series in
            Curve(
                label: [names.short(one.target), series.stat].joined(separator: ", "),
                style: Style.of(one.target, names: names, variant: variant),
                rows: series.points.map { Curve.Row(x: $0.seconds, $0.value) },
                isDense: true
            )
        }
        guard let unit = series.first?.unit else { return nil }
        let marks = events(trial).map { PlotEvent(begin: $0.seconds, end: $0.endSeconds, text: $0.text) }
        let times = curves.flatMap { $0.rows.map(\.x) } + marks.flatMap { [$0.begin, $0.end ?? $0.begin] }
        guard let first = times.min(), let last = times.max() else { return nil }
        let panel = Panel(
            curves: curves,
            axis: .seconds(min(first, 0)...last),
            xTitle: "Seconds since measuring began",
            yTitle: "Lag",
            unit: unit,
            events: marks
        )
        let words = one.parameters.filter { !ParameterText.isObvious($0) }.map(ParameterText.words)
        return Chart(
            name: "lag-course-\(number)",
            title: "Lag over time",
            subtitle: ([names.short(one.target)] + words + ["trial \(trial.trial)"]).joined(separator: ", "),
            reading: marks.isEmpty
                ? "Each point is of all markers in a stretch of time; lower is fresher."
                : "Shaded: what was done to the servers meanwhile; how fast the lag falls behind it is the recovery.",
            content: .panels([panel])
        )
    }
}
