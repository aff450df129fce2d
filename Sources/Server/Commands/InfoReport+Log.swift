import Primitives
import ReplicationLog
import Synchronization

extension InfoReport {
    private var logs: [LogFacts] { self.shards.compactMap(\.log) }

    /// What monitoring asks Redis's dump and append-only file for, answered of ours.
    var persistence: [String] {
        let dumps = self.shards.map(\.dump)
        let savedAt = dumps.map { $0.newest.savedAt ?? self.node.startedAt }.min() ?? self.node.startedAt
        let runningSince = dumps.compactMap(\.runningSince).min()
        var lines = [
            "loading:0",
            "rdb_changes_since_last_save:\(dumps.reduce(0) { $0 + $1.changes })",
            "rdb_bgsave_in_progress:\(dumps.contains(where: \.isUnderWay) ? 1 : 0)",
            "rdb_last_save_time:\(savedAt / 1000)",
            "rdb_last_bgsave_status:\(dumps.allSatisfy { $0.failure == nil } ? "ok" : "err")",
            "rdb_last_bgsave_time_sec:\(dumps.compactMap(\.lastDuration).max().map { $0 / 1000 } ?? -1)",
            "rdb_current_bgsave_time_sec:\(runningSince.map { (WallClock.milliseconds - $0) / 1000 } ?? -1)",
            "rdb_saves:\(dumps.reduce(0) { $0 + $1.count })",
            "aof_enabled:\(self.logs.isEmpty ? 0 : 1)",
        ]
        guard !self.logs.isEmpty else { return lines }
        lines += [
            "aof_last_write_status:\(self.logs.allSatisfy { $0.failure == nil } ? "ok" : "err")",
            "aof_current_size:\(self.logs.reduce(0) { $0 + $1.bounds.bytes })",
            "aof_buffer_length:\(self.logs.reduce(0) { $0 + $1.heldBytes })",
        ]
        return lines
    }

    /// The dumps' own fields.
    private var dumps: [String] {
        let dumps = self.shards.map(\.dump)
        var lines = [
            "dump_position:\(dumps.reduce(0) { $0 + $1.newest.position })",
            "dump_bytes:\(dumps.reduce(0) { $0 + ($1.newest.bytes ?? 0) })",
            "dump_log_bytes:\(self.logs.reduce(0) { $0 + $1.bytesSinceDump })",
            "dump_failures:\(dumps.reduce(0) { $0 + $1.failures })",
        ]
        if dumps.contains(where: { $0.runningSince != nil }) {
            lines.append("dump_written_bytes:\(dumps.reduce(0) { $0 + $1.writtenBytes })")
        }
        if let failure = dumps.compactMap(\.failure).first { lines.append("dump_last_failure:\(failure)") }
        return lines
    }

    /// The log's own fields. Positions are sums over the shards, as `master_repl_offset` is.
    var log: [String] {
        guard !self.logs.isEmpty else { return ["log_enabled:0"] }
        func sum(_ value: (LogFacts) -> UInt64) -> UInt64 { self.logs.reduce(0) { $0 + value($1) } }
        var lines = [
            "log_enabled:1",
            "log_sync:\(self.node.options.logSync.rawValue)",
            "log_first_lsn:\(sum { $0.bounds.oldest + 1 })",
            "log_last_lsn:\(sum(\.last))",
            "log_written_lsn:\(sum(\.bounds.written))",
            "log_durable_lsn:\(sum(\.bounds.durable))",
            "log_bytes:\(self.logs.reduce(0) { $0 + $1.bounds.bytes })",
            "log_segments:\(self.logs.reduce(0) { $0 + $1.bounds.segments })",
            "log_buffer_bytes:\(self.logs.reduce(0) { $0 + $1.heldBytes })",
            "log_failures:\(self.logs.reduce(0) { $0 + $1.failures })",
        ]
        if let readers = self.node.logReaders {
            lines.append("log_read_bytes:\(readers.readBytes.count.load(ordering: .relaxed))")
        }
        return lines + self.dumps
    }
}
