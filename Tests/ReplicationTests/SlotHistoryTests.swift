import Primitives
import Testing

@testable import Replication

@Suite struct SlotHistoryTests {
    private static let next = History(seed: 2)

    /// One slot with a restart of 50 and 60 confirmed, in a history that was then left at a position.
    private static func table(leftAt position: Position?) throws -> SlotTable {
        var table = SlotTable.make { $0.maxRetainedBytes = 1000 }
        try table.open(1)
        table.acknowledge(1, 60, 50)
        table.linkClosed(number: 1, now: 0)
        let ancestors = position.map { [Ancestor(history: SlotTable.testHistory, left: $0)] }
        table.historyBegan(Self.next, ancestors: ancestors ?? [])
        return table
    }

    private static func reopen(_ table: inout SlotTable, at position: Position) throws {
        let request = HandshakeRequest(position: position, id: "a", history: SlotTable.testHistory)
        try table.linkOpened(number: 2, request: request, now: 10)
    }

    @Test("a slot of an ancestor holds the log: its replica can resume", arguments: [50, 55, 100] as [Position])
    func ancestor(left: Position) throws {
        var table = try Self.table(leftAt: left)
        #expect(table.retentionFloor(now: 0) == 50)
        #expect(table.enforceAll(tip: 1051) == [SlotLoss(id: "a", cause: .horizon)])
    }

    @Test("a slot of a foreign history, or from beyond an ancestor's end, holds nothing", arguments: [nil, 49, 0])
    func foreign(left: Position?) throws {
        var table = try Self.table(leftAt: left)
        #expect(table.retentionFloor(now: 0) == nil)
        #expect(table.enforceAll(tip: 5000) == [])
        let slot = try #require(table["a"])
        #expect(table.forecast(for: slot, bytesPerSecond: 1) { _ in 7 } == SlotForecast(retainedBytes: 0))
        // Being away too long loses it like any other.
        #expect(table.enforceAll(tip: 5000, now: 1 << 40) == [SlotLoss(id: "a", cause: .idleTimeout)])
    }

    @Test("a replica that resumes from an ancestor keeps what both histories share of its record")
    func moves() throws {
        var table = try Self.table(leftAt: 55)
        try Self.reopen(&table, at: 55)
        #expect(table["a"]?.history == Self.next && table["a"]?.restart == 50 && table["a"]?.confirmed == 55)
        table.acknowledge(2, 80, 70)
        #expect(table.retentionFloor(now: 0) == 70)
    }

    @Test("a replica that comes back with another history's record begins a new one")
    func startsAnew() throws {
        var table = try Self.table(leftAt: 40)
        try Self.reopen(&table, at: 30)
        #expect(table["a"]?.history == Self.next && table["a"]?.restart == 30 && table["a"]?.confirmed == 30)
        #expect(table.retentionFloor(now: 0) == 30)
    }

    @Test("what a link of the old history still says changes nothing")
    func lateReport() throws {
        var table = SlotTable.make()
        try table.open(1)
        table.acknowledge(1, 60, 50)
        table.historyBegan(Self.next, ancestors: [Ancestor(history: SlotTable.testHistory, left: 60)])
        table.acknowledge(1, 90, 90)
        table.linkSent(number: 1, to: 90)
        #expect(table["a"]?.restart == 50 && table["a"]?.confirmed == 60)
    }
}
