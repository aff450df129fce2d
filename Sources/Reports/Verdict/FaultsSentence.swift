// The sentence about what comes after a fault.

internal import Measurement

struct FaultsSentence {
    private let record: RunRecord
    private let names: TargetNames

    init(_ record: RunRecord, names: TargetNames) {
        self.record = record
        self.names = names
    }

    private static let metric = "recovery"

    /// Nil when the subject recovered from nothing.
    var text: String? {
        let cases = self.record.cases.filter { $0.scenario == FaultsSection.scenario }
        var faults: [String] = []
        for one in cases where one.target == self.names.subject {
            for sample in one.validTrials.flatMap(\.samples) where sample.metric == Self.metric {
                if !faults.contains(sample.stat) { faults.append(sample.stat) }
            }
        }
        let parts = faults.compactMap { self.part($0, cases) }
        return parts.isEmpty
            ? nil
            : "Until everybody is current again it takes, from the end of a fault: \(parts.joined(separator: "; "))."
    }

    /// "pause **210 ms** (Redis 350 ms)".
    private func part(_ fault: String, _ cases: [CaseRecord]) -> String? {
        func time(_ target: String) -> Measured? {
            cases.filter { $0.target == target }.compactMap { $0.figure(Self.metric, fault).value }.first
        }
        guard let own = self.names.subject.flatMap(time) else { return nil }
        let others = self.names.servers.filter { $0 != self.names.subject }.compactMap { server in
            time(server).map { "\(Markdown.escaped(self.names.short(server))) \($0.sentenceText)" }
        }
        let beside = others.isEmpty ? "" : " (\(others.joined(separator: ", ")))"
        return "\(Markdown.escaped(fault)) **\(own.sentenceText)**\(beside)"
    }
}
