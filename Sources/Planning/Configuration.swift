// What a server, its data and its replicas were like when something was measured, or will be.

/// The numbers that a plan's formulas take. What a measurement does not depend on is zero.
package struct Configuration: Hashable, Sendable, Codable {
    package var replicas = 0.0
    /// Bytes of one value.
    package var valueSize = 0.0
    /// Replicas that stopped reading, beside the others.
    package var stalled = 0.0
    package var keys = 0.0
    /// Bytes of recent mutations that the server is told to keep in memory.
    package var backlog = 0.0
    /// Bytes of stream that were written since the stalled replicas stopped.
    package var pending = 0.0

    package init() {}

    package enum Coordinate: String, Sendable, CaseIterable, Codable {
        case replicas
        case valueSize = "value size"
        case stalled = "stalled replicas"
        case keys
        case backlog
        case pending = "pending bytes"
    }

    package subscript(_ coordinate: Coordinate) -> Double {
        switch coordinate {
        case .replicas: self.replicas
        case .valueSize: self.valueSize
        case .stalled: self.stalled
        case .keys: self.keys
        case .backlog: self.backlog
        case .pending: self.pending
        }
    }
}

/// What was measured in one configuration, over its trials.
package struct Observation: Sendable, Equatable {
    package var configuration: Configuration
    /// The median; of processor time the smallest.
    package var value: Double
    package var lowest: Double
    package var highest: Double

    package init(_ configuration: Configuration, value: Double, lowest: Double, highest: Double) {
        self.configuration = configuration
        self.value = value
        self.lowest = lowest
        self.highest = highest
    }

    package init(_ configuration: Configuration, _ value: Double) {
        self.init(configuration, value: value, lowest: value, highest: value)
    }
}

/// Which configurations a model is fitted to, and which it is checked on.
///
/// The corners are fitted: those at the smallest or the largest of each coordinate that varies. Whole configurations between
/// them are held out, never single trials, because trials of one configuration are alike and would flatter the model.
package struct Split: Sendable {
    package let fitted: [Observation]
    package let heldOut: [Observation]

    package init(_ observations: [Observation], along coordinates: [Configuration.Coordinate]) {
        let ranges = Ranges(observations.map(\.configuration), coordinates)
        func isCorner(_ one: Observation) -> Bool {
            coordinates.allSatisfy { coordinate in
                guard let range = ranges[coordinate] else { return true }
                let value = one.configuration[coordinate]
                return value == range.lowerBound || value == range.upperBound
            }
        }
        self.fitted = observations.filter(isCorner)
        self.heldOut = observations.filter { !isCorner($0) }
    }
}

/// Between which values of each coordinate something was measured.
package struct Ranges: Sendable, Equatable {
    private var bounds: [Configuration.Coordinate: ClosedRange<Double>] = [:]

    package init(_ configurations: [Configuration], _ coordinates: [Configuration.Coordinate]) {
        for coordinate in coordinates {
            let values = configurations.map { $0[coordinate] }
            guard let low = values.min(), let high = values.max() else { continue }
            self.bounds[coordinate] = low...high
        }
    }

    package subscript(_ coordinate: Configuration.Coordinate) -> ClosedRange<Double>? { self.bounds[coordinate] }

    /// The coordinates at which a configuration lies outside, in their order of declaration.
    package func outside(_ configuration: Configuration) -> [(Configuration.Coordinate, ClosedRange<Double>)] {
        Configuration.Coordinate.allCases.compactMap { coordinate in
            guard let range = self.bounds[coordinate], !range.contains(configuration[coordinate]) else { return nil }
            return (coordinate, range)
        }
    }
}
