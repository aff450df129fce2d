// How a figure gets its verdict: from pairs, as a count, or not at all.

extension ComparedFigure {
    /// From pairs of trials.
    /// - Parameters:
    ///   - pairs: A's value with B's.
    ///   - judgement: nil when there are no pairs.
    package init(
        caseID: String,
        gate: GatedMetric,
        unit: String,
        pairs: [(a: Double, b: Double)],
        isLowerBetter: Bool,
        judgement: PairedJudgement?
    ) {
        let better = isLowerBetter ? Better.lower : .higher
        self.init(caseID: caseID, gate: gate, unit: unit, better: better, verdict: .unavailable)
        self.a = Summary.quantile(0.5, of: pairs.map(\.a))
        self.b = Summary.quantile(0.5, of: pairs.map(\.b))
        guard let judgement else {
            self.reason = "no pair of trials has it on both sides"
            return
        }
        self.pairs = judgement.shift.pairs
        self.change = judgement.change
        self.low = judgement.changeInterval?.lowerBound
        self.high = judgement.changeInterval?.upperBound
        self.smallestVisible = judgement.smallestVisibleChange
        self.verdict = FigureVerdict(judgement.verdict)
    }

    /// From the medians of two sides that were not paired: a count is judged, a timing is shown.
    package init(caseID: String, gate: GatedMetric, unit: String, better: Better, a: Double, b: Double) {
        self.init(caseID: caseID, gate: gate, unit: unit, better: better, verdict: .indicative)
        self.a = a
        self.b = b
        let isLowerBetter = better != .higher
        self.change = a == b ? 0 : Self.change(a, b, isLowerBetter)
        guard gate.isCount else { return }
        // A count may be zero, and then any other value is a change that has no share.
        let isWithin = self.change.map { abs($0) <= gate.tolerance } ?? false
        let isWorse = (b > a) == isLowerBetter
        self.verdict = isWithin ? .ok : isWorse ? .regression : .improvement
    }

    /// Of a figure that one side or both lack.
    package init(
        caseID: String,
        gate: GatedMetric,
        unit: String,
        better: Better,
        a: Double?,
        b: Double?,
        lacking: String
    ) {
        self.init(caseID: caseID, gate: gate, unit: unit, better: better, verdict: .unavailable)
        self.a = a
        self.b = b
        self.reason = lacking
    }

    private static func change(_ was: Double, _ became: Double, _ isLowerBetter: Bool) -> Double? {
        guard was > 0, became > 0 else { return nil }
        return isLowerBetter ? became / was - 1 : was / became - 1
    }
}
