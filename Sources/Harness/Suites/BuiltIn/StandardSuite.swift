extension BuiltInSuites {
    static let standard = """
        name: standard
        about: The whole grid, most of it five times. Many minutes per target.
        scenarios:
        \(Self.standardScenarios)
        """

    static let standardScenarios = """
          - scenario: fan-out
            behaviour: idle
            replicas: [0, 1, 2, 4, 8, 16, 32, 64]
            trials: 5
          # What a replica costs that has been idle for a while: some servers shrink its buffers.
          - scenario: fan-out
            behaviour: idle
            settle: 8
            replicas: [0, 64, 256]
            trials: 3
          # The engine alone goes on, to show its scale.
          - scenario: fan-out
            behaviour: idle
            replicas: [256, 1000]
            products: [sluice]
          - scenario: fan-out
            replicas: [0, 1, 2, 4, 8, 16]
            value-size: [64, 1024]
            pipeline: [1, 64]
            warm-up: 0.5
            seconds: 2
            trials: 5
          - scenario: fan-out
            behaviour: [slow, flapping, late, silent]
            replicas: 8
            warm-up: 0.5
            seconds: 2
            trials: 3
          # What clients see at a set rate.
          - scenario: fan-out
            replicas: [0, 8]
            value-size: 100
            write-rate: 20000
            arrival: poisson
            warm-up: 0.5
            seconds: 2
            trials: 3
          - scenario: fan-out
            behaviour: stalled
            fan-out: [shared, copy]
            replicas: [0, 1, 8, 32]
            trials: 3
          - scenario: handshake
            kind: [tip, minimal, behind, malformed]
            concurrency: [1, 8]
            seconds: 2
            trials: 5
          - scenario: handshake
            kind: storm
            concurrency: [200, 1000]
            seconds: 2
            trials: 3
        \(Self.resumeScenarios)
        \(Self.copiesWithChunks)
        \(Self.lagScenarios(trials: 5))
          - scenario: ceiling
            sockets: [4, 16]
            value-size: [64, 1024]
        """

    static let resume = """
        name: resume
        about: Returning replicas alone, over the whole grid.
        scenarios:
        \(Self.resumeScenarios)
        """

    private static let resumeScenarios = """
          - scenario: resume
            log-records: [10000, 100000, 1000000, 10000000]
            distance: [1000, 9000, 100000]
            cache: [warm, cold]
            trials: 5
          - scenario: resume
            log-records: [10000, 1000000]
            distance: 9000
            index-interval: [16, 1024]
            trials: 5
          - scenario: resume
            log-records: 1000000
            distance: [1000, 9000, 100000]
            backlog-size: 64mb
            trials: 5
          - scenario: resume
            log-records: 1000000
            distance: 9000
            replicas: [100, 500]
            trials: 3
          # On either side of what a backlog of 1 MiB holds of these writes.
          - scenario: resume
            log-records: 100000
            distance: [6900, 8000]
            trials: 5
        """

    static let lag = """
        name: lag
        about: Lag of replicas under load alone.
        scenarios:
        \(Self.lagScenarios(trials: 2))
        """

    private static func lagScenarios(trials: Int) -> String {
        """
          - scenario: lag
            receiver: live
            write-rate: 50000
            replicas: [1, 2]
            trials: \(trials)
          - scenario: lag
            receiver: live
            ceiling-share: 50
            trials: \(trials)
          - scenario: lag
            receiver: discarding
            write-rate: 50000
            replicas: [1, 8]
            trials: \(trials)
        """
    }
}
