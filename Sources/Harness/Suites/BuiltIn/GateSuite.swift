extension BuiltInSuites {
    /// The fewer timings share the accepted error, the more each of them can see.
    static let gate = """
        name: gate
        about: A few short cases for comparisons on each change. Writes alone, delivered writes, returns, arrivals.
        scenarios:
          - scenario: fan-out
            replicas: [0, 4]
            value-size: 100
            warm-up: 0.05
            seconds: 0.2
          - scenario: handshake
            kind: tip
            concurrency: 8
            seconds: 0.15
          - scenario: resume
            log-records: 20000
            distance: 1000
        """
}
