import Measurement
import Testing

/// Numbers from a seed, so that every test runs the same way each time.
private struct Numbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { self.state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        self.state ^= self.state << 13
        self.state ^= self.state >> 7
        self.state ^= self.state << 17
        return self.state &* 0x2545_F491_4F6C_DD1D
    }

    /// A share between 0 and 1.
    mutating func share() -> Double { Double(self.next() >> 11) / 9_007_199_254_740_992 }
}

/// A machine whose speed wanders while the comparison goes on, and which sometimes stumbles.
private struct Machine {
    private var numbers: Numbers
    private var drift = 1.0

    init(seed: UInt64) { self.numbers = Numbers(seed) }

    /// The cost that a trial shows for a true one.
    mutating func measure(_ cost: Double) -> Double {
        self.drift = max(0.5, self.drift + (self.numbers.share() - 0.5) * 0.1)
        let stumble = self.numbers.share() < 0.05 ? 1 + 2 * self.numbers.share() : 1
        return cost * self.drift * stumble * (0.95 + 0.1 * self.numbers.share())
    }
}

@Suite("Schedule of a paired comparison")
struct PairedScheduleTests {
    private static let cost = GatedMetric("primary_cpu_per_write", .timing(margin: 0.03))
    private static let rate = GatedMetric("write_rate", .timing(margin: 0.03))

    /// The whole comparison of a B that costs so much more; returns the schedule at its end.
    private func run(_ schedule: PairedSchedule, slower: Double, seed: UInt64) -> PairedSchedule {
        var schedule = schedule
        var order = Numbers(seed)
        var machine = Machine(seed: seed &+ 1000)
        while true {
            switch schedule.next(using: &order) {
            case .done: return schedule
            case .renew: continue
            case .trial(let trial):
                let cost = machine.measure(trial.side == .b ? 1 + slower : 1)
                schedule.enter([
                    Self.cost: .init(cost, isLowerBetter: true), Self.rate: .init(1000 / cost, isLowerBetter: false),
                ])
            }
        }
    }

    private func verdicts(_ schedule: PairedSchedule) -> [PairedVerdict?] {
        schedule.tracks.flatMap { $0.map { $0.judgement?.verdict } }
    }

    @Test("trials come as A B B A and B A A B, block after block, and both sides start afresh in between")
    func order() {
        var schedule = PairedSchedule(gates: [[Self.cost]], looks: Looks(pairs: [4], level: 0.01))
        var numbers = Numbers(1)
        var seen = ""
        loop: while true {
            switch schedule.next(using: &numbers) {
            case .done: break loop
            case .renew: seen += "|"
            case .trial(let trial):
                seen += trial.side == .a ? "A" : "B"
                seen += "\(trial.pair)"
                schedule.enter([Self.cost: .init(1, isLowerBetter: true)])
            }
        }
        #expect(seen == "A0B0B1A1|B2A2A3B3")
    }

    @Test("cases take turns in blocks, all of them before a fresh start, and the same seed gives the same order")
    func blocks() {
        func places(_ seed: UInt64) -> [Int] {
            var schedule = PairedSchedule(gates: [[Self.cost], [Self.cost], [Self.cost]])
            var numbers = Numbers(seed)
            var places: [Int] = []
            for _ in 0..<100 {
                switch schedule.next(using: &numbers) {
                case .done: return places
                case .renew: places.append(-1)
                case .trial(let trial):
                    places.append(trial.place)
                    schedule.enter([:])
                }
            }
            return places
        }
        let rounds = places(5).split(separator: -1)
        for round in rounds.dropLast() {
            #expect(round.count == 12 && Set(round) == [0, 1, 2])
            for place in 0..<3 { #expect(round.count { $0 == place } == 4) }
        }
        #expect(places(5) == places(5))
        #expect(places(5) != places(6))
    }

    @Test("a clear change is decided at the first look, and then nothing more is measured")
    func early() {
        var schedule = PairedSchedule(gates: [[Self.cost]])
        var numbers = Numbers(1)
        var trials = 0
        loop: while true {
            switch schedule.next(using: &numbers) {
            case .done: break loop
            case .renew: continue
            case .trial(let trial):
                trials += 1
                schedule.enter([Self.cost: .init(trial.side == .b ? 2 : 1, isLowerBetter: true)])
            }
        }
        #expect(trials == 24)
        #expect(self.verdicts(schedule) == [.regression])
        #expect(schedule.mostTrialsLeft == 0)
    }

    @Test("a case that is decided drops out while another goes on to the last look")
    func dropping() {
        var schedule = PairedSchedule(gates: [[Self.cost], [Self.cost]])
        var numbers = Numbers(1)
        var trials = [0, 0]
        loop: while true {
            switch schedule.next(using: &numbers) {
            case .done: break loop
            case .renew: continue
            case .trial(let trial):
                trials[trial.place] += 1
                // The second case says nothing: now the one side is ahead by far, now the other.
                let wild = trial.pair.isMultiple(of: 4) == (trial.side == .a) ? 3.0 : 1
                schedule.enter([Self.cost: .init(trial.place == 0 ? 1 : wild, isLowerBetter: true)])
            }
        }
        #expect(trials == [24, 96])
        #expect(schedule.tracks[0][0].judgement?.verdict == .ok)
        #expect(schedule.tracks[1][0].judgement?.verdict == .noisy)
    }

    @Test("on a machine that wanders and stumbles, equal builds raise fewer than one alarm in a hundred comparisons")
    func falseAlarms() {
        var alarms = 0
        for seed in 0..<300 {
            let end = self.run(PairedSchedule(gates: [[Self.cost, Self.rate]]), slower: 0, seed: UInt64(seed))
            if self.verdicts(end).contains(where: { $0 == .regression || $0 == .improvement }) { alarms += 1 }
        }
        #expect(alarms <= 3)
    }

    @Test("a build that costs a fifth more is found on the same machine, and called a regression by both metrics")
    func power() {
        var found = 0
        for seed in 0..<100 {
            let end = self.run(PairedSchedule(gates: [[Self.cost, Self.rate]]), slower: 0.2, seed: UInt64(seed))
            if self.verdicts(end) == [.regression, .regression] { found += 1 }
            #expect(!self.verdicts(end).contains(.improvement))
        }
        #expect(found >= 95)
    }

    @Test("a change of exactly the margin is called a regression hardly ever")
    func margin() {
        var alarms = 0
        for seed in 0..<300 {
            let end = self.run(PairedSchedule(gates: [[Self.cost]]), slower: 0.03, seed: UInt64(seed))
            if self.verdicts(end) == [.regression] { alarms += 1 }
        }
        #expect(alarms <= 9)
    }

    @Test("a metric that one side lacks has no pair there, and one without any pair is not waited for")
    func lacking() {
        var schedule = PairedSchedule(gates: [[Self.cost, Self.rate]])
        var numbers = Numbers(1)
        var trials = 0
        loop: while true {
            switch schedule.next(using: &numbers) {
            case .done: break loop
            case .renew: continue
            case .trial(let trial):
                trials += 1
                schedule.enter(
                    trial.side == .a
                        ? [Self.cost: .init(1, isLowerBetter: true), Self.rate: .init(1, isLowerBetter: false)]
                        : [Self.cost: .init(1, isLowerBetter: true)]
                )
            }
        }
        #expect(trials == 24)
        #expect(schedule.tracks[0][0].pairs.count == 12)
        #expect(schedule.tracks[0][1].pairs.isEmpty)
        #expect(schedule.tracks[0][1].judgement == nil)
    }
}
