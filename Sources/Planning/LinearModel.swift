// A quantity as a sum of terms that are known numbers of a configuration, each times a measured coefficient. Every quantity
// that a plan needs has this form; what differs is the terms.

/// What a coefficient is multiplied with.
package enum Term: String, Sendable, Codable {
    case one = "1"
    case valueSize = "value size"
    case replicas = "replicas"
    case replicasTimesValueSize = "replicas × value size"
    case keys = "keys"
    case keysTimesValueSize = "keys × value size"
    case backlog = "backlog"

    func value(_ configuration: Configuration) -> Double {
        switch self {
        case .one: 1
        case .valueSize: configuration.valueSize
        case .replicas: configuration.replicas
        case .replicasTimesValueSize: configuration.replicas * configuration.valueSize
        case .keys: configuration.keys
        case .keysTimesValueSize: configuration.keys * configuration.valueSize
        case .backlog: configuration.backlog
        }
    }
}

/// A fitted sum.
package struct LinearModel: Sendable {
    package let terms: [Term]
    package let coefficients: [Double]
    /// Where it was measured.
    package let ranges: Ranges
    package let checks: [Check]

    /// Fits the corners of what was observed, relative errors counting alike, and checks the sum on the rest.
    ///
    /// A cost is never negative: a term whose coefficient comes out below zero is noise and is left out.
    ///
    /// - Parameters:
    ///   - terms: those that the observations cannot tell apart (one value size, one number of replicas) are left out from
    ///     the end.
    ///   - corners: the coordinates whose ends are fitted.
    ///   - ranges: further coordinates that a prediction should not leave.
    /// - Returns: `nil` when not even the first term can be fitted.
    package init?(
        _ observations: [Observation],
        terms: [Term],
        corners: [Configuration.Coordinate],
        ranges: [Configuration.Coordinate] = []
    ) {
        let split = Split(observations, along: corners)
        var used = terms
        while !used.isEmpty {
            guard let fit = Self.fit(split.fitted, used) else {
                used.removeLast()
                continue
            }
            if let lowest = fit.indices.min(by: { fit[$0] < fit[$1] }), fit[lowest] < 0 {
                used.remove(at: lowest)
                continue
            }
            self.terms = used
            self.coefficients = fit
            self.ranges = Ranges(observations.map(\.configuration), corners + ranges)
            self.checks = split.heldOut.map { Check($0, predicted: Self.sum($0.configuration, used, fit)) }
            return
        }
        return nil
    }

    private static func fit(_ observations: [Observation], _ terms: [Term]) -> [Double]? {
        let rows = observations.filter { $0.value > 0 }.map { one in
            let values = terms.map { $0.value(one.configuration) }
            return LeastSquares.Row(values, one.value, weight: 1 / (one.value * one.value))
        }
        return LeastSquares(rows)?.coefficients
    }

    private static func sum(_ configuration: Configuration, _ terms: [Term], _ coefficients: [Double]) -> Double {
        zip(terms, coefficients).reduce(0) { $0 + $1.0.value(configuration) * $1.1 }
    }

    package func value(_ configuration: Configuration) -> Double {
        Self.sum(configuration, self.terms, self.coefficients)
    }

    package func coefficient(_ term: Term) -> Double {
        zip(self.terms, self.coefficients).first { $0.0 == term }?.1 ?? 0
    }
}

/// A model held against a configuration that it has not seen.
package struct Check: Sendable, Equatable {
    package var observation: Observation
    package var predicted: Double

    package init(_ observation: Observation, predicted: Double) {
        self.observation = observation
        self.predicted = predicted
    }

    /// The signed error as a share of what was measured: 0.05 is predicted 5 per cent too high.
    package var error: Double { self.predicted / self.observation.value - 1 }
}

/// How far a model is off on what was held out.
package struct ErrorSummary: Sendable, Equatable, Codable {
    package var count: Int
    /// The mean of the errors' sizes, as a share.
    package var mean: Double
    /// The largest one, with its sign.
    package var worst: Double

    /// `nil` without any check.
    package init?(_ errors: [Double]) {
        guard let worst = errors.max(by: { abs($0) < abs($1) }) else { return nil }
        self.count = errors.count
        self.mean = errors.reduce(0) { $0 + abs($1) } / Double(errors.count)
        self.worst = worst
    }

    /// What a prediction must keep to be called validated.
    package static let largestMean = 0.10
    package static let largestWorst = 0.20

    package var isValidated: Bool { self.mean <= Self.largestMean && abs(self.worst) <= Self.largestWorst }
}
