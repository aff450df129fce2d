import Channels
import Testing

@Suite("the bandwidth budget")
struct BandwidthBudgetTests {
    private static let second: Microseconds = 1_000_000

    /// A bucket of 1000 bytes, of which background traffic may use 300.
    private func budget() -> Bucket {
        var options = BudgetOptions()
        options.linkSpeed = 2_000
        return Bucket(BandwidthBudget(options, now: 0))
    }

    @Test("it starts full, holds one second of its share, and fills with time")
    func filling() {
        let budget = self.budget()
        #expect(budget.capacity == 1_000 && budget.tokens == 1_000)
        #expect(budget.admit(900, .foreground, now: 0) && budget.tokens == 100)
        #expect(!budget.admit(200, .foreground, now: 99_000))
        #expect(budget.admit(200, .foreground, now: 100_000) && budget.tokens == 0)
        #expect(budget.admittedAt(1_000, .foreground, now: 50 * Self.second) == 50 * Self.second)
        #expect(budget.tokens == 1_000)
    }

    @Test("time in pieces fills as much as time at once")
    func noFractionIsLost() {
        let budget = self.budget()
        #expect(budget.admit(1_000, .foreground, now: 0))
        for now in 1...Microseconds(100_000) { _ = budget.admittedAt(1, .foreground, now: now) }
        #expect(budget.tokens == 100)
    }

    @Test("what is larger than the bucket goes when the bucket is full, and drains it")
    func largerThanTheBucket() {
        let budget = self.budget()
        #expect(budget.admit(5_000, .foreground, now: 0) && budget.tokens == 0)
        #expect(!budget.admit(5_000, .foreground, now: Self.second - 1))
        #expect(budget.admit(5_000, .foreground, now: Self.second))
    }

    @Test("background traffic gets its fraction, also where nobody else takes anything")
    func fraction() {
        let budget = self.budget()
        #expect(budget.admit(300, .background, now: 0) && budget.tokens == 700)
        #expect(!budget.admit(1, .background, now: 0))
        // The shared bucket is full again long before.
        #expect(!budget.admit(300, .background, now: Self.second - 1) && budget.tokens == 1_000)
        #expect(budget.admit(300, .background, now: Self.second))
        #expect(!budget.admit(30, .background, now: Self.second + 99_999))
        #expect(budget.admit(30, .background, now: Self.second + 100_000))
    }

    @Test("background traffic leaves room for the foreground, and is let through after a minute")
    func background() {
        let budget = self.budget()
        // The link is busy with the foreground for a minute.
        for half in 0..<Microseconds(120) {
            let now = half * Self.second / 2
            #expect(budget.admit(half == 0 ? 700 : 500, .foreground, now: now))
            #expect(!budget.admit(200, .background, now: now) || half == 0)
        }
        let minute = BandwidthBudget.longestBackgroundWait
        #expect(budget.admittedAt(200, .background, now: minute - 1) == minute)
        #expect(budget.admit(500, .foreground, now: minute))
        #expect(budget.admit(200, .background, now: minute) && budget.tokens >= 0)
        #expect(!budget.admit(200, .background, now: minute + 1))
    }

    @Test("what is larger than the background's part goes when both buckets are full, however busy the background is")
    func tooLargeForTheBackground() {
        let budget = self.budget()
        #expect(budget.admit(10, .background, now: 0))
        #expect(budget.admittedAt(900, .background, now: 0) == 33_334)
        #expect(budget.admit(900, .background, now: 33_334) && budget.tokens == 100)
        #expect(budget.admittedAt(900, .background, now: 33_334) == 33_334 + Self.second)
        #expect(budget.admittedAt(5_000, .background, now: 33_334) == 33_334 + Self.second)
    }

    @Test("nobody should ask for more than an empty bucket gets in time")
    func allowance() {
        var options = BudgetOptions()
        options.linkSpeed = 2_000
        let budget = BandwidthBudget(options, now: 0)
        #expect(budget.allowance(.foreground, within: Self.second / 2) == 500)
        #expect(budget.allowance(.background, within: Self.second / 2) == 150)
        #expect(budget.allowance(.foreground, within: 9 * Self.second) == 1_000)
        #expect(budget.allowance(.background, within: 1) == 1)
        #expect(budget.allowance(.realtime, within: 1) == .max)
    }

    @Test(
        "it says to the microsecond when a message will be admitted",
        arguments: [TrafficClass.foreground, .background]
    )
    func announcing(traffic: TrafficClass) {
        var random = TestGenerator(state: 0x5EED)
        var options = BudgetOptions()
        options.linkSpeed = 7_001
        let budget = Bucket(BandwidthBudget(options, now: 0))
        var now: Microseconds = 0
        for _ in 0..<1_000 {
            now += .random(in: 0...400_000, using: &random)
            let other = TrafficClass.allCases.randomElement(using: &random) ?? .foreground
            _ = budget.admit(.random(in: 1...2_000, using: &random), other, now: now)
            let bytes = Int.random(in: 1...4_000, using: &random)
            let admitted = budget.admittedAt(bytes, traffic, now: now)
            guard admitted > now else { continue }
            #expect(budget.admittedAt(bytes, traffic, now: admitted - 1) == admitted)
            #expect(budget.admittedAt(bytes, traffic, now: admitted) == admitted)
            now = admitted
        }
    }

    @Test("realtime traffic always goes, and still pays")
    func realtime() {
        let budget = self.budget()
        for _ in 0..<3 { #expect(budget.admit(600, .realtime, now: 0)) }
        #expect(budget.tokens == -800)
        #expect(!budget.admit(1, .foreground, now: 800_000))
        #expect(budget.admit(100, .foreground, now: 900_000))
        // Debts end at one bucket, and no other class adds to them or is forgiven any.
        for _ in 0..<9 { #expect(budget.admit(600, .realtime, now: 900_000)) }
        #expect(budget.tokens == -1_000)
    }

    @Test("a refund gives back the price, and never fills above the capacity")
    func refund() {
        let budget = self.budget()
        #expect(budget.admit(400, .foreground, now: 0))
        budget.refund(400)
        #expect(budget.tokens == 1_000)
        budget.refund(400)
        #expect(budget.tokens == 1_000)
    }

    @Test("a clock that steps back takes nothing away")
    func backwards() {
        let budget = self.budget()
        #expect(budget.admit(1_000, .foreground, now: Self.second))
        #expect(!budget.admit(1, .foreground, now: 0))
        #expect(budget.admit(500, .foreground, now: Self.second + Self.second / 2))
    }
}

/// Lets an expectation call what changes the budget.
private final class Bucket {
    private var budget: BandwidthBudget

    init(_ budget: BandwidthBudget) { self.budget = budget }

    var capacity: Int64 { self.budget.capacity }
    var tokens: Int64 { self.budget.tokens }

    func admit(_ bytes: Int, _ traffic: TrafficClass, now: Microseconds) -> Bool {
        self.budget.admit(bytes, traffic, now: now)
    }

    func admittedAt(_ bytes: Int, _ traffic: TrafficClass, now: Microseconds) -> Microseconds {
        self.budget.admittedAt(bytes, traffic, now: now)
    }

    func refund(_ bytes: Int) { self.budget.refund(bytes) }
}
