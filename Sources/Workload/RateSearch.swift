// Looks for the highest rate that keeps a limit: doubles until one fails (or halves until one holds), then goes on between the
// two, at their geometric mean. One trial on a busy machine proves little, so every rate is decided by two trials out of three
// that agree. What is measured, and how, is not known here.

/// A search as a value: `rate` says what to measure next, `enter` takes what came of it.
package struct RateSearch: Sendable {
    /// What a trial at a rate showed.
    package enum Outcome: Sendable {
        case holds
        case exceeds
        /// The generator itself was too late to tell.
        case generatorLimited
    }

    /// What came of the search: the answer lies from `holding`, up to but not including `failing`.
    package struct Answer: Equatable, Sendable {
        /// The highest rate that held; nil when not even the lowest did.
        package var holding: Int?
        /// The lowest rate above it that did not; nil when the highest that is tried held.
        package var failing: Int?
        /// It was the generator that failed there, and the server may do better.
        package var isGeneratorLimited: Bool
    }

    package static let lowest = 10
    package static let highest = 20_000_000
    /// The search ends when the bounds differ by less than so much.
    package static let resolution = 1.05
    /// Trials that must agree, and so many at most for one rate.
    private static let majority = 2
    /// A search that does not end by then is given up; it takes some twenty trials.
    package static let trialLimit = 80

    /// What to measure next; nil when the search is over.
    package private(set) var rate: Int?
    package private(set) var trials = 0
    private var holds = 0
    private var fails = 0
    private var generatorFails = 0
    private var holding: Int?
    private var failing: Int?
    private var isGeneratorLimited = false

    /// - Parameter first: the first rate, which need not be near.
    package init(from first: Int) {
        self.rate = min(max(first, Self.lowest), Self.highest)
    }

    package var answer: Answer {
        Answer(holding: self.holding, failing: self.failing, isGeneratorLimited: self.isGeneratorLimited)
    }

    package mutating func enter(_ outcome: Outcome) {
        guard let rate = self.rate else { preconditionFailure("a search that is over took another trial") }
        self.trials += 1
        switch outcome {
        case .holds: self.holds += 1
        case .exceeds: self.fails += 1
        case .generatorLimited:
            self.fails += 1
            self.generatorFails += 1
        }
        if self.holds >= Self.majority { return self.decided(rate, holds: true) }
        if self.fails >= Self.majority { return self.decided(rate, holds: false) }
        if self.trials >= Self.trialLimit { self.rate = nil }
    }

    private mutating func decided(_ rate: Int, holds: Bool) {
        if holds {
            self.holding = max(rate, self.holding ?? 0)
        } else {
            self.failing = min(rate, self.failing ?? .max)
            self.isGeneratorLimited = self.generatorFails * 2 > self.fails
        }
        (self.holds, self.fails, self.generatorFails) = (0, 0, 0)
        self.rate = self.trials < Self.trialLimit ? self.following : nil
    }

    private var following: Int? {
        switch (self.holding, self.failing) {
        case (let holding?, nil): return holding < Self.highest ? min(holding * 2, Self.highest) : nil
        case (nil, let failing?): return failing > Self.lowest ? max(failing / 2, Self.lowest) : nil
        case (let holding?, let failing?):
            guard Double(failing) / Double(holding) > Self.resolution else { return nil }
            let middle = Int((Double(holding) * Double(failing)).squareRoot().rounded())
            return middle > holding && middle < failing ? middle : nil
        case (nil, nil): return self.rate
        }
    }
}
