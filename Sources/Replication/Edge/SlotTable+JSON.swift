// Reading of slots.json; see SlotTable+Saves.swift for its shape.

internal import FoundationEssentials
package import Primitives

extension SlotTable {
    /// Reads a table back. Nobody is connected in it.
    /// - Returns: the table, and a warning for every row that had to be skipped.
    /// - Throws: where the file as a whole cannot be read. The caller sets it aside as `corruptFileName` and begins with
    ///   `slotsWereLost`.
    package static func read(
        _ json: [UInt8],
        history: History,
        ancestors: [Ancestor] = [],
        limits: SlotLimits = SlotLimits(),
        loadedAt: Milliseconds
    ) throws(NodeFileError) -> (table: SlotTable, warnings: [String]) {
        let file = try NodeFile.decode(SlotFile.self, from: json, name: Self.fileName, newest: Self.newestVersion)
        var table = SlotTable(history: history, ancestors: ancestors, limits: limits, loadedAt: loadedAt)
        table.noPruningUntil = file.noPruningUntil
        var warnings: [String] = []
        for (number, row) in file.slots.enumerated() {
            do throws(SlotRowError) {
                let slot = try row.slot(loadedAt: loadedAt)
                guard table.rows.index(id: slot.id) == nil else { throw SlotRowError("\(slot.id) has a row already") }
                _ = table.rows.append(slot)
            } catch {
                warnings.append("\(Self.fileName): row \(number) is skipped: \(error.reason)")
            }
        }
        return (table, warnings)
    }
}

private struct SlotRowError: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

private struct SlotFile: Decodable {
    var noPruningUntil: Milliseconds?
    var slots: [LossyRow]
}

/// A row, or why it is none: one bad row must not cost the others.
private struct LossyRow: Decodable {
    private let row: Result<SlotRow, SlotRowError>

    init(from decoder: any Decoder) {
        do {
            self.row = .success(try SlotRow(from: decoder))
        } catch {
            self.row = .failure(SlotRowError(NodeFile.reason(error)))
        }
    }

    func slot(loadedAt: Milliseconds) throws(SlotRowError) -> Slot { try self.row.get().slot(loadedAt: loadedAt) }
}

private struct SlotRow: Decodable {
    struct Invalidation: Decodable {
        var cause: String
        var at: Milliseconds
    }

    var id: String
    var history: String
    var restart: Position
    var confirmed: Position
    var acknowledged: Bool
    var durable: Bool
    var lastSeen: Milliseconds
    var pin: Position?
    var region: String?
    var invalidation: Invalidation?

    func slot(loadedAt: Milliseconds) throws(SlotRowError) -> Slot {
        guard (1...HandshakeRequest.longestID).contains(self.id.utf8.count) else {
            throw SlotRowError("the id is \(self.id.utf8.count) bytes long")
        }
        guard let history = History(text: self.history), history != .none else {
            throw SlotRowError("\(self.history) is no history")
        }
        guard self.restart <= self.confirmed, self.confirmed <= Position(Int64.max) else {
            throw SlotRowError("restart \(self.restart) and confirmed \(self.confirmed) do not go together")
        }
        var slot = Slot(
            id: self.id,
            history: history,
            restart: self.restart,
            confirmed: self.confirmed,
            // A clock that was set back since must not keep a slot for ever.
            lastSeen: min(self.lastSeen, loadedAt)
        )
        slot.hasAcknowledged = self.acknowledged
        slot.reportsDurable = self.durable
        slot.pin = self.pin.flatMap { $0 < self.restart ? $0 : nil }
        slot.region = self.region
        slot.invalidation = self.invalidation.map {
            SlotInvalidation(cause: SlotInvalidationCause(name: $0.cause), at: $0.at)
        }
        return slot
    }
}
