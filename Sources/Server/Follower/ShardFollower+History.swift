// Whose numbering the shard's data belongs to. What the handshake granted becomes the shard's own history before the first frame
// of it is applied, and not a moment earlier: until then the primary may still send a snapshot instead.

import Primitives
import Replication

extension ShardFollower {
    /// Makes the granted history the shard's own, if it is not; true when the stream must wait for that.
    func mustAdoptHistory() -> Bool {
        self.grantedHistory = nil
        return false
    }

    /// The primary sends no frames yet; what it said of itself may show all the same that the shard's data is its own.
    func adoptHistoryIfProven() {}
}
