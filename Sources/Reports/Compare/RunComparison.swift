// Two finished runs side by side. Each was made in an hour of its own, and on a shared machine the hours differ by more than
// builds do: their timings are only indicative. Their counts are as good as in one run.

package import Measurement

package enum RunComparison {
    /// A change of a timing that is smaller than this is not worth a row, unless the user says otherwise.
    package static let defaultMinimumEffect = 0.05

    /// - Parameter minimumEffect: timings whose change stays below are counted as ok; counts keep their own bounds.
    package static func judge(
        baseline: RunRecord,
        current: RunRecord,
        minimumEffect: Double = defaultMinimumEffect
    ) -> ComparisonRecord {
        let (old, new) = (RunCases(baseline), RunCases(current))
        // Two runs of one server each are compared whatever the servers are called.
        let byTarget = old.servers.count != 1 || new.servers.count != 1
        let (before, after) = (old.named(byTarget: byTarget), new.named(byTarget: byTarget))
        let known = Dictionary(before) { first, _ in first }
        let found = Set(after.map(\.0))
        var comparison = ComparisonRecord(
            kind: .separate,
            a: ComparedSide(label: baseline.name, detail: Self.detail(baseline)),
            b: ComparedSide(label: current.name, detail: Self.detail(current))
        )
        for (name, measured) in after {
            guard let other = known[name] else { continue }
            comparison.figures += GatedMetric.all.compactMap { gate in
                Self.compare(name, other, measured, gate, minimumEffect)
            }
        }
        comparison.onlyInA = before.map(\.0).filter { !found.contains($0) }
        comparison.onlyInB = after.map(\.0).filter { known[$0] == nil }
        comparison.differences = Self.differences(baseline, current)
        return comparison
    }

    /// What a run that was made side by side says, with other margins than those that it was judged by.
    /// - Parameter minimumEffect: the least margin; nil leaves the judgement as it was made.
    /// - Returns: nil for a run whose trials were not paired.
    package static func judge(paired run: RunRecord, minimumEffect: Double?) -> ComparisonRecord? {
        guard var comparison = run.comparison, comparison.kind == .paired else { return nil }
        guard let minimumEffect else { return comparison }
        for place in comparison.figures.indices where !comparison.figures[place].isCount {
            comparison.figures[place].tolerate(minimumEffect)
        }
        return comparison
    }

    /// nil where neither run concerns itself with the figure.
    private static func compare(
        _ name: String,
        _ old: CaseRecord,
        _ new: CaseRecord,
        _ gate: GatedMetric,
        _ minimumEffect: Double
    ) -> ComparedFigure? {
        let called = ("the baseline", "the current run")
        guard var figure = ComparedFigure.comparing(old, new, named: name, by: gate, called: called) else { return nil }
        guard !gate.isCount else { return figure }
        figure.tolerance = minimumEffect
        if figure.verdict == .indicative, let change = figure.change, abs(change) < minimumEffect {
            figure.verdict = .ok
        }
        return figure
    }

    private static func detail(_ run: RunRecord) -> String {
        let products = run.targets.map(\.product).joined(separator: ", ")
        return products.isEmpty ? run.startedAt : "\(products), \(run.startedAt)"
    }

    private static func differences(_ baseline: RunRecord, _ current: RunRecord) -> [String] {
        func facts(_ record: RunRecord) -> [String: String] {
            let pairs = record.environment.flatMap { section in
                section.facts.map { ("\(section.title): \($0.name)", $0.value) }
            }
            return Dictionary(pairs) { first, _ in first }
        }
        let (old, new) = (facts(baseline), facts(current))
        return Set(old.keys).union(new.keys).sorted().compactMap { name in
            guard old[name] != new[name] else { return nil }
            return "\(name): \(old[name] ?? "–") → \(new[name] ?? "–")"
        }
    }
}

/// The cases of a run under the names by which two runs are matched.
private struct RunCases {
    let servers: [String]
    private let cases: [CaseRecord]

    init(_ run: RunRecord) {
        let names = TargetNames(run)
        self.servers = names.servers
        self.cases = CaseOrder(names).sorted(run.cases).filter { $0.target != TargetNames.machine }
    }

    func named(byTarget: Bool) -> [(String, CaseRecord)] {
        self.cases.map { (byTarget ? $0.id : $0.nameWithoutTarget, $0) }
    }
}

extension ComparedFigure {
    /// Judges a paired figure again with at least this margin, from its interval.
    fileprivate mutating func tolerate(_ share: Double) {
        guard share > self.tolerance, let low, let high else { return }
        self.smallestVisible = self.smallestVisible.map { (1 + $0) / (1 + self.tolerance) * (1 + share) - 1 }
        self.tolerance = share
        if low > share {
            self.verdict = .regression
        } else if high < 1 / (1 + share) - 1 {
            self.verdict = .improvement
        } else {
            self.verdict = high < share ? .ok : .noisy
        }
    }
}

extension CaseRecord {
    /// `fan-out/replicas=4,value_size=1024,…`.
    var nameWithoutTarget: String {
        let settings = self.parameters.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        return "\(self.scenario)/\(settings)"
    }
}
