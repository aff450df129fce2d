// What INFO says of a node that follows, under Redis's names. Positions count mutations, and are sums over the shards.

import Primitives
import Replication

/// A node's shards that follow, as one.
struct FollowerSummary {
    /// The least of what the shards have reached, as `ROLE` names it.
    var state: String
    var isUp: Bool
    var isSynchronizing: Bool
    var lastReadSecondsAgo: Int64?
    var downSeconds: Int64?
    var lastError: String?
    var counters: FollowerCounters
    var inboxBytes: Int

    private static let states = ["connect", "connecting", "sync", "connected"]

    /// nil on a primary.
    init?(_ shards: [ShardFacts]) {
        let followers = shards.compactMap(\.follower)
        guard let first = followers.first else { return nil }
        self.state = Self.states.first { state in followers.contains { $0.state == state } } ?? first.state
        self.isUp = followers.allSatisfy { $0.downSeconds == nil }
        self.isSynchronizing = followers.contains { $0.isSynchronizing }
        self.lastReadSecondsAgo = followers.compactMap(\.lastReadSecondsAgo).max()
        self.downSeconds = followers.compactMap(\.downSeconds).max()
        self.lastError = followers.first { $0.downSeconds != nil && $0.lastError != nil }?.lastError
        self.counters = followers.dropFirst().reduce(first.counters) { $0 + $1.counters }
        self.inboxBytes = followers.reduce(0) { $0 + $1.inboxBytes }
    }
}

extension FollowerCounters {
    static func + (left: FollowerCounters, right: FollowerCounters) -> FollowerCounters {
        var sum = left
        for field in Self.fields { sum[keyPath: field.path] += right[keyPath: field.path] }
        return sum
    }

    static var fields: [(name: String, path: WritableKeyPath<FollowerCounters, Int>)] {
        [
            ("connects", \.connects), ("frames", \.frames), ("bytes", \.bytes), ("gaps", \.gaps),
            ("decoding_errors", \.decodingErrors), ("apply_errors", \.applyErrors), ("refusals", \.refusals),
            ("timeouts", \.timeouts), ("inbox_stalls", \.inboxStalls), ("snapshots_begun", \.snapshotsBegun),
            ("snapshots_installed", \.snapshotsInstalled), ("snapshots_abandoned", \.snapshotsAbandoned),
        ]
    }
}

extension InfoReport {
    var role: [String] {
        guard let primary = self.node.primary, let summary = FollowerSummary(self.shards) else {
            return ["role:master"]
        }
        let offset = self.shards.reduce(0) { $0 + $1.tip }
        var lines = [
            "role:slave", "master_host:\(primary.host)", "master_port:\(primary.port)",
            "master_link_status:\(summary.isUp ? "up" : "down")",
            "master_last_io_seconds_ago:\(summary.lastReadSecondsAgo ?? -1)",
            "master_sync_in_progress:\(summary.isSynchronizing ? 1 : 0)",
            "slave_read_repl_offset:\(offset)", "slave_repl_offset:\(offset)",
        ]
        if let seconds = summary.downSeconds { lines.append("master_link_down_since_seconds:\(seconds)") }
        if let reason = summary.lastError { lines.append("master_link_error:\(reason)") }
        return lines + ["slave_priority:100", "slave_read_only:1", "replica_announced:1"]
    }

    /// The follower's own counters.
    var follower: [String] {
        guard let summary = FollowerSummary(self.shards) else { return [] }
        var lines = ["replica_id:\(self.node.replicaID)", "rebootstrapping:\(summary.isSynchronizing ? 1 : 0)"]
        lines += FollowerCounters.fields.map { "follower_\($0.name):\(summary.counters[keyPath: $0.path])" }
        lines.append("follower_inbox_bytes:\(summary.inboxBytes)")
        for shard in self.shards {
            guard let follower = shard.follower else { continue }
            lines.append(
                "follower\(shard.index):state=\(follower.state),position=\(shard.tip)"
                    + (follower.primaryTip.map { ",primary_tip=\($0)" } ?? "")
            )
        }
        return lines
    }
}
