// results.csv: one row per sample, so that any tool can filter and pivot it. RFC 4180, except that lines end in LF,
// which every reader takes and which diff prefers.

internal import Measurement

enum CSV {
    static let header = [
        "run", "scenario", "target", "case", "trial", "metric", "stat", "value", "unit", "better", "valid",
    ]

    /// `valid` is false for the samples of a trial, or of a whole run, that the harness declared invalid.
    static func text(_ record: RunRecord) -> String {
        var lines = [self.line(self.header)]
        for measured in record.cases {
            for trial in measured.trials {
                let valid = record.invalid.isEmpty && trial.invalid.isEmpty
                for sample in trial.samples {
                    lines.append(
                        self.line([
                            record.name, measured.scenario, measured.target, measured.id, "\(trial.trial)",
                            sample.metric, sample.stat, "\(sample.value)", sample.unit, sample.better.rawValue,
                            "\(valid)",
                        ])
                    )
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func line(_ fields: [String]) -> String {
        fields.map(self.quoted).joined(separator: ",")
    }

    /// Quoted only where a separator, a quote or a line break asks for it; quotes are doubled.
    static func quoted(_ field: String) -> String {
        let special: Set<Unicode.Scalar> = [",", "\"", "\n", "\r"]
        guard field.unicodeScalars.contains(where: special.contains) else { return field }
        var result = "\""
        for scalar in field.unicodeScalars {
            if scalar == "\"" { result += "\"" }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }
}
