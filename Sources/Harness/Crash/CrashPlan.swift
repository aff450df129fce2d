/// What a crash test is to do: how many rounds, how the servers sync, and where its lines of progress go.
package struct CrashPlan {
    package var rounds: Int
    package var logSync: EngineSettings.LogSync
    /// Decides who is killed when.
    package var seed: UInt64
    package var tell: (String) -> Void

    package init(
        rounds: Int,
        logSync: EngineSettings.LogSync,
        seed: UInt64,
        tell: @escaping (String) -> Void
    ) {
        self.rounds = rounds
        self.logSync = logSync
        self.seed = seed
        self.tell = tell
    }
}
