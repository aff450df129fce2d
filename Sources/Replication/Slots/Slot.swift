// What the primary remembers about a replica between its connections: how much of the log it still needs.

package import Primitives

package struct Slot: Equatable, Sendable {
    package let id: String
    /// The history that the positions count in.
    package internal(set) var history: History
    /// Everything up to here is safe with the replica: its durable position where it reports one, else what it applied, else,
    /// for a replica that never acknowledges, what was sent. Only goes forward.
    package internal(set) var restart: Position
    /// Everything up to here the replica has applied. Never below `restart`; only goes forward.
    package internal(set) var confirmed: Position
    /// Whether it ever acknowledged anything.
    package internal(set) var hasAcknowledged = false
    /// Whether its latest link reported what is durable there.
    package internal(set) var reportsDurable = false
    /// Where the replica really stands after it came back behind its record; nil once it has caught up with that.
    package internal(set) var pin: Position?
    package internal(set) var region: String?
    package internal(set) var lastSeen: Milliseconds
    package internal(set) var invalidation: SlotInvalidation?
    /// The number of the link that serves it.
    package internal(set) var link: UInt64?
    package internal(set) var transfer: SlotTransfer?
    /// Whether the link's form obliges it to acknowledge.
    var mustAcknowledge = false

    package var isValid: Bool { self.invalidation == nil }
    package var isConnected: Bool { self.link != nil }

    /// The position that the log must be able to resume from for this replica; nil where it holds nothing. Whether the
    /// position counts in the stream's history is for the table to say.
    var held: Position? {
        switch self.transfer {
        case .waiting: nil
        case .sending(let position): position
        case nil: self.isValid ? min(self.restart, self.pin ?? self.restart) : nil
        }
    }

    /// Takes the replica's word for where it stands when it comes back.
    ///
    /// One that reports durable positions may claim what it has in memory, so its record stays where it is.
    mutating func resumed(at position: Position) {
        let reach = self.reportsDurable ? min(self.held ?? self.restart, position) : position
        self.restart = max(self.restart, reach)
        self.confirmed = max(self.confirmed, position, self.restart)
        self.pin = reach < self.restart ? reach : nil
        self.reportsDurable = false
    }

    /// - Returns: whether anything changed that is kept across a restart of the primary.
    mutating func acknowledged(applied: Position, durable: Position?, now: Milliseconds) -> Bool {
        self.lastSeen = now
        var isChanged = !self.hasAcknowledged
        self.hasAcknowledged = true
        if applied > self.confirmed {
            self.confirmed = applied
            isChanged = true
        }
        if let durable {
            if !self.reportsDurable { isChanged = true }
            self.reportsDurable = true
            return self.advance(to: min(durable, applied)) || isChanged
        }
        if self.reportsDurable { return isChanged }
        return self.advance(to: applied) || isChanged
    }

    /// - Returns: whether anything changed.
    mutating func sent(to position: Position) -> Bool {
        guard !self.mustAcknowledge, !self.hasAcknowledged else { return false }
        self.confirmed = max(self.confirmed, position)
        return self.advance(to: position)
    }

    private mutating func advance(to position: Position) -> Bool {
        var isChanged = false
        if let pin = self.pin, position > pin {
            self.pin = position < self.restart ? position : nil
            isChanged = true
        }
        if position > self.restart {
            self.restart = position
            isChanged = true
        }
        assert(self.confirmed >= self.restart, "what is durable has been applied")
        return isChanged
    }
}

/// That the primary has stopped keeping the log for a replica.
package struct SlotInvalidation: Equatable, Sendable {
    package var cause: SlotInvalidationCause
    package var at: Milliseconds
}

package enum SlotInvalidationCause: Hashable, Sendable {
    /// It held more log, or lagged by more mutations, than allowed.
    case horizon
    /// It was away for too long.
    case idleTimeout
    /// Its position has left the log.
    case logRemoved
    /// Written by another version of this program; the slot stays invalid.
    case unknown(String)

    package init(name: String) {
        switch name {
        case "horizon": self = .horizon
        case "idle-timeout": self = .idleTimeout
        case "wal-removed": self = .logRemoved
        default: self = .unknown(name)
        }
    }

    /// As operators and `slots.json` know it.
    package var name: String {
        switch self {
        case .horizon: "horizon"
        case .idleTimeout: "idle-timeout"
        case .logRemoved: "wal-removed"
        case .unknown(let name): name
        }
    }
}

/// Where a replica stands that needs a snapshot.
package enum SlotTransfer: Equatable, Sendable {
    /// It waits for its turn, or has gone away before its end, and pins nothing.
    case waiting
    /// The snapshot's position is pinned from its trigger on.
    case sending(Position)
}

/// What slots may cost. Zero turns a limit off.
package struct SlotLimits: Equatable, Sendable {
    package var maxSlots = 1024
    /// Bytes of log behind a slot.
    package var maxRetainedBytes = 10 << 30
    /// Mutations between a slot and the tip.
    package var maxLag: UInt64 = 0
    package var idleTimeout: Milliseconds = 24 * 3_600_000
    /// A replica that never acknowledged anything is forgotten so long after it was seen last.
    package var reconnectWindow: Milliseconds = 60_000

    package init() {}
}

/// What the slots are measured against. Without a log there is no oldest position, and nothing is retained.
package struct LogExtent: Equatable, Sendable {
    package var tip: Position
    /// The oldest position from which the log can resume; nil without a log.
    package var oldest: Position?

    package init(tip: Position, oldest: Position?) {
        self.tip = tip
        self.oldest = oldest
    }
}

extension Milliseconds {
    /// Additions and differences of times stop at the ends: a time from a damaged file must not trap.
    func saturatingAdd(_ other: Milliseconds) -> Milliseconds {
        let (sum, isOverflow) = self.addingReportingOverflow(other)
        return isOverflow ? (other < 0 ? .min : .max) : sum
    }

    func saturatingSubtract(_ other: Milliseconds) -> Milliseconds {
        let (difference, isOverflow) = self.subtractingReportingOverflow(other)
        return isOverflow ? (other < 0 ? .max : .min) : difference
    }
}
