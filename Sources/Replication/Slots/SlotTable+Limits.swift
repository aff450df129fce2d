// What slots hold of the log, when they hold too much of it, and how long until they do.

package import Primitives

/// A slot that was given up.
package struct SlotLoss: Equatable, Sendable {
    package var id: String
    package var cause: SlotInvalidationCause
}

/// What keeping a slot costs now, and when it will be lost if its replica does not move.
package struct SlotForecast: Equatable, Sendable {
    package var retainedBytes: Int
    /// nil when no limit applies, or nothing is held.
    package var bytesLeft: Int?
    /// nil as well while nothing is written.
    package var secondsLeft: Int?
}

extension SlotTable {
    /// The position that the log must be able to resume from; nil without a valid slot, when the caller's limit holds alone.
    /// To be asked after `enforce`, so that a lost slot does not hold the log once more.
    package func retentionFloor(now: Milliseconds) -> Position? {
        if let until = self.noPruningUntil, now < until { return 0 }
        var floor: Position?
        for slot in self.rows.items {
            guard let held = self.held(by: slot) else { continue }
            floor = min(floor ?? held, held)
        }
        return floor
    }

    /// Gives up slots that pass a limit, and forgets replicas that never acknowledged anything.
    /// - Parameter retainedBytes: bytes of log after a position.
    /// - Returns: the slots that became invalid.
    package mutating func enforce(
        _ log: LogExtent,
        now: Milliseconds,
        retainedBytes: (Position) -> Int
    ) -> [SlotLoss] {
        if let until = self.noPruningUntil, now >= until {
            self.noPruningUntil = nil
            self.isDirty = true
        }
        let window = self.limits.reconnectWindow
        let loadedAt = self.loadedAt
        let isForgotten = self.rows.removeAll {
            !$0.isConnected && !$0.hasAcknowledged && max($0.lastSeen, loadedAt).saturatingAdd(window) <= now
        }
        if isForgotten { self.isDirty = true }

        var losses: [SlotLoss] = []
        for index in self.rows.items.indices {
            let slot = self.rows.items[index]
            guard let cause = self.cause(against: slot, log, now: now, retainedBytes) else { continue }
            losses.append(SlotLoss(id: slot.id, cause: cause))
            self.rows.items[index].invalidation = SlotInvalidation(cause: cause, at: now)
            // A snapshot that took too long pins nothing any more, though its link may still get to its end.
            if self.rows.items[index].transfer != nil { self.rows.items[index].transfer = .waiting }
            self.isDirty = true
        }
        return losses
    }

    /// Gives up every slot that holds the log at a position, or before it: the log has a bound of its own.
    /// - Returns: the slots that became invalid.
    package mutating func invalidate(holding position: Position, now: Milliseconds) -> [SlotLoss] {
        // Slots whose file was lost may hold it as well.
        if self.noPruningUntil != nil {
            self.noPruningUntil = nil
            self.isDirty = true
        }
        var losses: [SlotLoss] = []
        for index in self.rows.items.indices {
            guard let held = self.held(by: self.rows.items[index]), held < position else { continue }
            losses.append(SlotLoss(id: self.rows.items[index].id, cause: .logRemoved))
            self.rows.items[index].invalidation = SlotInvalidation(cause: .logRemoved, at: now)
            if self.rows.items[index].transfer != nil { self.rows.items[index].transfer = .waiting }
            self.isDirty = true
        }
        return losses
    }

    private func cause(
        against slot: Slot,
        _ log: LogExtent,
        now: Milliseconds,
        _ retainedBytes: (Position) -> Int
    ) -> SlotInvalidationCause? {
        let held = self.held(by: slot)
        let excess = held.flatMap { self.excess(at: $0, log, retainedBytes) }
        if excess == .horizon { return .horizon }
        if slot.isValid, !slot.isConnected, self.limits.idleTimeout > 0,
            now.saturatingSubtract(max(slot.lastSeen, self.loadedAt)) > self.limits.idleTimeout
        {
            return .idleTimeout
        }
        return excess
    }

    /// Which limit on the log itself a position passes.
    func excess(
        at position: Position,
        _ log: LogExtent,
        _ retainedBytes: (Position) -> Int
    ) -> SlotInvalidationCause? {
        if self.limits.maxRetainedBytes > 0, log.oldest != nil,
            retainedBytes(position) > self.limits.maxRetainedBytes
        {
            return .horizon
        }
        if self.limits.maxLag > 0, log.tip > position, log.tip - position > self.limits.maxLag { return .horizon }
        if let oldest = log.oldest, position < oldest { return .logRemoved }
        return nil
    }

    /// - Parameters:
    ///   - bytesPerSecond: what is written to the log now.
    ///   - retainedBytes: bytes of log after a position.
    package func forecast(
        for slot: Slot,
        bytesPerSecond: Int,
        retainedBytes: (Position) -> Int
    ) -> SlotForecast {
        guard let held = self.held(by: slot) else { return SlotForecast(retainedBytes: 0) }
        let retained = retainedBytes(held)
        guard self.limits.maxRetainedBytes > 0 else { return SlotForecast(retainedBytes: retained) }
        let left = max(0, self.limits.maxRetainedBytes - retained)
        return SlotForecast(
            retainedBytes: retained,
            bytesLeft: left,
            secondsLeft: bytesPerSecond > 0 ? left / bytesPerSecond : nil
        )
    }
}
