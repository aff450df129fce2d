extension BuiltInSuites {
    static let quick = """
        name: quick
        about: A minute per target. The cases of the headline figures three times, the rest once.
        scenarios:
          - scenario: fan-out
            behaviour: idle
            replicas: [0, 1, 2, 4, 8, 16, 32, 64]
            trials: 2
          # The engine alone goes on, to show its scale.
          - scenario: fan-out
            behaviour: idle
            replicas: [256, 1000]
            products: [sluice]
          - scenario: fan-out
            replicas: [0, 4, 16]
            trials: 3
          - scenario: fan-out
            replicas: [1, 2, 8]
          - scenario: fan-out
            replicas: [0, 1, 4, 16]
            value-size: 64
          - scenario: fan-out
            replicas: [0, 16]
            pipeline: 1
            trials: 3
          - scenario: fan-out
            behaviour: stalled
            fan-out: [shared, copy]
            replicas: [1, 32]
          - scenario: handshake
            kind: tip
            concurrency: [1, 8]
            trials: 3
          - scenario: handshake
            kind: [minimal, behind, malformed]
            concurrency: 8
          - scenario: handshake
            kind: storm
            concurrency: 200
          - scenario: resume
            log-records: [10000, 1000000]
            distance: [1000, 9000]
            trials: 2
          - scenario: snapshot
            trials: 2
          - scenario: ceiling
            sockets: [4, 16]
            value-size: [64, 1024]
        """
}
