// Metrics over the time of a trial, with the faults that were made to happen in it.

internal import Measurement

extension Chart {
    /// One chart for each case with courses, of the scenario: those with faults first.
    static func courses(_ record: RunRecord, of scenario: String, names: TargetNames) -> [Chart] {
        let cases = record.cases.filter { $0.scenario == scenario && !self.trials(of: $0).isEmpty }
        let faulty = cases.filter { one in record.timeline.contains { $0.caseID == one.id } }
        let shown = faulty.isEmpty ? Array(cases.prefix(self.mostCalmCourses)) : faulty
        return shown.prefix(self.mostCourses).enumerated().compactMap { place, one in
            self.course(one, record, names: names, name: self.courseNames(scenario)[place])
        }
    }

    /// The names of all charts that a scenario may have.
    static func courseNames(_ scenario: String) -> [String] {
        (1...self.mostCourses).map { "\(scenario)-course-\($0)" }
    }

    /// A reader compares few of them; the run has all.
    private static let mostCourses = 6
    private static let mostCalmCourses = 2

    /// What is drawn of a trial, one panel each, in this order.
    private static let metrics = [
        ("lag", "Lag"), ("replica_lag", "Lag of the slowest replica, mutations"), ("response", "Response"),
        ("write_rate", "Writes"),
    ]

    /// Valid trials with a course.
    private static func trials(of one: CaseRecord) -> [TrialRecord] {
        one.validTrials.filter { trial in
            trial.series.contains { series in self.metrics.contains { $0.0 == series.metric } }
        }
    }

    /// The trial with the most events stands for its case: events of several trials differ in time.
    private static func course(_ one: CaseRecord, _ record: RunRecord, names: TargetNames, name: String) -> Chart? {
        func events(_ trial: TrialRecord) -> [TimelineEvent] {
            record.timeline.filter { $0.caseID == one.id && $0.trial == trial.trial }
        }
        guard let trial = self.trials(of: one).max(by: { events($0).count < events($1).count }) else { return nil }
        let marks = events(trial).map { PlotEvent(begin: $0.seconds, end: $0.endSeconds, text: $0.text) }
        let times =
            trial.series.flatMap { $0.points.map(\.seconds) } + marks.flatMap { [$0.begin, $0.end ?? $0.begin] }
        guard let first = times.min(), let last = times.max() else { return nil }
        let axis = HorizontalAxis.seconds(min(first, 0)...last)
        let drawn = self.metrics.filter { metric in
            trial.series.contains { $0.metric == metric.0 && !$0.points.isEmpty }
        }
        let panels = drawn.enumerated().compactMap { place, metric -> Panel? in
            let series = trial.series.filter { $0.metric == metric.0 && !$0.points.isEmpty }
            guard let unit = series.first?.unit else { return nil }
            return Panel(
                curves: self.curves(series, target: one.target, names: names),
                axis: axis,
                xTitle: place == drawn.count - 1 ? "Seconds since measuring began" : "",
                yTitle: metric.1,
                unit: unit,
                events: marks
            )
        }
        let words = one.parameters.filter { !ParameterText.isObvious($0) }.map(ParameterText.words)
        return Chart(
            name: name,
            title: one.scenario == LagSection.scenario ? "Lag over time" : "What faults did, over time",
            subtitle: ([names.short(one.target)] + words + ["trial \(trial.trial)"]).joined(separator: ", "),
            reading: marks.isEmpty
                ? "Each point is of a short stretch of time; lower is fresher."
                : "Shaded: what was done meanwhile. How fast a line returns to where it was is the recovery.",
            content: .panels(panels)
        )
    }

    /// One line for each stat, told apart by its dash.
    private static func curves(_ series: [SeriesRecord], target: String, names: TargetNames) -> [Curve] {
        series.enumerated().map { variant, series in
            Curve(
                label: series.stat == "value" ? names.short(target) : "\(names.short(target)), \(series.stat)",
                style: Style.of(target, names: names, variant: series.stat == "max" && variant > 0 ? 1 : variant),
                rows: series.points.map { Curve.Row(x: $0.seconds, $0.value) },
                isDense: true
            )
        }
    }
}
