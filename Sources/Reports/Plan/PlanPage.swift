// A plan as a page: the answers in one table, then each with its formula and what went into it, then how far the formulas were
// off on what they had not seen.

internal import Measurement
package import Planning

package struct PlanPage: Sendable {
    private let record: PlanRecord

    package init(_ record: PlanRecord) { self.record = record }

    package var markdown: String {
        let blocks =
            ["# \(self.title)", self.source, self.answers] + self.record.answers.map(self.block)
            + [self.missing, self.checks].compactMap(\.self)
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private var title: String {
        let question = self.record.question
        let replicas = ParameterCount.text(question.replicas, "replica")
        let stalled = question.stalled > 0 ? " and \(DecimalText.fixed(question.stalled, places: 0)) stalled" : ""
        let rate = Quantity(unit: "1/s").text(question.writeRate)
        let size = Quantity(unit: "B").text(question.valueSize)
        return "Plan: \(rate) writes of \(size) to \(replicas)\(stalled)"
    }

    /// What it rests on.
    private var source: String {
        let machine = self.record.machine.filter { ["processor", "processors", "kernel"].contains($0.name) }
            .map { Markdown.escaped("\($0.name) \($0.value)") }.joined(separator: ", ")
        var lines = [
            "Rests on the run \(Markdown.escaped(self.record.run)) of \(Markdown.escaped(self.record.measuredAt)): "
                + "\(Markdown.escaped(self.record.product))\(machine.isEmpty ? "" : " on \(machine)")."
        ]
        if let judged = self.record.judged {
            let word = judged.isValidated ? "Validated" : "Indicative only"
            lines.append(
                "**\(word)**: on whole configurations that no formula had seen, bytes, memory and processor time were off by "
                    + "\(SweepWords.percent(judged.mean)) % on average and \(Self.signed(judged.worst)) at worst "
                    + "(\(judged.count) predictions)."
            )
        } else {
            lines.append(
                "**Not checked**: the run has no configurations beyond those that the formulas were fitted to."
            )
        }
        return lines.joined(separator: "  \n")
    }

    private var answers: String {
        var table = MarkdownTable([("Question", .left), ("Answer", .right), ("Error elsewhere", .right), ("", .left)])
        for answer in self.record.answers {
            table.append([
                answer.question, Self.value(answer), answer.error.map(Self.error) ?? "–",
                answer.warnings.isEmpty ? "" : "outside what was measured",
            ])
        }
        return table.isEmpty ? "Nothing could be answered." : table.text
    }

    private static func value(_ answer: PlanAnswer) -> String {
        let quantity = Quantity(unit: answer.unit)
        let text = quantity.text(answer.value)
        switch (answer.low, answer.high) {
        case (let low?, let high?): return "\(text) (\(quantity.text(low))…\(quantity.text(high)))"
        case (let low?, nil): return "\(text) (at least \(quantity.text(low)))"
        case (nil, _): return text
        }
    }

    private static func error(_ error: ErrorSummary) -> String {
        "\(SweepWords.percent(error.mean)) %, worst \(self.signed(error.worst))"
    }

    private static func signed(_ share: Double) -> String {
        "\(share < 0 ? "−" : "+")\(SweepWords.percent(share)) %"
    }

    private func block(_ answer: PlanAnswer) -> String {
        let inputs = answer.inputs.map { input in
            let origin = input.isMeasured ? " (measured)" : ""
            return "\(Markdown.escaped(input.name)) \(Self.text(input))\(origin)"
        }
        var lines = [
            "## \(answer.question)", "**\(Self.value(answer))** = \(answer.formula)",
            inputs.joined(separator: " · "),
        ]
        if let error = answer.error {
            lines.append("Off by \(Self.error(error)) on \(error.count) configurations held out of the fit.")
        }
        lines += answer.warnings.map { "Warning: \($0)." }
        lines += answer.remarks
        return lines.joined(separator: "\n\n")
    }

    private static func text(_ input: PlanInput) -> String {
        switch input.unit {
        case "": DecimalText.significant(input.value)
        case "count": DecimalText.fixed(input.value, places: 0)
        default: Quantity(unit: input.unit).text(input.value)
        }
    }

    private var missing: String? {
        guard !self.record.missing.isEmpty else { return nil }
        return (["## Not answered"] + self.record.missing.map { "- \(Markdown.escaped($0))" }).joined(separator: "\n\n")
    }

    private var checks: String? {
        guard !self.record.checks.isEmpty else { return nil }
        var table = MarkdownTable([
            ("Quantity", .left), ("Configuration", .left), ("Predicted", .right), ("Measured", .right),
            ("Error", .right),
        ])
        for check in self.record.checks {
            let quantity = Quantity(unit: check.unit)
            table.append([
                check.quantity + (check.isTime ? " (not judged)" : ""), Self.text(check.configuration),
                quantity.text(check.predicted), quantity.text(check.measured, range: check.lowest...check.highest),
                Self.signed(check.error),
            ])
        }
        return
            "## Held-out configurations\n\nThe formulas were fitted to the smallest and largest of what was measured; these lie "
            + "between. Errors are signed: + is predicted too high. Measured figures are medians, of "
            + "processor time the smallest, with their range over trials.\n\n\(table.text)"
    }

    private static func text(_ configuration: Configuration) -> String {
        let bytes = Quantity(unit: "B")
        return Configuration.Coordinate.allCases.compactMap { coordinate in
            let value = configuration[coordinate]
            guard value > 0 else { return nil }
            switch coordinate {
            case .replicas: return ParameterCount.text(value, "replica")
            case .valueSize: return "\(bytes.text(value)) values"
            case .stalled: return "\(DecimalText.fixed(value, places: 0)) stalled"
            case .keys: return "\(DecimalText.fixed(value, places: 0)) keys"
            case .backlog: return "backlog \(bytes.text(value))"
            case .pending: return nil
            }
        }
        .joined(separator: ", ")
    }
}

private enum ParameterCount {
    /// "1 replica", "16 replicas".
    static func text(_ count: Double, _ noun: String) -> String {
        "\(DecimalText.fixed(count, places: 0)) \(noun)\(count == 1 ? "" : "s")"
    }
}
