// The sentences about full copies.

internal import Measurement

struct SnapshotSentences {
    private let record: RunRecord
    private let names: TargetNames

    init(_ record: RunRecord, names: TargetNames) {
        self.record = record
        self.names = names
    }

    var all: [String] { [self.copy, self.clients, self.live].compactMap(\.self) }

    /// Cases with one streamed copy, with or without a load.
    private func single(_ cases: [CaseRecord], underLoad: Bool) -> [CaseRecord] {
        cases.filter {
            $0.parameter("transfer") == "streamed" && $0.number("replicas") == 1
                && ($0.number("write_rate") ?? 0 > 0) == underLoad
        }
    }

    private func data(_ one: CaseRecord) -> String {
        let keys = ResumeSentence.grouped(one.number("keys") ?? 0)
        let size = one.parameter("value_size").map { ParameterText.words(Parameter("value_size", $0)) } ?? "values"
        return "\(keys) keys (\(Markdown.escaped(size)))"
    }

    private var copy: String? {
        let cases = self.single(SnapshotSection.copies(self.record), underLoad: false)
        guard
            let found = Comparison.largest(of: cases, along: "keys", metric: "copy_total", names: self.names),
            let keys = found.subject.figure("copy_keys_rate").value,
            let bytes = found.subject.figure("copy_bytes_rate").value
        else { return nil }
        return "A full copy of \(self.data(found.subject)) is out after **\(found.own.sentenceText)**"
            + "\(found.versus(self.names)), at \(keys.sentenceText) keys and \(bytes.sentenceText)."
    }

    private var clients: String? {
        let cases = self.single(SnapshotSection.copies(self.record), underLoad: true)
        guard
            let found = Comparison.largest(of: cases, along: "keys", metric: "response_growth", names: self.names)
        else { return nil }
        let rate = ResumeSentence.grouped(found.subject.number("write_rate") ?? 0)
        let others = found.others.map {
            "; \(Markdown.escaped(self.names.short($0.target))) \($0.measured.sentenceText)"
        }
        var text =
            "While it is made and clients write \(rate)/s, their p99.9 is **\(found.own.sentenceText)** that before it"
            + others.joined()
        if let pause = self.both("trigger_pause", found) { text += ". It begins with a pause of \(pause)" }
        if let memory = self.both("memory_extra_ratio", found) {
            text += " and takes \(memory) the memory of the data beside it at most"
        }
        return text + "."
    }

    /// The subject's figure and, in brackets, the others'.
    private func both(_ metric: String, _ found: Comparison) -> String? {
        guard let own = found.subject.figure(metric).value else { return nil }
        let others = found.others.compactMap { other -> String? in
            let twin = self.record.cases.first {
                $0.target == other.target && $0.scenario == SnapshotSection.scenario
                    && $0.parameters == found.subject.parameters
            }
            return twin?.figure(metric).value.map {
                "\(Markdown.escaped(self.names.short(other.target))) \($0.sentenceText)"
            }
        }
        return own.sentenceText + (others.isEmpty ? "" : " (\(others.joined(separator: ", ")))")
    }

    private var live: String? {
        let cases = self.single(SnapshotSection.live(self.record), underLoad: false)
        guard
            let found = Comparison.largest(of: cases, along: "keys", metric: "live_total", names: self.names)
        else { return nil }
        let spent = [("live_primary_cpu", "the primary"), ("live_replica_cpu", "the replica")].compactMap { entry in
            self.both(entry.0, found).map { "\(entry.1) \($0)" }
        }
        return "An empty replica serves \(self.data(found.subject)) after **\(found.own.sentenceText)**"
            + "\(found.versus(self.names))"
            + (spent.isEmpty ? "." : "; processor time: \(spent.joined(separator: ", ")).")
    }
}
