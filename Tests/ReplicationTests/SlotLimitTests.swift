import Primitives
import Testing

@testable import Replication

@Suite struct SlotLimitTests {
    private static let day: Milliseconds = 24 * 3_600_000

    @Test("the defaults are ten gigabytes, a day, a minute and 1024 slots")
    func defaults() {
        let limits = SlotLimits()
        #expect(limits.maxRetainedBytes == 10 << 30 && limits.maxLag == 0 && limits.idleTimeout == Self.day)
        #expect(limits.reconnectWindow == 60_000 && limits.maxSlots == 1024)
    }

    @Test("one slot more than allowed is refused, and a known one never is")
    func full() throws {
        var table = SlotTable.make { $0.maxSlots = 2 }
        try table.open(1, id: "a")
        try table.open(2, id: "b")
        table.linkClosed(number: 1, now: 0)
        #expect(!table.admits("c") && table.admits("a"))
        let error = #expect(throws: SlotTableFull.self) { try table.open(3, id: "c") }
        #expect(error?.message.contains("all 2 slots") == true)
        try table.open(4, id: "a")
        #expect(table.slots.count == 2)
    }

    @Test("retained bytes are compared with >, and so is the lag in mutations", arguments: [true, false])
    func horizon(isBytes: Bool) throws {
        var table = SlotTable.make {
            $0.maxRetainedBytes = isBytes ? 100 : 0
            $0.maxLag = isBytes ? 0 : 100
        }
        try table.open(1)
        table.acknowledge(1, 50, 50)
        #expect(table.enforceAll(tip: 150) == [])
        #expect(table.enforceAll(tip: 151, now: 7) == [SlotLoss(id: "a", cause: .horizon)])
        #expect(table["a"]?.invalidation == SlotInvalidation(cause: .horizon, at: 7))
        #expect(table.isInvalidated("a") && !table.isInvalidated("b"))
        #expect(table.enforceAll(tip: 200, now: 8) == [], "a slot is lost once")
    }

    @Test("a limit of zero is off, and without a log nothing is retained")
    func off() throws {
        var table = SlotTable.make {
            $0.maxRetainedBytes = 0
            $0.idleTimeout = 0
        }
        try table.open(1)
        table.acknowledge(1, 1)
        table.linkClosed(number: 1, now: 0)
        #expect(table.enforceAll(tip: 1 << 40, now: .max) == [])
        table.limits.maxRetainedBytes = 1
        #expect(table.enforceAll(tip: 1 << 40, oldest: nil, now: .max) == [])
    }

    @Test("a slot is idle after the time-out, but never while connected")
    func idle() throws {
        var table = SlotTable.make()
        try table.open(1, id: "here")
        try table.open(2, id: "gone")
        for link in [1, 2] as [UInt64] { table.acknowledge(link, 1) }
        table.linkClosed(number: 2, now: 1000)
        #expect(table.enforceAll(tip: 1, now: 1000 + Self.day) == [])
        #expect(table.enforceAll(tip: 1, now: 1001 + Self.day) == [SlotLoss(id: "gone", cause: .idleTimeout)])
        #expect(table.enforceAll(tip: 1, now: .max) == [])
    }

    @Test("the time that the primary was down is nobody's idle time")
    func downTime() throws {
        var table = SlotTable.make()
        try table.open(1)
        table.acknowledge(1, 1)
        table.linkClosed(number: 1, now: 1000)
        var later = try table.restarted(at: 10 * Self.day)
        #expect(later["a"]?.lastSeen == 1000)
        #expect(later.enforceAll(tip: 1, now: 11 * Self.day) == [])
        #expect(later.enforceAll(tip: 1, now: 11 * Self.day + 1) == [SlotLoss(id: "a", cause: .idleTimeout)])
    }

    @Test("a position that has left the log loses its slot, after the other limits were looked at")
    func removed() throws {
        var table = SlotTable.make { $0.maxRetainedBytes = 100 }
        try table.open(1)
        table.acknowledge(1, 50, 50)
        #expect(table.enforceAll(tip: 100, oldest: 50) == [])
        var copy = table
        #expect(copy.enforceAll(tip: 100, oldest: 51) == [SlotLoss(id: "a", cause: .logRemoved)])
        copy = table
        #expect(copy.enforceAll(tip: 200, oldest: 51) == [SlotLoss(id: "a", cause: .horizon)])
        copy = table
        copy.linkClosed(number: 1, now: 0)
        #expect(copy.enforceAll(tip: 100, oldest: 51, now: 2 * Self.day) == [SlotLoss(id: "a", cause: .idleTimeout)])
    }

    @Test("the floor is the smallest position that a valid slot holds, and a lost slot lets go at once")
    func floor() throws {
        var table = SlotTable.make { $0.maxRetainedBytes = 100 }
        #expect(table.retentionFloor(now: 0) == nil)
        try table.open(1, id: "a")
        try table.open(2, id: "b")
        table.acknowledge(1, 90, 60)
        table.acknowledge(2, 90)
        #expect(table.retentionFloor(now: 0) == 60)
        #expect(table.enforceAll(tip: 170).map(\.id) == ["a"])
        #expect(table.retentionFloor(now: 0) == 90)
        #expect(table.enforceAll(tip: 300).map(\.id) == ["b"])
        #expect(table.retentionFloor(now: 0) == nil)
    }

    @Test("a replica that never acknowledged is forgotten after the reconnect window, which a start begins anew")
    func forgotten() throws {
        var table = SlotTable.make()
        try table.open(1, id: "silent", isLong: false)
        try table.open(2, id: "known")
        try table.open(3, id: "here")
        table.acknowledge(2, 1)
        table.linkClosed(number: 1, now: 1000)
        table.linkClosed(number: 2, now: 1000)
        _ = table.enforceAll(tip: 1, now: 60_999)
        #expect(table["silent"] != nil)
        var saved = table
        _ = table.enforceAll(tip: 1, now: 61_000)
        #expect(table["silent"] == nil && table["known"] != nil && table["here"] != nil)
        #expect(table.slots.count == 2)

        var later = try saved.restarted(at: 500_000)
        _ = later.enforceAll(tip: 1, now: 559_999)
        #expect(later["silent"] != nil)
        _ = later.enforceAll(tip: 1, now: 560_000)
        #expect(later["silent"] == nil && later["here"] == nil && later["known"] != nil)
    }

    @Test("times at the end of the world do not trap")
    func saturation() throws {
        var table = SlotTable.make { $0.reconnectWindow = .max }
        try table.open(1, now: .max)
        table.linkClosed(number: 1, now: .max)
        #expect(table.enforceAll(tip: 1, now: .min) == [])
        #expect(table["a"] != nil)
        _ = table.enforceAll(tip: 1, now: .max)
        #expect(table["a"] == nil)
    }

    @Test("a forecast tells what is left until a slot is lost")
    func forecast() throws {
        var table = SlotTable.make { $0.maxRetainedBytes = 1000 }
        try table.open(1)
        table.acknowledge(1, 100, 100)
        let slot = try #require(table["a"])
        func forecast(tip: Int, rate: Int) -> SlotForecast {
            table.forecast(for: slot, bytesPerSecond: rate) { tip - Int($0) }
        }
        #expect(forecast(tip: 400, rate: 7) == SlotForecast(retainedBytes: 300, bytesLeft: 700, secondsLeft: 100))
        #expect(forecast(tip: 400, rate: 0) == SlotForecast(retainedBytes: 300, bytesLeft: 700, secondsLeft: nil))
        #expect(forecast(tip: 4000, rate: 7) == SlotForecast(retainedBytes: 3900, bytesLeft: 0, secondsLeft: 0))
        table.limits.maxRetainedBytes = 0
        #expect(forecast(tip: 400, rate: 7) == SlotForecast(retainedBytes: 300, bytesLeft: nil, secondsLeft: nil))
        table.limits.maxRetainedBytes = 10
        #expect(table.enforceAll(tip: 400).count == 1)
        let lost = try #require(table["a"])
        #expect(table.forecast(for: lost, bytesPerSecond: 7) { _ in 9 } == SlotForecast(retainedBytes: 0))
    }

    @Test("a slot is dropped for an operator, unless its replica is connected")
    func drop() throws {
        var table = SlotTable.make()
        try table.open(1)
        #expect(table.drop("a") == .refusedConnected && table.drop("b") == .unknown)
        table.linkClosed(number: 1, now: 0)
        #expect(table.drop("a") == .dropped && table["a"] == nil && table.drop("a") == .unknown)
    }
}
