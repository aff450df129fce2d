internal import Engine
internal import Primitives
internal import Replication
internal import ReplicationLog

extension SimulatedShard {
    /// Starts a node with what its disk has, under the history that the last run's record allows.
    /// - Parameter fresh: a random history, used if a new one begins.
    static func start(
        _ name: String,
        on root: FaultyFolders,
        _ weather: StreamWeather,
        fresh: History,
        isFollower: Bool = false,
        mutant: StreamSimulation.Mutant?,
        now: Milliseconds,
        _ judge: StreamJudge
    ) throws -> SimulatedShard {
        let stored = try StoredShard(opening: root, weather.log)
        var record = HistoryStart.decide(
            previous: stored.previous,
            recoveredTip: stored.log.last,
            fresh: fresh,
            sync: weather.sync,
            isFollower: isFollower
        ).record
        if mutant == .keepHistory, !isFollower, let previous = stored.previous {
            record = previous
            record.cleanShutdown = nil
        }
        try stored.files.replace(HistoryRecord.fileName, with: record.json)
        let isShowingUnsynced = mutant == .showUnsynced && !isFollower
        return try SimulatedShard(
            name,
            stored,
            record,
            weather,
            sync: isShowingUnsynced ? .no : weather.sync,
            now: now,
            judge
        )
    }
}
