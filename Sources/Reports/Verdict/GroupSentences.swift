// The sentences about a dead leader and about coming back.

internal import Measurement

struct GroupSentences {
    private let record: RunRecord
    private let names: TargetNames

    init(_ record: RunRecord, names: TargetNames) {
        self.record = record
        self.names = names
    }

    var all: [String] { [self.failover, self.catchUp].compactMap(\.self) }

    /// "When the leader dies, a client's first write is acknowledged after **1.3 s** (group, quorum; 0 acknowledged writes lost) …".
    private var failover: String? {
        let parts = self.cases(FailoverSection.scenario).compactMap { one -> String? in
            guard let time = one.figure("time_to_first_write").value, let lost = one.figure("acknowledged_lost").value
            else { return nil }
            let count = Int(lost.summary.maximum)
            let losses = count == 0 ? "no acknowledged write lost" : "up to \(count) acknowledged writes lost"
            return "**\(time.sentenceText)** with \(self.words(one)) (\(losses))"
        }
        guard !parts.isEmpty else { return nil }
        return "When the leader dies, the next write is acknowledged after \(parts.joined(separator: "; "))."
    }

    private var catchUp: String? {
        let parts = self.cases(CatchUpSection.scenario).compactMap { one -> String? in
            guard let time = one.figure("time_to_current").value, let rate = one.figure("catch_up_rate").value else {
                return nil
            }
            let growth = one.figure("response_growth", "p99").value.map {
                ", clients' p99 \($0.sentenceText) of before"
            }
            let clients = one.parameter("write_rate") == "0" ? ", without clients" : ""
            return "**\(time.sentenceText)** (\(rate.sentenceText)\(growth ?? clients)) with \(self.words(one))"
        }
        guard !parts.isEmpty else { return nil }
        return "A node that was away is current after \(parts.joined(separator: "; "))."
    }

    private func cases(_ scenario: String) -> [CaseRecord] {
        self.record.cases.filter { $0.scenario == scenario }
    }

    /// "a stream of Redis", "a group (quorum)".
    private func words(_ one: CaseRecord) -> String {
        let name = Markdown.escaped(self.names.short(one.target))
        let topology = one.parameter("topology") == "channel" ? "a group" : "a primary and replicas"
        let detail = (one.parameter("election") ?? one.parameter("class")).map { " (\($0))" } ?? ""
        return "\(topology)\(detail) of \(name)"
    }
}
