import Primitives
import Testing

@testable import Replication

@Suite struct CommitWaiterTests {
    private static func replica(
        _ applied: Position?,
        _ durable: Position? = nil,
        region: String? = nil,
        isConnected: Bool = true,
        isMember: Bool = true
    ) -> CommitReplica {
        CommitReplica(
            applied: applied,
            durable: durable,
            region: region,
            isConnected: isConnected,
            isMember: isMember
        )
    }

    private static func ended(
        _ token: UInt64,
        isReached: Bool = true,
        isLocal: Bool = false,
        _ count: Int
    ) -> CommitOutcome {
        CommitOutcome(token: token, isReached: isReached, isLocal: isLocal, count: count)
    }

    /// Whether one wait for position 10 is over.
    private static func isOver(_ rule: CommitRule, _ replicas: [CommitReplica], local: Position? = nil) -> Bool {
        var waiter = CommitWaiter()
        waiter.add(1, position: 10, rule: rule, deadline: nil)
        return !waiter.progressChanged(CommitProgress(replicas: replicas, local: local)).isEmpty
    }

    @Test("WAIT counts replicas that applied, and only those connected that ever said so")
    func applied() {
        #expect(Self.isOver(.applied(2), [Self.replica(10), Self.replica(11)]))
        #expect(!Self.isOver(.applied(2), [Self.replica(10), Self.replica(9)]))
        #expect(!Self.isOver(.applied(1), [Self.replica(nil, nil)]))
        #expect(!Self.isOver(.applied(1), [Self.replica(10, isConnected: false)]))
        #expect(Self.isOver(.applied(1), [Self.replica(10, isMember: false)]))
        #expect(Self.isOver(.applied(0), []))
        #expect(Self.isOver(.applied(-1), []))
    }

    @Test("WAITAOF counts this node's log and what is durable with replicas")
    func durable() {
        let one = [Self.replica(20, 10)]
        #expect(Self.isOver(.durable(local: false, replicas: 1), one))
        #expect(!Self.isOver(.durable(local: true, replicas: 1), one))
        #expect(!Self.isOver(.durable(local: true, replicas: 1), one, local: 9))
        #expect(Self.isOver(.durable(local: true, replicas: 1), one, local: 10))
        #expect(!Self.isOver(.durable(local: true, replicas: 2), one, local: 10))
        #expect(Self.isOver(.durable(local: true, replicas: 0), [], local: 10))
        #expect(!Self.isOver(.durable(local: true, replicas: 0), []))
        #expect(!Self.isOver(.durable(local: false, replicas: 1), [Self.replica(20, 9)]))
        #expect(!Self.isOver(.durable(local: false, replicas: 1), [Self.replica(20, nil)]))
    }

    @Test("a commit by acknowledgements wants them durable")
    func acknowledged() {
        #expect(Self.isOver(.acknowledged(1), [Self.replica(20, 10), Self.replica(20, 9)]))
        #expect(!Self.isOver(.acknowledged(2), [Self.replica(20, 10), Self.replica(20, 9)], local: 20))
    }

    @Test("a quorum is a majority of the valid slots and this node, whose log counts when it has the write")
    func quorum() {
        let has = Self.replica(10, 10)
        let lacks = Self.replica(10, 9)
        let away = Self.replica(nil, nil, isConnected: false)
        // Alone, this node is its own majority.
        #expect(Self.isOver(.quorum, [], local: 10) && !Self.isOver(.quorum, [], local: 9))
        #expect(!Self.isOver(.quorum, []))
        // Two of two, two of three, three of four, three of five.
        #expect(Self.isOver(.quorum, [has], local: 10) && !Self.isOver(.quorum, [lacks], local: 10))
        #expect(!Self.isOver(.quorum, [has]))
        #expect(Self.isOver(.quorum, [has, lacks], local: 10) && !Self.isOver(.quorum, [lacks, lacks], local: 10))
        #expect(Self.isOver(.quorum, [has, has], local: 9), "the replicas alone are two of three")
        #expect(!Self.isOver(.quorum, [has, lacks, lacks], local: 10))
        #expect(Self.isOver(.quorum, [has, has, lacks], local: 10))
        #expect(Self.isOver(.quorum, [has, has, lacks, lacks], local: 10))
        // Who is away makes the majority no smaller; who has no valid slot has no voice.
        #expect(!Self.isOver(.quorum, [has, away, away], local: 10))
        #expect(!Self.isOver(.quorum, [Self.replica(10, 10, isMember: false), lacks], local: 10))
        #expect(Self.isOver(.quorum, [Self.replica(nil, 10, isConnected: false), away], local: 10))
    }

    @Test("regions count once each")
    func regions() {
        let east = Self.replica(10, 10, region: "east")
        let west = Self.replica(10, 10, region: "west")
        #expect(!Self.isOver(.regions(2), [east, east, Self.replica(10, 10)]))
        #expect(!Self.isOver(.regions(2), [east, Self.replica(10, 9, region: "west")]))
        #expect(Self.isOver(.regions(2), [east, Self.replica(10, 9, region: "west"), west]))
        #expect(!Self.isOver(.regions(2), [east, Self.replica(10, 10, region: "west", isConnected: false)]))
    }

    @Test("waits end in the order of their positions, each with what it counted")
    func counts() {
        var waiter = CommitWaiter()
        for (token, position) in [(1, 30), (2, 10), (3, 20), (4, 10)] as [(UInt64, Position)] {
            waiter.add(token, position: position, rule: .applied(1), deadline: nil)
        }
        waiter.add(9, position: 15, rule: .durable(local: true, replicas: 1), deadline: nil)
        #expect(waiter.isOwedProgress && waiter.lowestPosition == 10 && waiter.count == 5)
        let outcomes = waiter.progressChanged(
            CommitProgress(replicas: [Self.replica(20, 15), Self.replica(10, 5)], local: 15)
        )
        #expect(
            outcomes == [
                Self.ended(2, isLocal: true, 2), Self.ended(3, 1), Self.ended(4, isLocal: true, 2),
                Self.ended(9, isLocal: true, 1),
            ]
        )
        #expect(!waiter.isOwedProgress && waiter.lowestPosition == 30 && waiter.count == 1)
    }

    @Test("a time-out answers with what was gathered; a wait without one never ends by itself")
    func timeouts() {
        var waiter = CommitWaiter()
        waiter.add(1, position: 10, rule: .applied(3), deadline: 100)
        waiter.add(2, position: 10, rule: .durable(local: true, replicas: 3), deadline: 200)
        waiter.add(3, position: 10, rule: .quorum, deadline: 200)
        waiter.add(4, position: 10, rule: .applied(3), deadline: nil)
        let replicas = [Self.replica(12, 10), Self.replica(11, 9), Self.replica(3, 3), Self.replica(nil)]
        #expect(waiter.progressChanged(CommitProgress(replicas: replicas, local: 10)) == [])
        #expect(waiter.tick(now: 99) == [])
        #expect(waiter.tick(now: 100) == [Self.ended(1, isReached: false, isLocal: true, 2)])
        #expect(
            waiter.tick(now: 1000) == [
                Self.ended(2, isReached: false, isLocal: true, 1), Self.ended(3, isReached: false, isLocal: true, 1),
            ]
        )
        #expect(waiter.tick(now: .max) == [] && waiter.count == 1)
        #expect(waiter.endAll() == [Self.ended(4, isReached: false, isLocal: true, 2)])
        #expect(waiter.isEmpty && waiter.lowestPosition == nil)
    }

    @Test("a replica that leaves is counted no more, and one whose slot goes may be what was missing")
    func leaving() {
        var waiter = CommitWaiter()
        waiter.add(1, position: 10, rule: .applied(2), deadline: 50)
        waiter.add(2, position: 10, rule: .quorum, deadline: nil)
        let has = Self.replica(10, 10)
        let away = Self.replica(nil, nil, isConnected: false)
        #expect(waiter.progressChanged(CommitProgress(replicas: [has, away, away], local: 10)) == [])
        // One of the two that were away is dropped: two of three are enough.
        #expect(
            waiter.progressChanged(CommitProgress(replicas: [has, away], local: 10)) == [
                Self.ended(2, isLocal: true, 1)
            ]
        )
        #expect(waiter.progressChanged(CommitProgress(replicas: [away], local: 10)) == [])
        #expect(waiter.tick(now: 50) == [Self.ended(1, isReached: false, isLocal: true, 0)])
    }

    @Test("a wait that was given up is gone")
    func cancel() {
        var waiter = CommitWaiter()
        for token in 1...5 as ClosedRange<UInt64> {
            waiter.add(token, position: 10, rule: .applied(1), deadline: 100)
        }
        waiter.cancel(3)
        waiter.cancel(3)
        waiter.cancel(77)
        let outcomes = waiter.progressChanged(CommitProgress(replicas: [Self.replica(10)], local: nil))
        #expect(outcomes.map(\.token) == [1, 2, 4, 5])
        waiter.add(3, position: 10, rule: .applied(1), deadline: 100)
        #expect(waiter.count == 1)
    }

    @Test("without a waiter nothing is looked at")
    func idle() {
        var waiter = CommitWaiter()
        #expect(waiter.isEmpty && !waiter.isOwedProgress && waiter.tick(now: .max) == [])
        #expect(waiter.progressChanged(CommitProgress(replicas: [Self.replica(1)], local: 1)) == [])
    }

    @Test("20000 waits cost an acknowledgement that finishes none of them no more than one would")
    func manyWaits() {
        var waiter = CommitWaiter()
        for token in 1...20_000 as ClosedRange<UInt64> {
            waiter.add(token, position: 1000 + token, rule: .acknowledged(1), deadline: .max)
        }
        // A look at every wait would be a hundred million steps.
        for step in 0..<5000 as Range<Position> {
            let progress = CommitProgress(replicas: [Self.replica(step / 10, step / 10)], local: 0)
            #expect(waiter.progressChanged(progress) == [])
        }
        #expect(waiter.count == 20_000)
    }

    @Test("rows by rule find what a look at every wait finds", arguments: 1...20)
    func model(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var waiter = CommitWaiter()
        var waits: [UInt64: (Position, CommitRule, Milliseconds?)] = [:]
        var replicas = (0..<5).map { _ in Self.replica(nil) }
        var local: Position = 0
        let rules: [CommitRule] = [
            .applied(1), .applied(3), .durable(local: true, replicas: 2), .acknowledged(2), .quorum, .regions(2),
        ]
        for step in 1...400 as ClosedRange<UInt64> {
            let now = Milliseconds(step)
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let token = UInt64.random(in: 0...9999, using: &generator)
                guard waits[token] == nil else { continue }
                let position = Position.random(in: 0...(step + 5), using: &generator)
                let rule = rules[Int.random(in: rules.indices, using: &generator)]
                let deadline = Bool.random(using: &generator) ? now + 20 : nil
                waits[token] = (position, rule, deadline)
                waiter.add(token, position: position, rule: rule, deadline: deadline)
            }
            if let token = waits.keys.min(), step % 7 == 0 {
                waits[token] = nil
                waiter.cancel(token)
            }
            let index = Int.random(in: replicas.indices, using: &generator)
            replicas[index] = Self.replica(
                Position.random(in: 0...step, using: &generator),
                Bool.random(using: &generator) ? Position.random(in: 0...step, using: &generator) : nil,
                region: ["e", "w", "n"][Int.random(in: 0..<3, using: &generator)],
                isConnected: Int.random(in: 0..<5, using: &generator) > 0,
                isMember: Int.random(in: 0..<5, using: &generator) > 0
            )
            local = Position.random(in: local...(local + 2), using: &generator)
            let over = waits.filter { Self.isMet($0.value.1, $0.value.0, replicas, local) }.keys.sorted()
            let outcomes = waiter.progressChanged(CommitProgress(replicas: replicas, local: local))
            #expect(outcomes.map(\.token) == over)
            for token in over { waits[token] = nil }
            let late = waits.filter { $0.value.2.map { $0 <= now } ?? false }.keys.sorted()
            #expect(waiter.tick(now: now).map(\.token) == late)
            for token in late { waits[token] = nil }
            #expect(waiter.count == waits.count && waiter.lowestPosition == waits.values.map(\.0).min())
        }
    }

    /// A rule in the words of its definition.
    private static func isMet(
        _ rule: CommitRule,
        _ position: Position,
        _ replicas: [CommitReplica],
        _ local: Position
    ) -> Bool {
        let connected = replicas.filter(\.isConnected)
        let durable = connected.filter { $0.durable.map { $0 >= position } ?? false }
        switch rule {
        case .applied(let count):
            return connected.filter { $0.applied.map { $0 >= position } ?? false }.count >= count
        case .durable(let isLocal, let count): return durable.count >= count && (!isLocal || local >= position)
        case .acknowledged(let count): return durable.count >= count
        case .regions(let count): return Set(durable.compactMap(\.region)).count >= count
        case .quorum:
            let members = replicas.filter(\.isMember)
            let have = members.filter { $0.durable.map { $0 >= position } ?? false }.count + (local >= position ? 1 : 0)
            return have * 2 > members.count + 1
        }
    }
}
