// `--log-repair truncate`: a log that is damaged before its end loses everything from the damage on, so that the node can
// start. Done before the log is opened and anything is numbered; replicas may hold what is given up, so that a new history
// begins. The log is read once more for it, which only those pay who ask for it.

import LogFiles
import Logging
import Primitives
import ReplicationLog

extension ShardStore {
    /// Cuts a log before the first damage or gap from which it cannot be recovered.
    /// - Returns: whether there was any.
    static func repair(_ storage: FileStorage, _ shard: Int, _ logger: Logger) throws(LogError) -> Bool {
        let segments = try LogInspection(storage).segments
        guard let newest = segments.last, let index = segments.firstIndex(where: { !$0.isSound }) else { return false }
        // Records that are missing between two segments are missing after the first of them.
        let damaged = segments[index].hasGapBefore ? segments[index - 1] : segments[index]
        try ReplicationLog.truncate(storage, segment: damaged.first, at: damaged.validBytes)
        let bytes = segments.filter { $0.first >= damaged.first }.reduce(-damaged.validBytes) { $0 + $1.bytes }
        logger.warning(
            "the log was damaged and has been cut there: what followed is given up",
            metadata: [
                "shard": "\(shard)", "segment": "\(damaged.name)", "offset": "\(damaged.validBytes)",
                "reason": "\(damaged.damage?.rawValue ?? "records are missing")", "last record kept": "\(damaged.last)",
                "last record given up": "\(max(newest.last, damaged.last))",
                "bytes given up": "\(bytes)",
            ]
        )
        return true
    }
}
