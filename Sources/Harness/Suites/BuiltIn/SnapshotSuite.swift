extension BuiltInSuites {
    static let snapshot = """
        name: snapshot
        about: Full copies alone. A minute or two per target.
        scenarios:
          - scenario: snapshot
            keys: 1000000
            replicas: [1, 10]
            trials: 5
          - scenario: snapshot
            keys: 1000000
            transfer: file
          - scenario: snapshot
            keys: 1000000
            write-rate: 50000
            trials: 3
          - scenario: snapshot
            keys: 1000000
            receiver: live
            trials: 3
          - scenario: snapshot
            keys: 500000
            value-size: 1024
            trials: 5
          - scenario: snapshot
            keys: 500000
            value-size: 1024
            replicas: 10
            trials: 3
        """

    static let live = """
        name: live
        about: Copies to live replicas alone, often enough for a comparison.
        scenarios:
          - scenario: snapshot
            keys: 1000000
            receiver: live
            trials: 12
          - scenario: snapshot
            keys: 1000000
            receiver: live
            transfer: file
            trials: 3
        """

    /// Every target alike, and then the engine's own chunk sizes.
    static let copiesWithChunks = """
          - scenario: snapshot
            keys: [100000, 1000000]
            trials: 5
          - scenario: snapshot
            keys: 1000000
            value-size: 1024
            trials: 5
          - scenario: snapshot
            keys: [100000, 1000000]
            transfer: file
            trials: 3
          - scenario: snapshot
            keys: 1000000
            value-size: 1024
            transfer: file
            trials: 3
          - scenario: snapshot
            keys: [100000, 1000000]
            replicas: [2, 10]
            trials: 3
          - scenario: snapshot
            keys: 1000000
            value-size: 1024
            replicas: [2, 10]
            trials: 3
          - scenario: snapshot
            keys: [100000, 1000000]
            write-rate: 50000
            trials: 5
          - scenario: snapshot
            keys: 1000000
            value-size: 1024
            write-rate: 10000
            trials: 5
          - scenario: snapshot
            keys: 1000000
            value-size: [100, 1024]
            receiver: live
            trials: 12
          - scenario: snapshot
            keys: 1000000
            value-size: [100, 1024]
            receiver: live
            transfer: file
            trials: 3
          - scenario: snapshot
            keys: 1000000
            receiver: live
            write-rate: 50000
            trials: 3
          - scenario: snapshot
            keys: 1000000
            chunk-size: [4096, 16384]
            trials: 3
        """
}
