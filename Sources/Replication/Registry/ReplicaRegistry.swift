// Who is connected, or was a moment ago, and how it does: for operators, for writers who wait, and for clients that keep
// a map of the replicas and ask whether it is still true (the topology epoch).

package import Primitives

/// One replica as the primary knows it now.
package struct ReplicaStatus: Equatable, Sendable {
    package let id: String
    /// The number of the link that serves it.
    package internal(set) var link: UInt64?
    /// Everything up to here it has applied; nil as long as it never said.
    package internal(set) var acknowledged: Position?
    package internal(set) var durable: Position?
    package internal(set) var sent: Position
    package internal(set) var applyErrors: UInt64 = 0
    package internal(set) var divergences: UInt64 = 0
    package internal(set) var connectedSince: Milliseconds
    package internal(set) var lastSeen: Milliseconds
    package internal(set) var acknowledgedAt: Milliseconds?
    package internal(set) var region: String?
    package internal(set) var isRebootstrapping = false
    /// Connected, and acknowledged something within the last three seconds, as it was last judged.
    package internal(set) var isHealthy = false

    package var isConnected: Bool { self.link != nil }

    func isHealthy(at now: Milliseconds) -> Bool {
        guard self.isConnected, let at = self.acknowledgedAt else { return false }
        return now.saturatingSubtract(at) <= ReplicaRegistry.healthyWithin
    }
}

extension ReplicaStatus: ReplicaRow {}

package struct ReplicaRegistry: Sendable {
    /// A replica that acknowledged nothing for longer is not healthy. Replicas report at least once a second.
    package static let healthyWithin: Milliseconds = 3000

    private var rows = ReplicaRows<ReplicaStatus>()
    /// Rises when a replica is added, removed, or flips between healthy and not, or re-bootstrapping and not.
    package private(set) var topologyEpoch: UInt64 = 0
    /// A replica is remembered for so long after it went away.
    package var reconnectWindow: Milliseconds

    package init(reconnectWindow: Milliseconds = SlotLimits().reconnectWindow) {
        self.reconnectWindow = reconnectWindow
    }

    package var replicas: [ReplicaStatus] { self.rows.items }

    package subscript(id: String) -> ReplicaStatus? { self.rows[id: id] }

    /// A replica's stream begins. One that is known already keeps its row: what it claims now replaces what it had reached
    /// before, which may have been more.
    package mutating func linkOpened(number: UInt64, request: HandshakeRequest, now: Milliseconds) {
        let index: Int
        if let known = self.rows.index(id: request.id) {
            index = known
            self.rows.items[index].acknowledged = self.rows.items[index].acknowledged.map { _ in request.position }
            self.rows.items[index].durable = self.rows.items[index].durable.map { min($0, request.position) }
        } else {
            index = self.rows.append(
                ReplicaStatus(id: request.id, sent: request.position, connectedSince: now, lastSeen: now)
            )
            self.topologyEpoch += 1
        }
        self.rows.linkOpened(number, at: index)
        self.rows.items[index].sent = request.position
        self.rows.items[index].connectedSince = now
        self.rows.items[index].lastSeen = now
        self.rows.items[index].region = request.region
        // A replica reports its state when that changes; on a new link it begins with the usual one.
        self.setRebootstrapping(index, false)
        self.judge(index, now: now)
    }

    package mutating func linkClosed(number: UInt64, now: Milliseconds) {
        guard let index = self.rows.linkClosed(number) else { return }
        self.rows.items[index].lastSeen = now
        self.judge(index, now: now)
    }

    /// - Parameter tip: nobody can have more than there is.
    package mutating func linkReported(number: UInt64, _ report: LinkReport, tip: Position, now: Milliseconds) {
        guard let index = self.rows.index(link: number) else { return }
        self.rows.items[index].lastSeen = now
        switch report {
        case .acknowledged(let applied, let durable):
            self.rows.items[index].acknowledged = max(self.rows.items[index].acknowledged ?? 0, min(applied, tip))
            if let durable {
                self.rows.items[index].durable = max(self.rows.items[index].durable ?? 0, min(durable, tip))
            }
            self.rows.items[index].acknowledgedAt = now
            self.judge(index, now: now)
        case .state(let applyErrors, let divergences, let isRebootstrapping):
            self.rows.items[index].applyErrors = applyErrors
            self.rows.items[index].divergences = divergences
            self.setRebootstrapping(index, isRebootstrapping)
        }
    }

    private mutating func setRebootstrapping(_ index: Int, _ isRebootstrapping: Bool) {
        guard self.rows.items[index].isRebootstrapping != isRebootstrapping else { return }
        self.rows.items[index].isRebootstrapping = isRebootstrapping
        self.topologyEpoch += 1
    }

    /// The transport has taken everything up to a position.
    package mutating func linkSent(number: UInt64, to position: Position) {
        guard let index = self.rows.index(link: number) else { return }
        self.rows.items[index].sent = max(self.rows.items[index].sent, position)
    }

    /// What replicas have reached was counted in a numbering that has ended.
    package mutating func numberingEnded() {
        for index in self.rows.items.indices {
            self.rows.items[index].acknowledged = nil
            self.rows.items[index].durable = nil
            self.rows.items[index].sent = 0
        }
    }

    /// To be called about ten times a second: replicas that fell silent, and those that went away and stayed away.
    package mutating func tick(now: Milliseconds) {
        for index in self.rows.items.indices { self.judge(index, now: now) }
        let window = self.reconnectWindow
        let before = self.rows.count
        if self.rows.removeAll(where: { !$0.isConnected && $0.lastSeen.saturatingAdd(window) <= now }) {
            self.topologyEpoch += UInt64(before - self.rows.count)
        }
    }

    /// Forgets a replica that is away, with its slot.
    package mutating func remove(_ id: String) {
        guard let index = self.rows.index(id: id), !self.rows.items[index].isConnected else { return }
        self.rows.remove(at: index)
        self.topologyEpoch += 1
    }

    private mutating func judge(_ index: Int, now: Milliseconds) {
        let isHealthy = self.rows.items[index].isHealthy(at: now)
        guard isHealthy != self.rows.items[index].isHealthy else { return }
        self.rows.items[index].isHealthy = isHealthy
        self.topologyEpoch += 1
    }

    /// How far the replicas are, those included that went away a moment ago; who never acknowledged anything says nothing
    /// about that.
    package var progress: RegistryProgress {
        var highestSent: Position = 0
        var lowestAcknowledged: Position?
        var lowestDurable: Position?
        for replica in self.rows.items {
            highestSent = max(highestSent, replica.sent)
            if let acknowledged = replica.acknowledged {
                lowestAcknowledged = min(lowestAcknowledged ?? acknowledged, acknowledged)
            }
            if let durable = replica.durable { lowestDurable = min(lowestDurable ?? durable, durable) }
        }
        let lowest = lowestAcknowledged ?? highestSent
        return RegistryProgress(lag: highestSent > lowest ? highestSent - lowest : 0, safe: lowestDurable)
    }
}

package struct RegistryProgress: Equatable, Sendable {
    /// Mutations between the highest position sent and the lowest acknowledged.
    package var lag: UInt64
    /// Every replica that reports durable positions has this one; nil when none does.
    package var safe: Position?
}

extension ReplicaRegistry {
    /// The replicas as `CommitWaiter` counts them: whoever is connected, and whoever has a valid slot. What one that is away
    /// had made durable it still has.
    package func commitReplicas(_ slots: SlotTable) -> [CommitReplica] {
        var list: [CommitReplica] = []
        list.reserveCapacity(slots.rows.count)
        for slot in slots.rows.items where slot.isValid || slot.isConnected {
            let status = self.rows.index(id: slot.id).map { self.rows.items[$0] }
            let isConnected = status?.isConnected ?? false
            let isCurrent = slot.isValid && slot.history == slots.history
            let saved = isCurrent && slot.reportsDurable ? slot.restart : nil
            list.append(
                CommitReplica(
                    applied: isConnected ? status?.acknowledged : nil,
                    durable: isConnected ? status?.durable : saved,
                    region: slot.region,
                    isConnected: isConnected,
                    isMember: slot.isValid
                )
            )
        }
        return list
    }
}
