import Primitives

@testable import Replication

extension SlotTable {
    static let testHistory = History(seed: 1)

    static func make(
        loadedAt: Milliseconds = 0,
        ancestors: [Ancestor] = [],
        _ configure: (inout SlotLimits) -> Void = { _ in }
    ) -> SlotTable {
        var limits = SlotLimits()
        configure(&limits)
        return SlotTable(history: Self.testHistory, ancestors: ancestors, limits: limits, loadedAt: loadedAt)
    }

    /// A long-form link, unless told otherwise.
    mutating func open(
        _ number: UInt64,
        id: String = "a",
        at position: Position = 0,
        isLong: Bool = true,
        region: String? = nil,
        waits: Bool = false,
        now: Milliseconds = 0
    ) throws(SlotTableFull) {
        let request = HandshakeRequest(
            position: position,
            id: id,
            history: isLong ? Self.testHistory : nil,
            region: region
        )
        try self.linkOpened(number: number, request: request, waitsForSnapshot: waits, now: now)
    }

    mutating func acknowledge(
        _ number: UInt64,
        _ applied: Position,
        _ durable: Position? = nil,
        now: Milliseconds = 0
    ) {
        self.linkAcknowledged(number: number, applied: applied, durable: durable, tip: .max, now: now)
    }

    /// One byte a mutation, and a log that goes back to the beginning.
    mutating func enforceAll(tip: Position, oldest: Position? = 0, now: Milliseconds = 0) -> [SlotLoss] {
        self.enforce(LogExtent(tip: tip, oldest: oldest), now: now) { Int(tip - min($0, tip)) }
    }

    mutating func reachTip(
        _ number: UInt64,
        tip: Position,
        applied: Position? = nil,
        durable: Position? = nil,
        oldest: Position? = 0,
        now: Milliseconds = 0
    ) -> Bool {
        self.linkReachedTip(
            number: number,
            applied: applied,
            durable: durable,
            log: LogExtent(tip: tip, oldest: oldest),
            now: now,
            retainedBytes: { Int(tip - min($0, tip)) }
        )
    }

    /// As it is after a restart of the primary.
    mutating func restarted(at now: Milliseconds) throws -> SlotTable {
        let json = self.takeFinalSave(now: now) ?? []
        return try SlotTable.read(
            json,
            history: self.history,
            ancestors: self.ancestors,
            limits: self.limits,
            loadedAt: now
        ).table
    }
}
