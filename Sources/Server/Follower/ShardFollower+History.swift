// Whose numbering the shard's data belongs to. What the handshake granted becomes the shard's own history before the first frame
// of it is applied, and not a moment earlier: until then the primary may still send a snapshot instead.

import Engine
import NIOCore
import Primitives
import Replication

extension ShardFollower {
    /// Makes the granted history the shard's own, if it is not; true when the stream must wait for that.
    func mustAdoptHistory() -> Bool {
        guard let granted = self.grantedHistory else { return false }
        self.grantedHistory = nil
        let record = self.shard.historyRecord
        guard record.history != granted || !record.isFollowed else { return false }
        self.adopt(self.record(granted))
        return true
    }

    /// The primary may send no frame for long; what it said of itself may show all the same that the shard's data is its own up to
    /// here.
    func adoptHistoryIfProven() {
        guard let granted = self.grantedHistory, let topology = self.topology, topology.history == granted else {
            return
        }
        let tip = self.shard.engine.tip
        let isShared = topology.ancestors.contains { $0.history == self.shard.historyRecord.history && $0.left >= tip }
        if isShared || tip == 0 { _ = self.mustAdoptHistory() }
    }

    /// What the shard's record of a history becomes: data and numbering are the primary's, up to the shard's tip.
    func record(_ granted: History) -> HistoryRecord {
        let record = self.shard.historyRecord
        let tip = self.shard.engine.tip
        guard record.history != granted else { return record.followed() }
        if let topology = self.topology, topology.history == granted {
            return HistoryRecord(history: granted, ancestors: topology.ancestors, sync: record.sync).followed()
        }
        return (tip == 0 ? HistoryRecord(history: granted, sync: record.sync) : record.left(at: tip, for: granted))
            .followed()
    }

    private func adopt(_ record: HistoryRecord) {
        self.isHeld = true
        let attempt = self.attempt
        self.shard.changeHistory(to: record) { result in
            guard self.attempt == attempt else { return }
            self.isHeld = false
            switch result {
            case .success: self.scheduleDrain()
            case .failure(let error): self.ended(.broken("the history cannot be stored: \(error)"))
            }
        }
    }
}
