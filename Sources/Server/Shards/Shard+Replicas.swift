// What the shard does for its replicas' slots, and for writers that need replicas.

import Engine
import Logging
import Primitives
import Replication
import ReplicationLog
import Synchronization

extension Shard {
    /// Why writes are refused now, in Redis's words where it has them.
    func refreshWriteRefusal() {
        let settings = self.node.settings.withLock { $0 }
        if self.follower != nil {
            self.writeRefusal = Self.followerRefusal
        } else if let failure = self.engine.log?.failure {
            self.writeRefusal =
                failure.isNoSpace
                ? "MISCONF The log cannot be written, there is no room on the disk (\(failure.reason)):"
                    + " make room, writes go on by themselves then"
                : "MISCONF The log cannot be written (\(failure.reason)): writes go on by themselves when it can"
        } else if let refusal = self.dumpRefusal {
            self.writeRefusal = refusal
        } else if settings.minReplicasToWrite > 0, self.goodReplicas(settings) < settings.minReplicasToWrite {
            self.writeRefusal = "NOREPLICAS Not enough good replicas to write."
        } else {
            self.writeRefusal = nil
        }
    }

    private func goodReplicas(_ settings: Settings) -> Int {
        self.engine.goodReplicas(
            maxLag: Milliseconds(settings.minReplicasMaxLagSeconds) * 1000,
            now: WallClock.milliseconds
        )
    }

    /// - Returns: whether more background work is due at once.
    func tickEngine() -> Bool {
        let (isMoreDue, lost) = self.engine.tick(now: WallClock.milliseconds)
        self.tell(lost)
        self.board.publish(invalidated: self.engine.replicas.slots)
        return isMoreDue
    }

    func tell(_ lost: [SlotLoss]) {
        for loss in lost {
            self.node.logger.warning(
                "a slot was lost",
                metadata: ["shard": "\(self.index)", "replica": "\(loss.id)", "cause": "\(loss.cause.name)"]
            )
        }
    }

    /// Gives changed slots to the thread that writes files; at most about once a second.
    func saveSlots() {
        guard let log = self.log, let json = self.engine.replicas.slots.takeSave(now: WallClock.milliseconds) else {
            return
        }
        self.node.logReaders?.save(SlotTable.fileName, json, for: self, log.store)
    }

    func slotSaveFailed(_ reason: String) {
        self.engine.replicas.slots.saveFailed()
        self.node.logger.warning(
            "the slots could not be saved; they will be tried again",
            metadata: ["shard": "\(self.index)", "reason": "\(reason)"]
        )
    }

    /// Forgets a replica on an operator's behalf.
    func dropSlot(_ id: String) -> SlotDrop {
        self.admitParkedLinks()
        let outcome = self.engine.replicas.slots.drop(id)
        if outcome == .dropped { self.engine.replicas.registry.remove(id) }
        self.board.publish(invalidated: self.engine.replicas.slots)
        return outcome
    }
}
