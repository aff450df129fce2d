import Primitives
import Replication

extension InfoReport {
    /// sync_full
    var fullSyncs: Int { self.shards.reduce(0) { $0 + $1.copies.causes.values.reduce(0, +) } }

    /// Snapshots for replicas.
    var snapshots: [String] {
        var lines = [
            "snapshots_in_progress:\(self.sum(\.copies.passes))",
            "snapshot_links_waiting:\(self.sum(\.copies.waiting))",
            "snapshot_links_sending:\(self.sum(\.copies.sending))",
            "snapshot_links_finished:\(self.sum(\.copies.statistics.linksFinished))",
            "snapshot_links_aborted:\(self.sum(\.copies.statistics.linksAborted))",
            "snapshot_passes:\(self.sum(\.copies.statistics.passesBegun))",
            "snapshot_passes_abandoned:\(self.sum(\.copies.statistics.passesAbandoned))",
            "snapshot_produced_bytes:\(self.sum(\.copies.statistics.producedBytes))",
            "snapshot_sent_bytes:\(self.sum(\.copies.statistics.sentBytes))",
            "snapshot_buffer_bytes:\(self.sum(\.copies.heldBytes))",
            "snapshot_view_bytes:\(self.sum(\.copies.viewBytes))",
        ]
        // The shards' latest passes need not have been the same one: the worst tells most.
        if let latest = self.shards.compactMap(\.copies.triggerNanoseconds).max() {
            let longest = self.shards.map(\.copies.longestTriggerNanoseconds).max() ?? latest
            lines.append("snapshot_last_trigger_us:\(latest / 1000)")
            lines.append("snapshot_longest_trigger_us:\(longest / 1000)")
        }
        for cause in SnapshotCause.allCases {
            let name = cause.rawValue.split(separator: "-").joined(separator: "_")
            lines.append("snapshots_\(name):\(self.shards.reduce(0) { $0 + ($1.copies.causes[cause] ?? 0) })")
        }
        return lines
    }
}
