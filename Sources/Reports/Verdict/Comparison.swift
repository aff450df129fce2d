// Picks the cases that sentences of the verdict rest on: the subject's largest case that the other servers also ran.

internal import Measurement

/// One figure of the subject and the same figure of every other server that ran the very same case.
struct Comparison {
    let subject: CaseRecord
    let own: Measured
    let others: [(target: String, measured: Measured)]

    /// - Parameters:
    ///   - cases: candidates of all servers.
    ///   - parameter: the case with the most of it that most servers share is taken.
    /// - Returns: `nil` when the subject has no such figure.
    static func largest(
        of cases: [CaseRecord],
        along parameter: String,
        metric: String,
        stat: String = "value",
        names: TargetNames
    ) -> Comparison? {
        let candidates = cases.compactMap { measured -> (Int, Comparison)? in
            guard measured.target == names.subject, let size = measured.number(parameter) else { return nil }
            guard let own = measured.figure(metric, stat).value else { return nil }
            let same = Set(measured.parameters)
            let others = names.servers.compactMap { server -> (target: String, measured: Measured)? in
                guard server != names.subject else { return nil }
                let twin = cases.first { $0.target == server && Set($0.parameters) == same }
                return twin?.figure(metric, stat).value.map { (server, $0) }
            }
            return (size, Comparison(subject: measured, own: own, others: others))
        }
        // A shared case beats a larger one that stands alone, and more trials beat fewer; among equals the first in the
        // order of the report carries the headline.
        return candidates.enumerated().max { left, right in
            let (l, r) = (left.element, right.element)
            return (l.1.others.count, l.0, l.1.own.summary.count, -left.offset)
                < (r.1.others.count, r.0, r.1.own.summary.count, -right.offset)
        }?.element.1
    }

    /// ", 0.40× Redis's 0.63 µs": how the subject's figure relates to each other server's; empty without one.
    func versus(_ names: TargetNames) -> String {
        self.others
            .map { other in
                let name = Markdown.escaped(names.short(other.target))
                let text = other.measured.sentenceText
                guard other.measured.median > 0 else { return ", \(name): \(text)" }
                let ratio = DecimalText.fixed(self.own.median / other.measured.median, places: 2)
                return ", \(ratio)× \(name)'s \(text)"
            }
            .joined()
    }

    /// "(1 KiB values, 50 connections, pipeline 16)": the conditions, without the words that the sentence has.
    func conditions(without told: Set<String>) -> String {
        let words = self.subject.parameters
            .filter { !told.contains($0.name) && !ParameterText.isObvious($0) }
            .map { Markdown.escaped(ParameterText.words($0)) }
        return words.isEmpty ? "" : " (\(words.joined(separator: ", ")))"
    }
}
