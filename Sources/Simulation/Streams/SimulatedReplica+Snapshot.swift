// A snapshot on its way in: loaded beside the data, kept beside what is on disk, and put in the place of both when all of it has
// come.

internal import Engine
internal import Keyspace
internal import Primitives
internal import Replication
internal import ReplicationLog

extension SimulatedReplica {
    /// A second beginning starts over.
    func snapshotBegan() throws {
        self.abandonSnapshot()
        let loader = SnapshotLoader(seed: self.generator.next())
        let staged = try self.root.map { try StagedShard($0, shard: 0) }
        self.incoming = Incoming(loader: loader, staged: staged)
    }

    func snapshotCame(_ bytes: Bytes) throws {
        guard let incoming = self.incoming else {
            throw Violation(reason: "\(self.name) is sent bytes of a snapshot that did not begin")
        }
        try incoming.loader.load(bytes)
        try incoming.staged?.append(bytes)
    }

    /// - Returns: whether the connection must end.
    func snapshotEnded(at position: Position, now: Milliseconds) throws -> Bool {
        guard let incoming = self.incoming else {
            throw Violation(reason: "\(self.name) is sent the end of a snapshot that did not begin")
        }
        let loaded = try incoming.loader.finish()
        guard let history = self.roundHistory, loaded.history == history, loaded.position == position else {
            throw Violation(reason: "the snapshot for \(self.name) is of another position than its envelope says")
        }
        self.incoming = nil
        self.grantedHistory = nil
        let ancestors = self.topology.flatMap { $0.history == history ? $0.ancestors : nil } ?? []
        let record = HistoryRecord(history: history, ancestors: ancestors, sync: self.weather.sync).followed()
        let reached = self.mutant == .installAhead ? position + 1 : position
        if Int.random(in: 0..<6, using: &self.generator) == 0 {
            self.root?.changesBeforePowerLoss = .random(in: 0...8, using: &self.generator)
        }
        do {
            try self.install(loaded, incoming.staged, record, at: reached, now: now)
        } catch {
            guard self.root?.changesBeforePowerLoss == 0 else { throw error }
            // The next start finds the old data or the new, each with its history.
            self.hasLostPower = true
            return true
        }
        self.root?.changesBeforePowerLoss = nil
        self.counters.snapshotsInstalled += 1
        try self.shard.compare()
        return false
    }

    /// What is on disk is replaced first; the data follows.
    private func install(
        _ loaded: LoadedSnapshot,
        _ staged: StagedShard?,
        _ record: HistoryRecord,
        at position: Position,
        now: Milliseconds
    ) throws {
        if let staged {
            let (files, log) = try staged.finish(record, position: position, options: self.weather.log)
            // Nobody may have the old files any more.
            _ = try self.shard.advanceLog(now: now, isForced: true)
            _ = try staged.commit()
            self.shard.store = SimulatedShard.Store(files: files, log: log, dumped: position)
            try staged.removeOld()
        }
        let keepsData = self.mutant == .keepData
        _ = self.shard.engine.reset(
            history: record.history,
            ancestors: record.ancestors,
            tip: position,
            logMap: self.shard.store?.log.map,
            now: now
        ) { if !keepsData { $0.adopt(loaded.takeKeyspace()) } }
        self.shard.record = record
    }

    /// Throws away what has come of a snapshot.
    func abandonSnapshot() {
        guard let incoming = self.incoming else { return }
        self.incoming = nil
        self.counters.snapshotsAbandoned += 1
        try? incoming.staged?.abandon()
    }
}
