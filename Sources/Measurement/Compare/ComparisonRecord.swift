// What a comparison of two builds, servers or runs came to. It is kept in the record of the run that made it, so that tables
// and charts are drawn from it without judging again.

/// What is said of one figure.
package enum FigureVerdict: String, Codable, CaseIterable, Sendable {
    /// Worse: a timing for certain and by more than its margin, a count by more than its bound.
    case regression
    /// Better, in the same way.
    case improvement
    /// Not worse by more than the margin or the bound.
    case ok
    /// The pairs scatter too much for a change as small as the margin.
    case noisy
    /// A timing of two runs that were not made side by side: shown, not judged.
    case indicative
    /// One side does not have it.
    case unavailable

    package init(_ verdict: PairedVerdict) {
        switch verdict {
        case .regression: self = .regression
        case .improvement: self = .improvement
        case .ok: self = .ok
        case .noisy: self = .noisy
        }
    }
}

/// One figure of one case, A against B.
package struct ComparedFigure: Codable, Equatable, Sendable {
    /// The case without its target: `fan-out/replicas=4,value_size=1024,…`.
    package var caseID: String
    package var metric: String
    package var stat: String
    package var unit: String
    package var better: Better
    /// Whether the figure is a count, which blocks without statistics.
    package var isCount: Bool
    /// Whether a change for the worse makes things slower, rather than larger.
    package var isSpeed: Bool
    /// Medians over the trials of each side.
    package var a: Double?
    package var b: Double?
    /// The change for the worse as a share of A: 0.05 is five per cent worse, a negative one is better.
    package var change: Double?
    /// Where the change lies, unless the accepted chance of error came true.
    package var low: Double?
    package var high: Double?
    /// Pairs of trials behind it; 0 where nothing was paired.
    package var pairs: Int
    /// The share of change that is told from none.
    package var tolerance: Double
    /// The smallest change for the worse that would have been seen, as a share.
    package var smallestVisible: Double?
    package var verdict: FigureVerdict
    /// Why the figure is unavailable.
    package var reason: String?

    package init(caseID: String, gate: GatedMetric, unit: String, better: Better, verdict: FigureVerdict) {
        self.caseID = caseID
        self.metric = gate.metric
        self.stat = gate.stat
        self.unit = unit
        self.better = better
        self.isCount = gate.isCount
        self.isSpeed = gate.sense == .speed
        self.pairs = 0
        self.tolerance = gate.tolerance
        self.verdict = verdict
    }
}

/// One side of a comparison.
package struct ComparedSide: Codable, Equatable, Sendable {
    /// What tables call it: `a`, `b`, the name of a run.
    package var label: String
    /// `Sluice 0.1.0`, with the executable or the run's directory, where that is known.
    package var detail: String

    package init(label: String, detail: String) {
        self.label = label
        self.detail = detail
    }
}

package struct ComparisonRecord: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        /// Both sides up at once, their trials interleaved.
        case paired
        /// Two runs, each made in an hour of its own.
        case separate
    }

    /// One round of a build against itself.
    package struct SelfTest: Codable, Equatable, Sendable {
        package var figures: [ComparedFigure]

        package init(figures: [ComparedFigure]) { self.figures = figures }

        /// A difference that was found where none is.
        package var isFalseAlarm: Bool {
            self.figures.contains { $0.verdict == .regression || $0.verdict == .improvement }
        }
    }

    package var kind: Kind
    package var a: ComparedSide
    package var b: ComparedSide
    /// The chance that is accepted, on one side and over all looks together, of calling a change of exactly the margin a
    /// regression.
    package var level: Double
    package var figures: [ComparedFigure]
    /// Of `--aa`: one entry a repetition, whose figures `figures` holds for the last one; empty otherwise.
    package var selfTests: [SelfTest]
    /// Facts that differ between the sides' environments.
    package var differences: [String]
    /// Cases that one side lacks.
    package var onlyInA: [String]
    package var onlyInB: [String]

    package init(kind: Kind, a: ComparedSide, b: ComparedSide, level: Double = Looks.standard.level) {
        self.kind = kind
        self.a = a
        self.b = b
        self.level = level
        self.figures = []
        self.selfTests = []
        self.differences = []
        self.onlyInA = []
        self.onlyInB = []
    }

    package func count(_ verdict: FigureVerdict) -> Int { self.figures.count { $0.verdict == verdict } }

    /// Rounds of `--aa` that found a difference where there is none.
    package var falseAlarms: Int { self.selfTests.count(where: \.isFalseAlarm) }

    /// Figures that were judged by pairs or as counts.
    package var judged: [ComparedFigure] {
        self.figures.filter { $0.verdict != .indicative && $0.verdict != .unavailable }
    }
}

extension ComparisonRecord {
    /// What the comparison means for an exit status. A build against itself has no regressions: what looks like one is the
    /// machine's doing.
    /// - Parameter isStrict: whether improvements and mere noise are told by a status of their own.
    package func status(isStrict: Bool) -> CommandStatus {
        guard self.selfTests.isEmpty else { return .good }
        if self.count(.regression) > 0 { return .regression }
        guard isStrict else { return .good }
        if self.count(.improvement) > 0 { return .improvement }
        let timings = self.judged.filter { !$0.isCount }
        return !timings.isEmpty && timings.allSatisfy { $0.verdict == .noisy } ? .onlyNoise : .good
    }
}
