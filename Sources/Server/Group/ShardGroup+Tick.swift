// What a member looks after about ten times a second, whatever else happens.

import ChannelMetrics
import Channels
import Engine
import Primitives
import Sockets

extension ShardGroup {
    /// Between two reports to whoever collects metrics.
    private static let reportInterval: Microseconds = 1_000_000

    func tick() {
        self.saveFileRegularly()
        self.watchDisk()
        self.giveUpConfirmations(all: false)
        self.turn()
        self.reportRegularly()
    }

    private func reportRegularly() {
        let now = Self.time.now
        guard now - self.reportedAt >= Self.reportInterval else { return }
        self.reportedAt = now
        self.metrics.report(self.channel)
    }

    /// While the disk takes nothing somebody else should lead; where there is room again this node takes part again.
    private func watchDisk() {
        let now = Clocks.monotonicNanoseconds
        guard self.shard.engine.log?.failure != nil else {
            if self.strandedAt > 0, self.channel.role == .idle, self.failure == nil { self.take(.opened) }
            self.strandedAt = 0
            return
        }
        if self.strandedAt == 0 { self.strandedAt = now }
        guard self.options.diskPressure == .withdraw, self.channel.role == .leader,
            now - self.strandedAt >= UInt64(self.options.heartbeat) * 1_000_000
        else { return }
        self.take(.relinquished)
    }
}
