package import Measurement
package import Workload

/// The load that a case asks for.
package struct LoadCase: Hashable, Sendable {
    /// Bytes per value.
    package var sizes: ValueSizes
    package var keys = KeyDistribution.uniform(keys: Self.defaultKeys)
    package var mix = MutationMix.sets
    /// Share of a value that compresses away.
    package var compressibility = 0.0
    package var connections = 50
    /// Commands of one connection that are on their way at a time, in a closed loop.
    package var pipeline = 64
    /// Commands per second of an open loop; nil: a closed loop, whose clients wait for their answers.
    package var rate: Int?
    package var arrival = Arrival.fixed

    package static let defaultKeys: UInt64 = 10_000

    package init(valueSize: Int) { self.sizes = .fixed(valueSize) }

    package init(_ sizes: ValueSizes) { self.sizes = sizes }

    /// Bytes per value, on average where they differ.
    package var valueSize: Int {
        get { Int(self.sizes.mean.rounded()) }
        set { self.sizes = .fixed(newValue) }
    }

    package var shape: LoadShape {
        var shape = LoadShape()
        shape.connections = self.connections
        shape.pipeline = self.pipeline
        shape.sizes = self.sizes
        shape.keys = self.keys
        shape.compressibility = self.compressibility
        shape.mix = self.mix
        shape.rate = self.rate
        shape.arrival = self.arrival
        return shape
    }

    /// What is told only where it is not as everywhere.
    package var peculiarities: [Parameter] {
        var parameters: [Parameter] = []
        if self.sizes.fixedSize == nil { parameters.append(Parameter("value_sizes", self.sizes)) }
        if self.keys != .uniform(keys: Self.defaultKeys) { parameters.append(Parameter("key_choice", self.keys)) }
        if !self.mix.isPlain { parameters.append(Parameter("mix", self.mix)) }
        if self.compressibility > 0 { parameters.append(Parameter("compressibility", self.compressibility)) }
        if self.arrival != .fixed { parameters.append(Parameter("arrival", self.arrival.rawValue)) }
        return parameters
    }
}
