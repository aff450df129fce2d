// The order in which cases are shown. A harness shuffles its trials, so the order of the record is chance; the order of a
// report is not.

internal import Measurement

struct CaseOrder {
    private enum Rule {
        /// Words in the order of their list, others after it.
        case words([String])
        case rising
        /// The larger setting first, because it carries the headline: full pipelines before single commands.
        case falling
    }

    private static let scenarios = ["fan-out", "handshake", "resume", "snapshot", "lag", "ceiling"]
    private static let rules: [(parameter: String, rule: Rule)] = [
        ("behaviour", .words(["idle", "fast", "slow", "flapping", "late", "silent", "stalled"])),
        ("settle", .rising),
        ("kind", .words(["tip", "minimal", "behind", "too-old", "fresh", "malformed", "storm"])),
        ("receiver", .words(["discarding", "live"])), ("keys", .falling), ("transfer", .words(["streamed", "file"])),
        ("write_rate", .rising), ("ceiling_share", .rising),
        ("value_size", .falling), ("pipeline", .falling), ("connections", .falling),
        ("fan_out", .words(["shared", "copy"])),
        ("source", .words(["memory", "disk"])), ("cache", .words(["warm", "cold"])),
        ("backlog_size", .rising), ("index_interval", .rising), ("distance", .rising), ("log_records", .rising),
        ("replicas", .rising), ("concurrency", .rising), ("sockets", .rising),
    ]

    private let names: TargetNames

    init(_ names: TargetNames) {
        self.names = names
    }

    /// Sorted by scenario, then by settings, then by target; what no rule orders stays as it was.
    func sorted(_ cases: [CaseRecord]) -> [CaseRecord] {
        let ranked = cases.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            if one.scenario != other.scenario {
                let (l, r) = (
                    Self.rank(one.scenario, in: Self.scenarios), Self.rank(other.scenario, in: Self.scenarios)
                )
                return l == r ? one.scenario < other.scenario : l < r
            }
            for entry in Self.rules {
                let (l, r) = (one.parameter(entry.parameter) ?? "", other.parameter(entry.parameter) ?? "")
                if let answer = Self.isBefore(l, r, by: entry.rule) { return answer }
            }
            let (l, r) = (self.names.rank(one.target), self.names.rank(other.target))
            return l == r ? left.offset < right.offset : l < r
        }
        return ranked.map(\.element)
    }

    /// Whether one value of a known parameter stands before another; `nil` when they are equal in rank.
    static func isBefore(_ left: String, _ right: String, of parameter: String) -> Bool? {
        guard let entry = self.rules.first(where: { $0.parameter == parameter }) else {
            return self.isBefore(left, right, by: .rising)
        }
        // In a column of numbers people expect them to rise.
        if case .falling = entry.rule { return self.isBefore(left, right, by: .rising) }
        return self.isBefore(left, right, by: entry.rule)
    }

    private static func isBefore(_ left: String, _ right: String, by rule: Rule) -> Bool? {
        guard left != right else { return nil }
        switch rule {
        case .words(let list):
            let (l, r) = (self.rank(left, in: list), self.rank(right, in: list))
            return l == r ? left < right : l < r
        case .rising, .falling:
            guard let l = Int(left), let r = Int(right) else { return left < right }
            guard l != r else { return nil }
            if case .falling = rule { return l > r }
            return l < r
        }
    }

    private static func rank(_ word: String, in list: [String]) -> Int {
        list.firstIndex(of: word) ?? list.count
    }
}
