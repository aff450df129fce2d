// What the primary is told: how far this shard is, soon after it got further and at least once a second, and how it fares when
// that changes.

import Engine
import NIOCore
import Primitives
import RESP
import Replication
import Sockets

extension ShardFollower {
    /// Between two acknowledgements at least; nanoseconds.
    private static let shortestInterval: UInt64 = 500_000
    private static let longestInterval: UInt64 = 1_000_000_000

    /// What the shard holds under another history than the one granted, or while a snapshot is on its way, is nothing that the
    /// primary may count: it is only told that the replica lives.
    private var progress: (applied: Position, durable: Position?) {
        let isOurs = self.roundHistory.map { $0 == self.shard.historyRecord.history } ?? true
        guard isOurs, !self.isSynchronizing else { return (0, nil) }
        return (self.shard.engine.tip, self.shard.engine.log?.durable)
    }

    /// The shard, or its log, got further.
    func report() {
        guard self.phase == .streaming, !self.isAcknowledgementScheduled else { return }
        self.reportState()
        guard self.progress != self.acknowledged || self.acknowledgedAt == 0 else { return }
        let passed = Clocks.monotonicNanoseconds - self.acknowledgedAt
        guard passed < Self.shortestInterval else { return self.acknowledge() }
        self.isAcknowledgementScheduled = true
        let bound = NIOLoopBound(self, eventLoop: self.shard.loop)
        self.shard.loop.scheduleTask(in: .nanoseconds(Int64(Self.shortestInterval - passed))) {
            bound.value.isAcknowledgementScheduled = false
            if bound.value.phase == .streaming { bound.value.acknowledge() }
        }
    }

    /// A primary that heard nothing for long takes the replica for dead.
    func reportRegularly() {
        self.reportState()
        if Clocks.monotonicNanoseconds - self.acknowledgedAt >= Self.longestInterval
            || self.progress != self.acknowledged
        {
            self.acknowledge()
        }
    }

    private func acknowledge() {
        self.acknowledged = self.progress
        self.acknowledgedAt = Clocks.monotonicNanoseconds
        let durable = self.acknowledged.durable.map { " \($0)" } ?? ""
        self.send("REPLCONF ACK \(self.acknowledged.applied)\(durable)\r\n")
    }

    private func reportState() {
        let state = [UInt64(self.counters.applyErrors), 0, self.isSynchronizing ? 1 : 0]
        guard state != self.toldState else { return }
        self.toldState = state
        self.send("REPLCONF STATE \(state[0]) \(state[1]) \(state[2])\r\n")
    }

    private func send(_ line: String) {
        var line = line
        line.withUTF8 { self.send(Bytes($0)) }
    }
}
