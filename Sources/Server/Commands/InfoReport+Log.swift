import Primitives
import Synchronization

extension InfoReport {
    private var logs: [LogFacts] { self.shards.compactMap(\.log) }

    /// What monitoring asks Redis's append-only file for, answered of the log.
    var persistence: [String] {
        var lines = ["loading:0", "rdb_bgsave_in_progress:0", "aof_enabled:\(self.logs.isEmpty ? 0 : 1)"]
        guard !self.logs.isEmpty else { return lines }
        lines += [
            "aof_last_write_status:\(self.logs.allSatisfy { $0.failure == nil } ? "ok" : "err")",
            "aof_current_size:\(self.logs.reduce(0) { $0 + $1.bounds.bytes })",
            "aof_buffer_length:\(self.logs.reduce(0) { $0 + $1.heldBytes })",
        ]
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
        return lines
    }
}
