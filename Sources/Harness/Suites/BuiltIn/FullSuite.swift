extension BuiltInSuites {
    /// What `standard` has, and what real loads and replicas add to it.
    static let full = """
        name: full
        about: All of standard, real loads, and every behaviour of replicas everywhere. Half an hour per target.
        scenarios:
        \(Self.standardScenarios)
        \(Self.loads)
        \(Self.behaviours)
        \(Self.faultScenarios)
        \(Self.scaleScenarios)
        """

    private static let loads = """
          # Loads as they are in life: many sizes, a few hot keys, several kinds of commands.
          - scenario: fan-out
            replicas: [0, 4]
            value-size:
              - {uniform: [64, 4096]}
              - {lognormal: {median: 200, sigma: 1.2, to: 64kb}}
              - {table: {64: 9, 4096: 1}}
            trials: 3
          - scenario: fan-out
            replicas: 4
            value-size: 100
            keys: {zipf: 0.99, count: 1000000}
            trials: 3
          - scenario: fan-out
            replicas: [0, 4]
            value-size: 100
            mix: {set: 50, incr: 10, append: 10, del: 10, hset: 10, lpush: 10}
            trials: 3
          # What clients see at set rates.
          - scenario: fan-out
            replicas: [1, 4]
            value-size: [100, 1024]
            write-rate: [5000, 20000, 50000]
            arrival: [fixed, poisson]
            warm-up: 0.5
            seconds: 2
            trials: 3
        """

    private static let behaviours = """
          # Others that behave badly while some are measured.
          - scenario: fan-out
            replicas: 8
            bystanders: [{stalled: 2}, {slow: 2}, {flapping: 2}, {late: 2}, {silent: 2}]
            trials: 3
          - scenario: lag
            receiver: discarding
            write-rate: 20000
            replicas: 4
            behaviour: [slow, flapping, late, silent]
            trials: 2
          - scenario: lag
            receiver: [discarding, live]
            write-rate: 20000
            bystanders: [{stalled: 2}, {slow: 2}, {flapping: 2}]
            trials: 2
          - scenario: snapshot
            keys: 500000
            write-rate: 20000
            replicas: 2
            behaviour: [slow, late]
            trials: 2
          - scenario: snapshot
            keys: 500000
            write-rate: 20000
            receiver: [discarding, live]
            bystanders: [{stalled: 2}, {slow: 2}, {flapping: 2}, {silent: 2}]
            trials: 2
          - scenario: resume
            log-records: 1000000
            distance: 9000
            replicas: 100
            behaviour: [slow, flapping, silent]
            bystanders: [{}, {stalled: 10}]
            trials: 2
          - scenario: handshake
            kind: storm
            concurrency: 200
            behaviour: [slow, stalled, silent]
            trials: 2
        """

    /// What every target can be put through, and a full disk.
    static let faults = """
        name: faults
        about: Faults on a timeline beside a load. About half a minute per trial and target.
        scenarios:
        \(Self.faultScenarios)
        """

    private static let faultScenarios = """
          - scenario: faults
            faults: pause@2+1 cut@5+1 slow=1000000@8+2 delay=50@12+1 kill@15+1
            trials: 2
          - scenario: faults
            faults: fill@2+2
            trials: 2
        """

    static let scale = """
        name: scale
        about: Thousands of replicas, played by one process.
        scenarios:
        \(Self.scaleScenarios)
        """

    private static let scaleScenarios = """
          # One process plays two thousand replicas and shows how busy that makes it.
          - scenario: fan-out
            replicas: 2000
            value-size: 100
            write-rate: [100, 500]
            warm-up: 1
            seconds: 3
          - scenario: fan-out
            replicas: [500, 2000]
            value-size: 100
            warm-up: 1
            seconds: 3
          - scenario: handshake
            kind: storm
            concurrency: 2000
        """
}
