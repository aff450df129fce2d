// The slots of one shard: who may resume from where, and so how much of the log must stay. Pure: the shell brings events,
// time and the log's measures, and writes the bytes that `takeSave` gives.
//
// Positions of a slot count within its history. A slot from an ancestor, at or before the position where that was left,
// counts like any other, because up to there both histories number the same mutations and its replica can resume. Any other
// slot of another history holds nothing: its replica cannot resume. It keeps its row, so that the limits on idle time apply
// to it, and starts anew when its replica comes back.

package import Primitives

package struct SlotTable: Sendable {
    var rows = ReplicaRows<Slot>()
    package private(set) var history: History
    package private(set) var ancestors: [Ancestor]
    package var limits: SlotLimits
    /// Nothing is pruned before this time, because slots were lost with their file.
    package internal(set) var noPruningUntil: Milliseconds?
    /// Idle time counts from here at the earliest: what the primary was down is not the replica's fault.
    let loadedAt: Milliseconds

    /// What `slots.json` does not have yet.
    var isDirty = false
    /// A replica was seen since the last save. That alone is saved at the end only: while a replica is connected it is never
    /// idle, and at a start idle time begins anew.
    var hasUnsavedTimes = false
    var savedAt: Milliseconds?

    /// A table without slots.
    /// - Parameter slotsWereLost: the file could not be read and was set aside. For one idle time-out nothing is pruned, so
    ///   that replicas can come back.
    package init(
        history: History,
        ancestors: [Ancestor] = [],
        limits: SlotLimits = SlotLimits(),
        loadedAt: Milliseconds,
        slotsWereLost: Bool = false
    ) {
        self.history = history
        self.ancestors = ancestors
        self.limits = limits
        self.loadedAt = loadedAt
        if slotsWereLost {
            // Without an idle time-out the default serves: a log that is never pruned again would be worse.
            let timeout = limits.idleTimeout > 0 ? limits.idleTimeout : SlotLimits().idleTimeout
            self.noPruningUntil = loadedAt.saturatingAdd(timeout)
            self.isDirty = true
        }
    }

    package var slots: [Slot] { self.rows.items }

    package subscript(id: String) -> Slot? { self.rows[id: id] }

    /// Whether the primary has given up keeping the log for a replica; what `ResumePlanner` asks.
    package func isInvalidated(_ id: String) -> Bool { self.rows[id: id].map { !$0.isValid } ?? false }

    /// Whether a replica has a slot or can get one.
    package func admits(_ id: String) -> Bool {
        self.rows.index(id: id) != nil || self.rows.count < self.limits.maxSlots
    }

    /// The stream has left its history, or began one on foreign data.
    package mutating func historyBegan(_ history: History, ancestors: [Ancestor]) {
        self.history = history
        self.ancestors = ancestors
        self.isDirty = true
    }

    /// The last position of a slot that means the same in the stream's history; nil if none does.
    func sharedEnd(of slot: Slot) -> Position? {
        slot.history == self.history ? .max : self.ancestors.sharedEnd(with: slot.history)
    }

    /// The position that the log must be able to resume from for a slot; nil where it holds nothing.
    package func held(by slot: Slot) -> Position? {
        guard let held = slot.held, let end = self.sharedEnd(of: slot), held <= end else { return nil }
        return held
    }
}

extension Slot: ReplicaRow {}

// What links report.
extension SlotTable {
    /// A replica's handshake was granted. Its slot is pinned at the position asked for, or holds nothing while it waits for a
    /// snapshot. An older link of the same id no longer counts.
    package mutating func linkOpened(
        number: UInt64,
        request: HandshakeRequest,
        waitsForSnapshot: Bool = false,
        now: Milliseconds
    ) throws(SlotTableFull) {
        let index = try self.row(for: request, now: now)
        self.rows.linkOpened(number, at: index)
        self.rows.items[index].mustAcknowledge = request.isLongForm
        self.rows.items[index].lastSeen = now
        if let region = request.region { self.rows.items[index].region = region }
        if waitsForSnapshot {
            self.rows.items[index].transfer = .waiting
        } else {
            self.rows.items[index].transfer = nil
            self.moveToHistory(index, at: request.position)
            // An invalidated slot keeps its record until its link reaches the tip.
            if self.rows.items[index].isValid { self.rows.items[index].resumed(at: request.position) }
        }
        self.isDirty = true
    }

    private mutating func row(for request: HandshakeRequest, now: Milliseconds) throws(SlotTableFull) -> Int {
        if let index = self.rows.index(id: request.id) { return index }
        guard self.rows.count < self.limits.maxSlots else { throw SlotTableFull(limit: self.limits.maxSlots) }
        return self.rows.append(
            Slot(
                id: request.id,
                history: self.history,
                restart: request.position,
                confirmed: request.position,
                lastSeen: now
            )
        )
    }

    /// Lets the record count in the stream's history from now on. What both histories share of it stays.
    private mutating func moveToHistory(_ index: Int, at position: Position) {
        let slot = self.rows.items[index]
        guard slot.history != self.history else { return }
        if let end = self.sharedEnd(of: slot), slot.restart <= end {
            self.rows.items[index].confirmed = min(slot.confirmed, end)
        } else {
            self.rows.items[index].restart = position
            self.rows.items[index].confirmed = position
            self.rows.items[index].pin = nil
        }
        self.rows.items[index].history = self.history
    }

    package mutating func linkClosed(number: UInt64, now: Milliseconds) {
        guard let index = self.rows.linkClosed(number) else { return }
        self.rows.items[index].lastSeen = now
        // A snapshot cut short helps nobody: the replica will need another one.
        if self.rows.items[index].transfer != nil { self.rows.items[index].transfer = .waiting }
        self.isDirty = true
    }

    /// - Parameter tip: nobody can have more than there is.
    package mutating func linkAcknowledged(
        number: UInt64,
        applied: Position,
        durable: Position?,
        tip: Position,
        now: Milliseconds
    ) {
        guard let index = self.rows.index(link: number), self.countsReports(index) else { return }
        // What is durable beyond what is applied is cut there.
        let isChanged = self.rows.items[index].acknowledged(applied: min(applied, tip), durable: durable, now: now)
        if isChanged { self.isDirty = true }
        self.hasUnsavedTimes = true
    }

    /// What a link says moves the record of a valid slot, in the stream's history, whose replica is not being copied anew.
    private func countsReports(_ index: Int) -> Bool {
        self.rows.items[index].isValid && self.rows.items[index].transfer == nil
            && self.rows.items[index].history == self.history
    }

    /// The transport has taken everything up to a position. Counts for replicas that never acknowledge.
    package mutating func linkSent(number: UInt64, to position: Position) {
        guard let index = self.rows.index(link: number), self.countsReports(index) else { return }
        if self.rows.items[index].sent(to: position) { self.isDirty = true }
    }

    /// A link has nothing more to be sent. That makes an invalidated slot valid, if what the replica has reported on the link
    /// is within the limits: an acknowledgement alone does not.
    /// - Parameters:
    ///   - applied: what it acknowledged on this link; nil for nothing.
    ///   - durable: as applied.
    ///   - retainedBytes: bytes of log after a position.
    /// - Returns: whether the slot became valid.
    @discardableResult
    package mutating func linkReachedTip(
        number: UInt64,
        applied: Position?,
        durable: Position?,
        log: LogExtent,
        now: Milliseconds,
        retainedBytes: (Position) -> Int
    ) -> Bool {
        guard let index = self.rows.index(link: number), !self.rows.items[index].isValid,
            self.rows.items[index].transfer == nil
        else { return false }
        let silent = self.rows.items[index].mustAcknowledge ? nil : log.tip
        let applied = applied.map { min($0, log.tip) }
        guard let reached = applied.map({ min($0, durable ?? $0) }) ?? silent else { return false }
        guard self.excess(at: reached, log, retainedBytes) == nil else { return false }
        self.becameValid(index, at: reached, now: now)
        if let applied {
            _ = self.rows.items[index].acknowledged(applied: applied, durable: durable, now: now)
        }
        return true
    }

    /// A snapshot for the link was begun at a position, which is pinned from now on.
    package mutating func snapshotTriggered(number: UInt64, at position: Position) {
        guard let index = self.rows.index(link: number) else { return }
        self.rows.items[index].transfer = .sending(position)
        self.rows.items[index].history = self.history
        self.isDirty = true
    }

    /// The link was sent a whole snapshot: its replica has what is up to the position, and nothing else.
    package mutating func snapshotFinished(number: UInt64, at position: Position, now: Milliseconds) {
        guard let index = self.rows.index(link: number) else { return }
        self.rows.items[index].transfer = nil
        self.becameValid(index, at: position, now: now)
    }

    /// The record begins anew where the replica stands: what it was before has been given up.
    private mutating func becameValid(_ index: Int, at position: Position, now: Milliseconds) {
        self.rows.items[index].invalidation = nil
        self.rows.items[index].history = self.history
        self.rows.items[index].restart = position
        self.rows.items[index].confirmed = position
        self.rows.items[index].pin = nil
        self.rows.items[index].reportsDurable = false
        self.rows.items[index].lastSeen = now
        self.isDirty = true
    }

    /// Forgets a replica on an operator's behalf.
    package mutating func drop(_ id: String) -> SlotDrop {
        guard let index = self.rows.index(id: id) else { return .unknown }
        guard !self.rows.items[index].isConnected else { return .refusedConnected }
        self.rows.remove(at: index)
        self.isDirty = true
        return .dropped
    }
}

/// There are as many slots as allowed.
package struct SlotTableFull: Error, Equatable, Sendable {
    package let limit: Int

    package var message: String {
        "ERR all \(self.limit) slots are taken: drop those of replicas that are gone, or raise --max-slots"
    }
}

package enum SlotDrop: Equatable, Sendable {
    case dropped
    case unknown
    case refusedConnected
}
