// Whether a run may be believed. The rule that a missing metric voids a run exists because a benchmark suite once lost
// a metric on export for years without anybody noticing.

package import Measurement

/// The reasons that void a run, worded for a reader; empty for a valid run.
package struct Validity: Sendable, Equatable {
    package let reasons: [String]

    package var isValid: Bool { self.reasons.isEmpty }

    package init(of record: RunRecord) {
        var reasons = record.invalid
        var trialsByReason: [String: [String]] = [:]
        var order: [String] = []
        func add(_ reason: String, at place: String) {
            if trialsByReason[reason] == nil { order.append(reason) }
            trialsByReason[reason, default: []].append(place)
        }
        var seen: Set<String> = []
        for measured in record.cases {
            if !seen.insert(measured.id).inserted { add("the case is in the record twice", at: measured.id) }
            if measured.trials.isEmpty, !record.interrupted { add("no trial was recorded", at: measured.id) }
            for trial in measured.trials {
                let place = "\(measured.id) trial \(trial.trial)"
                for reason in trial.invalid { add(reason, at: place) }
                // A trial that already failed is expected to lack results; naming each would bury the cause.
                guard trial.invalid.isEmpty else { continue }
                for metric in measured.missingMetrics(in: trial) {
                    add("the expected metric \(metric) is missing", at: place)
                }
            }
        }
        if record.cases.isEmpty, !record.interrupted { reasons.append("the run has no cases") }
        for reason in order {
            reasons.append("\(reason): \(Self.list(trialsByReason[reason, default: []]))")
        }
        self.reasons = reasons
    }

    /// A thousand failing trials are told by their count and the first few names.
    private static let mostPlacesNamed = 4

    private static func list(_ places: [String]) -> String {
        let named = places.prefix(self.mostPlacesNamed).joined(separator: "; ")
        let rest = places.count - self.mostPlacesNamed
        return rest > 0 ? "\(named) and \(rest) more" : named
    }
}

extension CaseRecord {
    /// Promised metrics without any sample, except those that the target cannot give.
    func missingMetrics(in trial: TrialRecord) -> [String] {
        let measured = Set(trial.samples.map(\.metric))
        return self.expectedMetrics.filter { !measured.contains($0) && self.unsupported[$0] == nil }
    }
}
