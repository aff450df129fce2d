// The sentence about stale replicas.

internal import Measurement

struct LagSentence {
    private let record: RunRecord
    private let names: TargetNames

    init(_ record: RunRecord, names: TargetNames) {
        self.record = record
        self.names = names
    }

    /// Nil when the subject has no figure. Live replicas carry the headline.
    var text: String? {
        for receiver in ["live", "discarding"] {
            let cases = LagSection.cases(self.record, receiver).filter { $0.number("replicas") == 1 }
            let found = Comparison.largest(
                of: cases,
                along: "write_rate",
                metric: "lag",
                stat: "p99",
                names: self.names
            )
            if let found { return self.sentence(found, receiver) }
        }
        return nil
    }

    /// A lag that is shorter than what the probe tells apart is no zero.
    private func delay(_ found: Comparison) -> String {
        guard let finest = found.subject.figure("lag_resolution").value, found.own.median < finest.median else {
            return "**\(found.own.sentenceText)**\(found.versus(self.names))"
        }
        let others = found.others.map { other in
            let name = Markdown.escaped(self.names.short(other.target))
            return ", \(name): \(other.measured.median < finest.median ? "the same" : other.measured.sentenceText)"
        }
        return "**less than \(finest.sentenceText)**, the least that the probe tells apart\(others.joined())"
    }

    private func sentence(_ found: Comparison, _ receiver: String) -> String {
        let rate = ResumeSentence.grouped(found.subject.number("write_rate") ?? 0)
        let verb = receiver == "live" ? "applied" : "received"
        var text =
            "At \(rate) writes/s a \(receiver == "live" ? "live" : "synthetic") replica has \(verb) 99 % of what was "
            + "acknowledged within \(self.delay(found))"
        let drain = Comparison.largest(
            of: LagSection.cases(self.record, receiver).filter { $0.parameters == found.subject.parameters },
            along: "write_rate",
            metric: "drain_cpu_per_mutation",
            names: self.names
        )
        if let drain {
            text +=
                "; one that drains a backlog spends \(drain.own.sentenceText) of processor time per mutation"
                + drain.versus(self.names)
        }
        return text + "."
    }
}
