extension Suite {
    /// A few short cases that between them go through every room of the engine, for comparisons on each change: writes alone,
    /// writes that are delivered, replicas that return, replicas that arrive. The fewer timings share the accepted error, the
    /// more each of them can see.
    package static var gate: Suite {
        var suite = Suite(name: "gate")
        suite.timing.warmUp = 0.05
        suite.timing.measure = 0.2
        suite.handshakeSeconds = 0.15
        suite.fast = [0, 4].map { (FanOutCase(.fast, replicas: $0, valueSize: 100), 1) }
        suite.handshakes = [(HandshakeCase(.tip, concurrency: 8), 1)]
        suite.resumes = [ResumeGroup(lengths: [20_000], distances: [1000], trials: 1)]
        return suite
    }
}
