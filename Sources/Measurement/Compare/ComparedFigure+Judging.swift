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
        let isWithin = gate.allows(from: a, to: b, share: self.change)
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

    /// The medians of one figure over the valid trials of two cases.
    /// - Returns: nil where neither case concerns itself with the figure.
    package static func comparing(
        _ old: CaseRecord,
        _ new: CaseRecord,
        named name: String,
        by gate: GatedMetric,
        called: (old: String, new: String) = ("a", "b")
    ) -> ComparedFigure? {
        let (before, after) = (old.samples(of: gate), new.samples(of: gate))
        let reasons = [(called.old, old), (called.new, new)].compactMap { side, one in
            one.unsupported[gate.metric].map { "\(side): \($0)" }
        }
        guard let sample = after.first ?? before.first else {
            guard !reasons.isEmpty, gate.isCount else { return nil }
            let reason =
                old.unsupported[gate.metric] == new.unsupported[gate.metric] ? new.unsupported[gate.metric] : nil
            return ComparedFigure(
                caseID: name,
                gate: gate,
                unit: "",
                better: .neither,
                a: nil,
                b: nil,
                lacking: reason ?? reasons.joined(separator: "; ")
            )
        }
        let a = Summary.quantile(0.5, of: before.map(\.value))
        let b = Summary.quantile(0.5, of: after.map(\.value))
        guard let a, let b else {
            let side = a == nil ? called.old : called.new
            return ComparedFigure(
                caseID: name,
                gate: gate,
                unit: sample.unit,
                better: sample.better,
                a: a,
                b: b,
                lacking: reasons.first ?? "\(side) did not measure it"
            )
        }
        return ComparedFigure(caseID: name, gate: gate, unit: sample.unit, better: sample.better, a: a, b: b)
    }

    private static func change(_ was: Double, _ became: Double, _ isLowerBetter: Bool) -> Double? {
        guard was > 0, became > 0 else { return nil }
        return isLowerBetter ? became / was - 1 : was / became - 1
    }
}

extension CaseRecord {
    /// The samples of a figure in the valid trials.
    fileprivate func samples(of gate: GatedMetric) -> [Sample] {
        self.trials.filter(\.invalid.isEmpty).compactMap { trial in
            trial.samples.first { $0.metric == gate.metric && $0.stat == gate.stat }
        }
    }
}
