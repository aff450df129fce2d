// What links report reaches the stream, the slots, the registry and those who wait, in that order, from one place.

package import Primitives
package import Replication
import ReplicationLog

extension Engine {
    /// A replica's handshake was acknowledged: its stream begins, or it waits for a snapshot. One that gets no slot is closed.
    package mutating func linkOpened(
        number: UInt64,
        transport: Int32,
        request: HandshakeRequest,
        plan: ResumePlan,
        now: Milliseconds
    ) {
        let plan = self.cheapest(plan, for: request)
        self.stream.linkOpened(number: number, transport: transport, request: request, plan: plan, now: now)
        var claim = request
        // What it claims may be counted in another history, and it will have none of it.
        if plan.isSnapshot { claim.position = 0 }
        do throws(SlotTableFull) {
            try self.replicas.slots.linkOpened(
                number: number,
                request: claim,
                waitsForSnapshot: plan.isSnapshot,
                now: now
            )
            self.replicas.registry.linkOpened(number: number, request: claim, now: now)
            self.replicas.hasProgressed = true
        } catch {
            self.stream.refuseLink(number: number)
        }
    }

    /// A link was granted a history that ended before the shard got to know of it. What it asked for means nothing any more,
    /// so it has no slot; it ends.
    package mutating func outdatedLinkOpened(
        number: UInt64,
        transport: Int32,
        request: HandshakeRequest,
        plan: ResumePlan,
        now: Milliseconds
    ) {
        self.stream.linkOpened(number: number, transport: transport, request: request, plan: plan, now: now)
        self.stream.outdateLink(number: number)
    }

    /// The connection is gone. Returns what the link was; nil when it is unknown.
    @discardableResult
    package mutating func linkClosed(number: UInt64, now: Milliseconds) -> Link? {
        guard let link = self.stream.linkClosed(number: number) else { return nil }
        self.replicas.slots.linkClosed(number: number, now: now)
        self.replicas.registry.linkClosed(number: number, now: now)
        self.replicas.hasProgressed = true
        return link
    }

    package mutating func linkReported(number: UInt64, _ report: LinkReport, now: Milliseconds) {
        guard self.stream.linkReported(number: number, report, now: now) else { return }
        self.replicas.registry.linkReported(number: number, report, tip: self.stream.tip, now: now)
        guard case .acknowledged(let applied, let durable) = report else { return }
        self.replicas.slots.linkAcknowledged(
            number: number,
            applied: applied,
            durable: durable,
            tip: self.stream.tip,
            now: now
        )
        self.replicas.hasProgressed = true
    }

    // MARK: Those who wait

    /// Waits that are over since the last call; to be asked once a turn.
    package mutating func takeCommitOutcomes(now: Milliseconds) -> [CommitOutcome] {
        guard !self.replicas.waiter.isEmpty else { return [] }
        var outcomes: [CommitOutcome] = []
        if self.replicas.hasProgressed || self.replicas.waiter.isOwedProgress {
            self.replicas.hasProgressed = false
            outcomes = self.replicas.waiter.progressChanged(self.commitProgress)
        }
        return outcomes + self.replicas.waiter.tick(now: now)
    }

    private var commitProgress: CommitProgress {
        CommitProgress(
            replicas: self.replicas.registry.commitReplicas(self.replicas.slots),
            local: self.log?.durable
        )
    }

    /// Replicas that are connected and have acknowledged something lately (`min-replicas-to-write`).
    package func goodReplicas(maxLag: Milliseconds, now: Milliseconds) -> Int {
        self.replicas.registry.replicas.count { replica in
            replica.isConnected && (replica.acknowledgedAt.map { now - $0 <= maxLag } ?? false)
        }
    }

    // MARK: Time

    /// What the log holds, as slots count it. Without a log nothing is kept for a slot that could be lost: whether the
    /// backlog still reaches back is seen when the replica returns.
    private var logExtent: LogExtent {
        LogExtent(tip: self.stream.tip, oldest: self.logMap?.oldest ?? 0)
    }

    /// Bytes of the log after a position. Without a log nothing is retained for anybody.
    private var retainedBytes: (Position) -> Int {
        guard let map = self.logMap else { return { _ in 0 } }
        return { map.retainedBytes(after: $0) }
    }

    package func forecast(for slot: Slot) -> SlotForecast {
        self.replicas.slots.forecast(
            for: slot,
            bytesPerSecond: Int(self.replicas.growth.bytesPerSecond),
            retainedBytes: self.retainedBytes
        )
    }

    /// - Returns: slots that were lost.
    mutating func tickReplicas(now: Milliseconds) -> [SlotLoss] {
        self.replicas.registry.tick(now: now)
        guard now - self.replicas.sweptAt >= Self.sweepInterval || now < self.replicas.sweptAt else { return [] }
        self.replicas.sweptAt = now
        if let log = self.log { self.replicas.growth.sample(log.appendedBytes, now: now) }
        let extent = self.logExtent
        let retainedBytes = self.retainedBytes
        for link in self.stream.links where link.state == .streaming {
            let sent = self.stream.sentPosition(of: link)
            self.replicas.slots.linkSent(number: link.number, to: sent)
            self.replicas.registry.linkSent(number: link.number, to: sent)
            guard sent == extent.tip else { continue }
            self.replicas.slots.linkReachedTip(
                number: link.number,
                applied: link.acknowledged,
                durable: link.durable,
                log: extent,
                now: now,
                retainedBytes: retainedBytes
            )
        }
        return self.replicas.slots.enforce(extent, now: now, retainedBytes: retainedBytes)
    }

    /// How often slots are compared with their limits.
    private static let sweepInterval: Milliseconds = 1000
}
