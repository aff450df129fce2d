// Which trial of a paired comparison comes next. Trials of A and B stand side by side in blocks A B B A and B A A B, so that
// a machine which drifts hits both alike; the cases take their blocks in an order that is drawn anew each time; and after a
// block of every case both sides start afresh, because where a process happens to lie in memory stays with it and would be
// taken for the build's doing.
//
// The looks are common to all cases: when each has so many pairs, everything that was measured is judged as one family. A
// verdict that has been reached stays; cases that have nothing left to be judged drop out; the rest goes on to the next look.

/// A paired comparison as a value: it asks for trials, takes their figures, and says when it is done.
package struct PairedSchedule: Sendable {
    package enum Side: Sendable, Equatable {
        case a, b

        var other: Side { self == .a ? .b : .a }
    }

    /// One trial to make.
    package struct Assignment: Sendable, Equatable {
        /// An index into the cases.
        package var place: Int
        package var side: Side
        /// 0, 1, 2 … within the case.
        package var pair: Int
    }

    package enum Step: Sendable, Equatable {
        case trial(Assignment)
        /// Both sides are to be started afresh before the next trial.
        case renew
        case done
    }

    /// What a trial says of a metric that is to be judged.
    package struct Figure: Sendable, Equatable {
        package var value: Double
        package var isLowerBetter: Bool

        package init(_ value: Double, isLowerBetter: Bool) {
            self.value = value
            self.isLowerBetter = isLowerBetter
        }
    }

    /// A metric of a case, with its pairs and what became of it.
    package struct Track: Sendable {
        package let gate: GatedMetric
        package fileprivate(set) var pairs: [(a: Double, b: Double)] = []
        package fileprivate(set) var isLowerBetter = true
        /// The last judgement: the one that decided, or that of the last look.
        package fileprivate(set) var judgement: PairedJudgement?

        package var isDecided: Bool { self.judgement.map { $0.verdict != .noisy } ?? false }

        fileprivate var sample: PairedSample {
            let differences = PairedShift.logRatios(self.pairs, isLowerBetter: self.isLowerBetter)
            return PairedSample(differences, margin: self.gate.tolerance)
        }
    }

    private struct Case {
        var tracks: [Track]
        var pairs = 0
        var isActive = true
    }

    private let looks: Looks
    private var cases: [Case]
    private var look = 0
    /// Trials of the blocks that have begun, the next one last.
    private var queue: [Assignment] = []
    private var isRenewalDue = false
    private var asked: Assignment?
    /// What the first trial of the present pair gave.
    private var half: [GatedMetric: Figure] = [:]

    /// Blocks hold two pairs, so every look is at an even count.
    package static let pairsPerBlock = 2

    /// - Parameter gates: for each case the timings that are judged.
    package init(gates: [[GatedMetric]], looks: Looks = .standard) {
        precondition(!gates.isEmpty && gates.allSatisfy { !$0.isEmpty }, "a comparison needs something to judge")
        precondition(looks.pairs.allSatisfy { $0.isMultiple(of: Self.pairsPerBlock) }, "looks are after whole blocks")
        self.looks = looks
        self.cases = gates.map { Case(tracks: $0.map { Track(gate: $0) }) }
    }

    /// The metrics of each case.
    package var tracks: [[Track]] { self.cases.map(\.tracks) }

    /// Whether a look has found a regression.
    package var hasRegression: Bool {
        self.cases.contains { $0.tracks.contains { $0.judgement?.verdict == .regression } }
    }

    /// Trials that are left if nothing more is decided.
    package var mostTrialsLeft: Int {
        let last = self.looks.pairs[self.looks.pairs.count - 1]
        return self.cases.filter(\.isActive).reduce(0) { $0 + 2 * (last - $1.pairs) }
    }

    /// What to do next. After a trial its figures are due.
    package mutating func next(using generator: inout some RandomNumberGenerator) -> Step {
        precondition(self.asked == nil, "the figures of the trial before are due")
        if self.queue.isEmpty {
            guard self.cases.contains(where: \.isActive) else { return .done }
            if self.isRenewalDue {
                self.isRenewalDue = false
                return .renew
            }
            self.beginBlocks(using: &generator)
        }
        let assignment = self.queue.removeLast()
        self.asked = assignment
        return .trial(assignment)
    }

    private mutating func beginBlocks(using generator: inout some RandomNumberGenerator) {
        let order = self.cases.indices.filter { self.cases[$0].isActive }.shuffled(using: &generator)
        for place in order {
            let pair = self.cases[place].pairs
            let first = (pair / Self.pairsPerBlock).isMultiple(of: 2) ? Side.a : .b
            let sides = [(first, pair), (first.other, pair), (first.other, pair + 1), (first, pair + 1)]
            self.queue += sides.map { Assignment(place: place, side: $0.0, pair: $0.1) }
        }
        self.queue.reverse()
        self.isRenewalDue = true
    }

    /// Enters what the trial that was asked for gave. A metric that it lacks has no pair there.
    package mutating func enter(_ figures: [GatedMetric: Figure]) {
        guard let assignment = self.asked else { preconditionFailure("no trial was asked for") }
        self.asked = nil
        let isSecond = self.queue.last.map { $0.place != assignment.place || $0.pair != assignment.pair } ?? true
        guard isSecond else {
            self.half = figures
            return
        }
        self.pair(assignment, figures)
        self.half = [:]
        self.cases[assignment.place].pairs += 1
        if self.queue.isEmpty { self.lookAtAll() }
    }

    private mutating func pair(_ assignment: Assignment, _ figures: [GatedMetric: Figure]) {
        for index in self.cases[assignment.place].tracks.indices {
            let gate = self.cases[assignment.place].tracks[index].gate
            guard let first = self.half[gate], let second = figures[gate] else { continue }
            let (a, b) = assignment.side == .b ? (first, second) : (second, first)
            self.cases[assignment.place].tracks[index].isLowerBetter = a.isLowerBetter
            self.cases[assignment.place].tracks[index].pairs.append((a.value, b.value))
        }
    }

    private mutating func lookAtAll() {
        let pairs = self.cases.filter(\.isActive).map(\.pairs).max() ?? 0
        guard self.look < self.looks.pairs.count, pairs >= self.looks.pairs[self.look] else { return }
        self.look += 1
        // What was decided earlier keeps its verdict, and counts in the family all the same.
        let samples = self.cases.flatMap { $0.tracks.map(\.sample) }
        var judgements = PairedFamily.judge(samples, level: self.looks.levelPerLook)[...]
        for place in self.cases.indices {
            for index in self.cases[place].tracks.indices {
                let judgement = judgements.removeFirst()
                guard !self.cases[place].tracks[index].isDecided else { continue }
                self.cases[place].tracks[index].judgement = judgement
            }
            let isOver =
                self.look == self.looks.pairs.count
                || self.cases[place].tracks.allSatisfy { $0.isDecided || $0.pairs.isEmpty }
            if isOver { self.cases[place].isActive = false }
        }
    }
}
