import Primitives
import Testing

@testable import Replication

@Suite struct SlotSaveTests {
    private static func read(
        _ text: String,
        loadedAt: Milliseconds = 0
    ) throws -> (table: SlotTable, warnings: [String]) {
        try SlotTable.read(Array(text.utf8), history: SlotTable.testHistory, loadedAt: loadedAt)
    }

    private static func row(_ id: String, restart: String = "5", more: String = "") -> String {
        """
        {"id": "\(id)", "history": "\(SlotTable.testHistory.hex)", "restart": \(restart), "confirmed": 9,
         "acknowledged": true, "durable": true, "lastSeen": 77\(more)}
        """
    }

    @Test("100 slots that acknowledge 1000 times a second each are saved once a second")
    func coalesced() throws {
        var table = SlotTable.make()
        for link in 1...100 as ClosedRange<UInt64> { try table.open(link, id: "r\(link)") }
        var saves = 0
        for now in 0..<60_000 as Range<Milliseconds> {
            for link in 1...100 as ClosedRange<UInt64> {
                table.acknowledge(link, Position(now + 1), Position(now), now: now)
            }
            if table.takeSave(now: now) != nil { saves += 1 }
        }
        #expect((55...61).contains(saves))
    }

    @Test("nothing is saved that has not changed, and a change waits for its second")
    func unchanged() throws {
        var table = SlotTable.make()
        #expect(table.takeSave(now: 0) == nil && table.takeFinalSave(now: 0) == nil)
        try table.open(1, now: 100)
        #expect(table.takeSave(now: 100) != nil)
        table.acknowledge(1, 5, 5, now: 200)
        #expect(table.takeSave(now: 1099) == nil)
        #expect(table.takeSave(now: 1100) != nil)
        // A replica that says the same again every second costs no write.
        table.acknowledge(1, 5, 5, now: 5000)
        #expect(table.takeSave(now: 9000) == nil)
        #expect(table.takeFinalSave(now: 9000) != nil, "at the end the time counts too")
        #expect(table.takeFinalSave(now: 9000) == nil)
        table.saveFailed()
        #expect(table.takeSave(now: 9500) == nil)
        #expect(table.takeSave(now: 10_000) != nil)
        table.linkClosed(number: 1, now: 10_100)
        #expect(table.takeSave(now: 3) != nil, "a clock that was set back stops no save")
    }

    @Test("a table comes back from its file as it went in, with nobody connected")
    func roundTrip() throws {
        var table = SlotTable.make { $0.maxRetainedBytes = 1000 }
        let odd = "q\"\\/\u{1}\n€"
        try table.open(1, id: odd, region: "r\t\"")
        try table.open(2, id: "lost")
        try table.open(3, id: "pinned")
        try table.open(4, id: "silent", isLong: false)
        table.acknowledge(1, 2000, 1999, now: 5)
        table.acknowledge(2, 10)
        table.acknowledge(3, 2000, 2000)
        table.linkSent(number: 4, to: 1500)
        #expect(table.enforceAll(tip: 2000, now: 9).map(\.id) == ["lost"])
        try table.open(5, id: "pinned", at: 1400, now: 10)
        let expected = table.slots.map { slot in
            var slot = slot
            slot.link = nil
            slot.mustAcknowledge = false
            return slot
        }
        let loaded = try table.restarted(at: 1000)
        #expect(loaded.slots == expected)
        #expect(loaded[odd]?.region == "r\t\"" && loaded["pinned"]?.pin == 1400)
        #expect(loaded.retentionFloor(now: 1000) == 1400)
        let empty = try Self.read("{\"version\":1,\"savedAt\":0,\"slots\":[]}")
        #expect(empty.table.slots.isEmpty && empty.warnings.isEmpty)
    }

    @Test("a bad row is skipped with a warning, and the others are kept")
    func badRows() throws {
        let rows = [
            Self.row("a"), "7", "null", "{}", Self.row("b", restart: "\"x\""), Self.row("c", restart: "-1"),
            Self.row("d", restart: "10"), Self.row(""), Self.row(String(repeating: "x", count: 257)), Self.row("a"),
            Self.row("e").split(separator: SlotTable.testHistory.hex).joined(separator: "00"), Self.row("f"),
        ]
        let (table, warnings) = try Self.read("{\"version\": 1, \"slots\": [\(rows.joined(separator: ","))]}")
        #expect(table.slots.map(\.id) == ["a", "f"])
        #expect(warnings.count == 10)
        #expect(warnings[0].contains("row 1") && warnings.last?.contains("00 is no history") == true)
        #expect(warnings.contains { $0.contains("a has a row already") })
    }

    @Test("a cause that nobody knows keeps its slot invalid, and its name")
    func unknownCause() throws {
        let row = Self.row("a", more: #", "invalidation": {"cause": "moon", "at": 3}"#)
        var (table, warnings) = try Self.read("{\"version\": 1, \"slots\": [\(row)]}")
        #expect(warnings.isEmpty && table.isInvalidated("a") && table.retentionFloor(now: 0) == nil)
        try table.open(1, at: 9)
        let again = try table.restarted(at: 5)
        #expect(again["a"]?.invalidation == SlotInvalidation(cause: .unknown("moon"), at: 3))
        for cause in [.horizon, .idleTimeout, .logRemoved] as [SlotInvalidationCause] {
            #expect(SlotInvalidationCause(name: cause.name) == cause)
        }
    }

    @Test("a file that cannot be read is an error", arguments: ["", "[]", "{}", "{\"version\": 1}", "\u{0}\u{0}"])
    func unreadable(text: String) {
        let error = #expect(throws: NodeFileError.self) { try Self.read(text) }
        #expect(error?.code == .malformed)
        #expect(SlotTable.corruptFileName(now: 12) == "slots.json.corrupt-12")
    }

    @Test("a file of a newer format is an error that says so")
    func newer() {
        let error = #expect(throws: NodeFileError.self) { try Self.read("{\"version\": 2, \"slots\": 0}") }
        #expect(error?.code == .versionTooNew)
    }

    @Test("after slots were lost nothing is pruned for one idle time-out, across restarts too")
    func noPruning() throws {
        var limits = SlotLimits()
        limits.idleTimeout = 5000
        var table = SlotTable(
            history: SlotTable.testHistory,
            limits: limits,
            loadedAt: 1000,
            slotsWereLost: true
        )
        #expect(table.noPruningUntil == 6000)
        try table.open(1, at: 40)
        #expect(table.retentionFloor(now: 5999) == 0)
        var later = try table.restarted(at: 2000)
        #expect(later.retentionFloor(now: 5999) == 0 && later.retentionFloor(now: 6000) == 40)
        #expect(later.enforceAll(tip: 40, now: 6000) == [])
        #expect(later.noPruningUntil == nil && later.takeSave(now: 6000) != nil)
        limits.idleTimeout = 0
        let off = SlotTable(history: SlotTable.testHistory, limits: limits, loadedAt: 0, slotsWereLost: true)
        #expect(off.noPruningUntil == SlotLimits().idleTimeout)
    }

    @Test("a row seen in the future is taken as seen at the start")
    func future() throws {
        let (table, _) = try Self.read("{\"version\": 1, \"slots\": [\(Self.row("a"))]}", loadedAt: 50)
        #expect(table["a"]?.lastSeen == 50)
    }
}
