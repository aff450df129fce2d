extension Keyspace {
    /// Begins counting anew (`CONFIG RESETSTAT`).
    package mutating func resetStatistics() {
        self.statistics = KeyspaceStatistics()
    }
}
