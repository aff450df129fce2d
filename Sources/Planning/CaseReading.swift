// What a run record says, as observations.

internal import Measurement

extension CaseRecord {
    /// More than any machine can hold or do of anything; a larger number in a file is damage, and would overflow sums.
    private static let largest = 1e15

    private static func isSane(_ value: Double) -> Bool { value >= 0 && value <= self.largest }

    /// A parameter as a number; nil where it is none.
    func value(_ parameter: String) -> Double? {
        self.parameter(parameter).flatMap { Double($0) }.flatMap { Self.isSane($0) ? $0 : nil }
    }

    /// The values of a metric over the valid trials.
    func values(_ metric: String, _ stat: String = "value") -> [Double] {
        self.trials.filter(\.invalid.isEmpty).compactMap { trial in
            trial.samples.first { $0.metric == metric && $0.stat == stat && Self.isSane($0.value) }?.value
        }
    }

    func median(_ metric: String, _ stat: String = "value") -> Double? {
        Summary(self.values(metric, stat))?.median
    }

    /// What was measured here.
    func observation(_ configuration: Configuration, _ metric: String, _ choice: Choice = .median) -> Observation? {
        Summary(self.values(metric)).map { summary in
            let value =
                switch choice {
                case .median: summary.median
                case .smallest: summary.minimum
                }
            return Observation(configuration, value: value, lowest: summary.minimum, highest: summary.maximum)
        }
    }

    /// Which of the trials stands for a configuration.
    enum Choice {
        case median
        /// For processor time: whatever else a machine does can only add to it.
        case smallest
    }

    var configuration: Configuration {
        var configuration = Configuration()
        configuration.replicas = self.value("replicas") ?? 0
        configuration.valueSize = self.value("value_size") ?? 0
        configuration.stalled = self.value("stalled") ?? 0
        configuration.keys = self.value("keys") ?? 0
        configuration.backlog = self.value("backlog_size") ?? 0
        configuration.pending = self.value("pending_size") ?? 0
        return configuration
    }
}
