package import Measurement
import Sockets

/// Keeps the record of a run and hands it on after every trial, so that a crash or Ctrl-C loses nothing.
package final class RunRecorder {
    package private(set) var record: RunRecord
    private let write: (RunRecord) -> Void
    private let began = Clocks.monotonicNanoseconds
    private var order = 0

    package init(_ record: RunRecord, write: @escaping (RunRecord) -> Void) {
        self.record = record
        self.write = write
    }

    package func note(_ text: String) { self.record.notes.append(text) }
    package func invalidate(_ reason: String) { self.record.invalid.append(reason) }
    package func set(_ comparison: ComparisonRecord) { self.record.comparison = comparison }
    package func set(_ sweep: SweepRecord) { self.record.sweep = sweep }

    /// Enters a target, unless one of that name is there: a sweep starts the same one again and again.
    package func add(_ target: TargetRecord) {
        guard !self.record.targets.contains(where: { $0.id == target.id }) else { return }
        self.record.targets.append(target)
    }

    package func set(_ environment: [EnvironmentSection]) { self.record.environment = environment }

    /// Enters a finished trial. A promised metric that it lacks makes it invalid.
    /// - Parameter isSaved: whether the record is handed on at once; whoever makes many short trials does so now and then.
    package func add(
        _ trial: Trial,
        scenario: String,
        target: String,
        parameters: [Parameter],
        expected: [String],
        unsupported: [String: String] = [:],
        isSaved: Bool = true
    ) {
        let settings = parameters.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        let id = "\(scenario)/\(target)/\(settings)"
        self.order += 1
        let place = self.record.cases.firstIndex { $0.id == id } ?? self.record.cases.count
        if place == self.record.cases.count {
            self.record.cases.append(
                CaseRecord(
                    id: id,
                    scenario: scenario,
                    target: target,
                    parameters: parameters,
                    expectedMetrics: expected.filter { unsupported[$0] == nil },
                    unsupported: unsupported
                )
            )
        }
        let promised = self.record.cases[place].expectedMetrics
        let missing = promised.filter { metric in !trial.samples.contains { $0.metric == metric } }
        let number = self.record.cases[place].trials.count + 1
        self.record.timeline += trial.timeline(caseID: id, trial: number)
        self.record.cases[place].trials.append(
            TrialRecord(
                trial: number,
                order: self.order,
                beganSeconds: trial.began >= self.began ? Double(trial.began - self.began) / 1e9 : nil,
                phases: trial.phases,
                samples: trial.samples,
                histograms: trial.histograms,
                series: trial.series,
                invalid: trial.invalid + missing.map { "the metric \($0) is missing" }
            )
        )
        if isSaved { self.save() }
    }

    package func finish(interrupted: Bool) {
        self.record.interrupted = interrupted
        self.save()
    }

    /// Hands on what there is.
    package func save() {
        self.record.seconds = Double(Clocks.monotonicNanoseconds - self.began) / 1e9
        self.write(self.record)
    }
}
