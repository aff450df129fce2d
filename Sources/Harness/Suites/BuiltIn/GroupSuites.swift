extension BuiltInSuites {
    static let failover = """
        name: failover
        about: A leader that is killed under load, in groups and among a primary and its replicas.
        scenarios:
          - scenario: failover
            topology: channel
            election: [quorum, nearest]
            trials: 5
          - scenario: failover
            topology: stream
            trials: 5
        """

    static let catchUp = """
        name: catch-up
        about: A node that was away comes back, a gigabyte behind, beside clients.
        scenarios:
          - scenario: catch-up
            bytes: 1gb
            class: [foreground, background, unlimited]
            trials: 3
          - scenario: catch-up
            topology: channel
            bytes: 1gb
            class: unlimited
            write-rate: 0
            trials: 5
        """
}
