import Primitives
import Testing

@testable import Replication

@Suite struct SlotPositionTests {
    @Test("what is durable is kept for the replica, what is applied is remembered, and both only go forward")
    func forward() throws {
        var table = SlotTable.make()
        try table.open(1, at: 5, now: 10)
        #expect(table["a"]?.restart == 5 && table["a"]?.confirmed == 5 && table["a"]?.hasAcknowledged == false)
        table.acknowledge(1, 20, 12, now: 20)
        #expect(table["a"]?.restart == 12 && table["a"]?.confirmed == 20)
        table.acknowledge(1, 15, 8, now: 30)
        #expect(table["a"]?.restart == 12 && table["a"]?.confirmed == 20)
        #expect(table["a"]?.lastSeen == 30, "a lower report still says that the replica is there")
        // More durable than applied makes no sense; the lower of the two is safe.
        table.acknowledge(1, 21, 40, now: 40)
        #expect(table["a"]?.restart == 21 && table["a"]?.confirmed == 21)
        // Nor can anybody have more than there is.
        table.linkAcknowledged(number: 1, applied: .max, durable: .max, tip: 22, now: 45)
        #expect(table["a"]?.restart == 22 && table["a"]?.confirmed == 22)
        // Having reported a durable number once, it is not taken back by a report without one.
        table.acknowledge(1, 50, nil, now: 50)
        #expect(table["a"]?.restart == 22 && table["a"]?.confirmed == 50)
    }

    @Test("a replica that reports no durable number is kept where it has applied to")
    func notDurable() throws {
        var table = SlotTable.make()
        try table.open(1)
        table.acknowledge(1, 20)
        #expect(table["a"]?.restart == 20 && table["a"]?.confirmed == 20 && table["a"]?.reportsDurable == false)
    }

    @Test("a replica that never acknowledges is kept where it was sent to, and only that one")
    func silent() throws {
        var table = SlotTable.make()
        try table.open(1, id: "short", isLong: false)
        try table.open(2, id: "long")
        table.linkSent(number: 1, to: 30)
        table.linkSent(number: 2, to: 30)
        #expect(table["short"]?.restart == 30 && table["short"]?.confirmed == 30)
        #expect(table["short"]?.hasAcknowledged == false, "nobody may count it as a replica that has anything")
        #expect(table["long"]?.restart == 0)
        // Its first word ends that.
        table.acknowledge(1, 31)
        table.linkSent(number: 1, to: 50)
        #expect(table["short"]?.restart == 31 && table["short"]?.hasAcknowledged == true)
    }

    @Test("a replica that comes back ahead of its record is kept where it is surely safe")
    func aheadOfRecord() throws {
        var table = SlotTable.make()
        try table.open(1, id: "disk")
        table.acknowledge(1, 20, 10)
        table.linkClosed(number: 1, now: 5)
        // What it claims may be in its memory only.
        try table.open(2, id: "disk", at: 25)
        #expect(table["disk"]?.restart == 10 && table["disk"]?.confirmed == 25)
        // Without durable numbers there is nothing better than its word.
        try table.open(3, id: "memory")
        table.acknowledge(3, 20)
        try table.open(4, id: "memory", at: 25)
        #expect(table["memory"]?.restart == 25)
        // A replica that has stopped to report durable numbers is not held back by those of its past.
        table.acknowledge(2, 30)
        #expect(table["disk"]?.restart == 30)
    }

    @Test("a replica that comes back behind its record is pinned where it is until it has caught up")
    func pinned() throws {
        var table = SlotTable.make()
        try table.open(1)
        table.acknowledge(1, 100, 100)
        try table.open(2, at: 40)
        #expect(table["a"]?.restart == 100 && table["a"]?.pin == 40)
        #expect(table.retentionFloor(now: 0) == 40)
        table.acknowledge(2, 70, 60)
        #expect(table.retentionFloor(now: 0) == 60 && table["a"]?.restart == 100)
        table.linkClosed(number: 2, now: 0)
        #expect(table.retentionFloor(now: 0) == 60, "gone again, it is where it was")
        try table.open(3, at: 65)
        #expect(table.retentionFloor(now: 0) == 60)
        table.acknowledge(3, 110, 105)
        #expect(table["a"]?.pin == nil && table.retentionFloor(now: 0) == 105)
    }

    @Test("an older link of the same id neither reports nor closes anything any more")
    func replaced() throws {
        var table = SlotTable.make()
        try table.open(1)
        try table.open(2, at: 3, now: 50)
        table.acknowledge(1, 90)
        table.linkSent(number: 1, to: 90)
        table.linkClosed(number: 1, now: 60)
        #expect(table["a"]?.confirmed == 3 && table["a"]?.isConnected == true && table["a"]?.lastSeen == 50)
        table.linkClosed(number: 2, now: 70)
        #expect(table["a"]?.isConnected == false && table["a"]?.lastSeen == 70)
        table.acknowledge(2, 90)
        #expect(table["a"]?.confirmed == 3)
    }

    @Test("the region is the last one told")
    func region() throws {
        var table = SlotTable.make()
        try table.open(1, region: "eu")
        try table.open(2)
        #expect(table["a"]?.region == "eu")
        try table.open(3, region: "us")
        #expect(table["a"]?.region == "us")
    }

    @Test("whatever happens: restart never passes confirmed, and neither goes back", arguments: 1...20)
    func invariants(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var table = SlotTable.make()
        var link: UInt64 = 0
        var last: (Position, Position) = (0, 0)
        for step in 0..<500 {
            let number = Position.random(in: 0...1000, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0:
                link += 1
                try table.open(link, at: number, isLong: Bool.random(using: &generator))
            case 1: table.linkClosed(number: link, now: 0)
            case 2: table.linkSent(number: link, to: number)
            default:
                let durable = Bool.random(using: &generator) ? Position.random(in: 0...1000, using: &generator) : nil
                table.acknowledge(link, number, durable)
            }
            guard let slot = table["a"] else { continue }
            #expect(slot.restart <= slot.confirmed && slot.pin.map { $0 < slot.restart } ?? true, "step \(step)")
            #expect(slot.restart >= last.0 && slot.confirmed >= last.1, "step \(step)")
            last = (slot.restart, slot.confirmed)
        }
    }
}
