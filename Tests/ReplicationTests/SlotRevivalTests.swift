import Primitives
import Testing

@testable import Replication

@Suite struct SlotRevivalTests {
    /// One slot, lost while its link lives on.
    private static func lost(isLong: Bool = true) throws -> SlotTable {
        var table = SlotTable.make { $0.maxRetainedBytes = 100 }
        try table.open(1, isLong: isLong)
        if isLong { table.acknowledge(1, 10, 10, now: 5) }
        #expect(table.enforceAll(tip: 200, now: 50).count == 1)
        return table
    }

    @Test("an acknowledgement neither refreshes nor revives a lost slot")
    func acknowledgement() throws {
        var table = try Self.lost()
        table.acknowledge(1, 200, 200, now: 60)
        table.linkSent(number: 1, to: 200)
        let slot = try #require(table["a"])
        #expect(!slot.isValid && slot.lastSeen == 5 && slot.restart == 10 && slot.confirmed == 10)
        #expect(table.retentionFloor(now: 60) == nil)
    }

    @Test("a live link that reaches the tip makes its slot valid where the replica is")
    func tip() throws {
        var table = try Self.lost()
        #expect(table.reachTip(1, tip: 250, applied: 240, durable: 220, now: 70) == true)
        let slot = try #require(table["a"])
        #expect(slot.isValid && slot.restart == 220 && slot.confirmed == 240 && slot.lastSeen == 70)
        #expect(slot.reportsDurable && table.retentionFloor(now: 70) == 220)
        #expect(table.reachTip(1, tip: 250, applied: 240, durable: 220) == false, "it is valid already")
    }

    @Test("a replica that was sent everything and has too little of it stays lost, or it would be lost again")
    func stillBehind() throws {
        var table = try Self.lost()
        #expect(table.reachTip(1, tip: 250, applied: 250, durable: 149) == false)
        #expect(table.reachTip(1, tip: 250, applied: 160, durable: 160, oldest: 161) == false)
        #expect(table.reachTip(1, tip: 250) == false, "it has not said yet where it is")
        #expect(table.reachTip(1, tip: 250, applied: 250, durable: 150) == true)
    }

    @Test("a replica that never acknowledges is valid again where it was sent to")
    func silent() throws {
        var table = try Self.lost(isLong: false)
        #expect(table.reachTip(1, tip: 250) == true)
        #expect(table["a"]?.restart == 250 && table["a"]?.isValid == true)
    }

    @Test("a link that is gone, or was replaced, revives nothing")
    func gone() throws {
        var table = try Self.lost()
        try table.open(2, at: 200)
        #expect(table.isInvalidated("a"), "coming back is not enough")
        #expect(table.reachTip(1, tip: 200, applied: 200) == false)
        table.linkClosed(number: 2, now: 0)
        #expect(table.reachTip(2, tip: 200, applied: 200) == false)
        #expect(table.isInvalidated("a"))
    }

    @Test("a link that waits for a snapshot pins nothing; from the trigger on its position is pinned")
    func snapshot() throws {
        var table = try Self.lost()
        try table.open(2, at: 10, waits: true)
        #expect(table.retentionFloor(now: 0) == nil)
        table.snapshotTriggered(number: 2, at: 210)
        #expect(table.retentionFloor(now: 0) == 210 && table.isInvalidated("a"))
        #expect(table.enforceAll(tip: 250) == [])
        table.acknowledge(2, 10, 10)
        table.snapshotFinished(number: 2, at: 210, now: 80)
        let slot = try #require(table["a"])
        #expect(slot.isValid && slot.restart == 210 && slot.confirmed == 210 && slot.lastSeen == 80)
        table.acknowledge(2, 250, 230)
        #expect(table.retentionFloor(now: 0) == 230)
    }

    @Test("a valid slot lets go while its replica waits for a snapshot, and what the replica says then moves nothing")
    func validWaiting() throws {
        var table = SlotTable.make()
        try table.open(1)
        table.acknowledge(1, 10, 10)
        try table.open(2, at: 0, waits: true)
        table.acknowledge(2, 20, 20)
        #expect(table["a"]?.restart == 10 && table.retentionFloor(now: 0) == nil)
    }

    @Test("a snapshot that takes too long, or is cut short, pins nothing any more")
    func longSnapshot() throws {
        var table = try Self.lost()
        try table.open(2, at: 10, waits: true)
        table.snapshotTriggered(number: 2, at: 210)
        #expect(table.enforceAll(tip: 311) == [SlotLoss(id: "a", cause: .horizon)])
        #expect(table.retentionFloor(now: 0) == nil)
        // It got to its end all the same.
        table.snapshotFinished(number: 2, at: 310, now: 0)
        #expect(table.retentionFloor(now: 0) == 310)

        var other = try Self.lost()
        try other.open(2, at: 10, waits: true)
        other.snapshotTriggered(number: 2, at: 210)
        other.linkClosed(number: 2, now: 0)
        #expect(other.retentionFloor(now: 0) == nil)
    }
}
