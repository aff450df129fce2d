// What the group has decided is applied to the shard's data, in its order.

import Channels
import Engine
import Logging
import NIOCore
import Primitives
import Replication

extension ShardGroup {
    /// Bytes of records that are applied in one go. Whoever catches up asks for more, and keeps its disk busy, in between.
    private static let bytesAtOnce = 64 << 10
    /// Bytes of records that may wait for that; more are applied at once, so that nobody sends faster than this node applies.
    private static let mostWaitingBytes = 4 << 20

    /// Applies what is decided, where that has not been done, and shows it to links.
    func decide() {
        guard self.failure == nil else { return }
        let excess = self.records.bytes - GroupRecords.keptBytes - Self.mostWaitingBytes
        let atOnce = max(Self.bytesAtOnce, excess)
        var applied = 0
        let isInBacklog = self.isStreamRead
        while self.shard.engine.stream.tip < self.committed, let record = self.records[self.shard.engine.stream.tip] {
            if self.shard.engine.stream.tip < self.shard.engine.tip {
                GroupPayload.logged(record.payload).withUnsafeBytes { self.shard.engine.showDecided($0) }
            } else {
                guard applied < atOnce else {
                    self.decideLater()
                    break
                }
                guard self.apply(record, isInBacklog: isInBacklog) else { return }
                applied += record.payload.count
            }
        }
        let decided = self.shard.engine.stream.tip
        self.shard.engine.group?.decided = decided
        self.records.trim(before: decided)
        self.mayRelease = true
        self.shard.scheduleTurn()
    }

    private func decideLater() {
        guard !self.isDecidingLater else { return }
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        self.isDecidingLater = self.shard.later { _ in
            bound.value.isDecidingLater = false
            guard !bound.value.shard.isStopped else { return }
            bound.value.decide()
            bound.value.work()
        }
    }

    /// Whether somebody may want from memory what is applied now. Far behind, whoever comes reads from the log until this node is
    /// current.
    var isStreamRead: Bool {
        self.shard.engine.log?.isFarBehind != true || !self.shard.engine.stream.links.isEmpty
            || !self.shard.parkedLinks.isEmpty
    }

    /// - Returns: false when the shard cannot go on.
    func apply(_ record: ChannelRecord, isInBacklog: Bool) -> Bool {
        let failure = GroupPayload.logged(record.payload).withUnsafeBytes { bytes -> ReplayError? in
            do throws(ReplayError) {
                try self.shard.engine.applyDecided(
                    bytes,
                    &self.replay,
                    isInBacklog: isInBacklog,
                    now: WallClock.milliseconds
                )
                return nil
            } catch {
                return error
            }
        }
        guard let failure else { return true }
        self.shard.node.logger.critical(
            "a record of the group cannot be applied here, and this shard leaves it",
            metadata: ["shard": "\(self.shard.index)", "reason": "\(failure)"]
        )
        self.failure = failure.description
        self.events.append(.closed(forEverybody: false))
        return false
    }
}
