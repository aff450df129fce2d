// Who is on stage in a soak, and what happens to them next: chance decides, from a seed.

import Primitives
import Sockets
import Workload

struct SoakCast {
    /// Replicas on stage at most.
    private static let size = 24
    /// The longest stall, in steps of the soak: 1.5 s.
    private static let longestStall: UInt64 = 75
    private static let settleSeconds = 30.0

    private var generator: SeededGenerator
    /// So many wait at most to come back; then newcomers take the ids of those that have been gone for longest. A primary
    /// keeps a slot for every id, and has a limit for them.
    private static let mostDeparted = 64

    /// On stage, with the step at which a stall ends.
    private var present: [(token: UInt64, id: String, stalledUntil: UInt64)] = []
    /// Ids of replicas that left before they were online.
    private var freeIDs: [String] = []
    private var madeIDs = 0
    /// Left, and will come back where they were.
    private var departed: [DepartedReplica] = []
    /// The target's tip at the step before. Who joins there has something to catch up with, as in life; and a primary
    /// need not have shown its links the tip that it told a client in the same moment.
    private var recentTip = StartingPoint.nothing
    private var history = ""
    private var now: UInt64 = 0
    var tally = SoakTally()

    init(seed: UInt64) { self.generator = SeededGenerator(seed: seed) }

    /// One step: at most one thing happens to the replicas, and a few commands of every kind to the keys.
    mutating func step(_ session: Session) throws(HarnessError) {
        self.now += 1
        let tip = try session.target.tip()
        if case .position(_, let history) = tip { self.history = history }
        if self.recentTip == .nothing { self.recentTip = tip }
        defer { self.recentTip = tip }
        self.wake(session)
        switch self.generator.next() % 10 {
        case 0, 1: if self.present.count < Self.size { try self.arrive(session) }
        case 2, 3: self.comeBack(session)
        case 4, 5: if self.present.count > Self.size / 2 { self.leave(session) }
        case 6: self.stall(session)
        case 7: self.abortHandshake(session)
        default: break
        }
        try SoakCommands.perform(session.target.control, &self.generator)
        try Self.check(session)
    }

    /// Ends every stall, lets everybody catch up with the load at rest, and checks that nobody lacks anything.
    mutating func settle(_ session: Session) throws(HarnessError) {
        self.now += Self.longestStall
        self.wake(session)
        for replica in self.departed { self.join(session, replica) }
        self.departed.removeAll()
        let ledger = session.load.state.ledger
        try Wait.until("every replica had every mutation", withinSeconds: Self.settleSeconds) {
            () throws(HarnessError) in
            try Self.check(session)
            return session.fleet.reactor.call { $0.laggards(behind: ledger) } == 0
        }
    }

    /// - Throws: when a replica failed. Nothing here is allowed to end a replica but its own part.
    private static func check(_ session: Session) throws(HarnessError) {
        let failures = session.fleet.reactor.call { $0.takeFailures() }
        guard let failure = failures.first else { return }
        try session.target.checkAlive()
        throw HarnessError(.targetFailed, "\(session.target.id): \(failure)")
    }

    // MARK: - What can happen

    private mutating func arrive(_ session: Session) throws(HarnessError) {
        let start = self.recentTip
        let verifier = StreamVerifier(connections: SoakScenario.connections)
        let id = self.newcomersID()
        try session.target.dropSlots([id])
        guard let token = session.fleet.reactor.call({ $0.join(as: id, at: start, verifier: verifier) }) else {
            return self.freeIDs.append(id)
        }
        self.present.append((token, id, 0))
        self.tally.arrivals += 1
    }

    private mutating func newcomersID() -> String {
        if let id = self.freeIDs.popLast() { return id }
        if self.departed.count >= Self.mostDeparted { return self.departed.removeFirst().id }
        self.madeIDs += 1
        return "soak-\(self.madeIDs)"
    }

    private mutating func comeBack(_ session: Session) {
        guard !self.departed.isEmpty else { return }
        self.join(session, self.departed.removeFirst())
    }

    private mutating func join(_ session: Session, _ replica: DepartedReplica) {
        let start = StartingPoint.position(replica.position, history: self.history)
        guard let token = session.fleet.reactor.call({ $0.join(as: replica.id, at: start, verifier: replica.verifier) })
        else { return }
        self.present.append((token, replica.id, 0))
        self.tally.resumes += 1
    }

    private mutating func leave(_ session: Session) {
        guard let place = self.present.indices.randomElement(using: &self.generator) else { return }
        let byReset = self.generator.next() % 2 == 0
        let (token, id, _) = self.present.remove(at: place)
        if byReset { self.tally.resets += 1 }
        guard let replica = session.fleet.reactor.call({ $0.depart(token, byReset: byReset) }) else {
            return self.freeIDs.append(id)
        }
        self.departed.append(replica)
    }

    private mutating func stall(_ session: Session) {
        guard let place = self.present.indices.randomElement(using: &self.generator) else { return }
        let token = self.present[place].token
        self.present[place].stalledUntil = self.now + 1 + self.generator.next() % Self.longestStall
        session.fleet.reactor.call { $0.setStalled(token, true) }
        self.tally.stalls += 1
    }

    private mutating func wake(_ session: Session) {
        for place in self.present.indices where self.present[place].stalledUntil != 0 {
            guard self.present[place].stalledUntil <= self.now else { continue }
            let token = self.present[place].token
            self.present[place].stalledUntil = 0
            session.fleet.reactor.call { $0.setStalled(token, false) }
        }
    }

    private mutating func abortHandshake(_ session: Session) {
        HandshakeAbort.perform(
            host: session.target.host,
            port: session.target.replicationPort,
            dialect: session.target.dialect,
            start: self.recentTip,
            bytes: Int(self.generator.next() % 160)
        )
        self.tally.aborts += 1
    }
}

/// Commands of other kinds than the generator's SET, on keys of their own.
enum SoakCommands {
    private static let keys: UInt64 = 500

    static func perform(
        _ control: ControlConnection,
        _ generator: inout SeededGenerator
    ) throws(HarnessError) {
        let key = "mix:\(generator.next() % Self.keys)"
        let number = String(generator.next() % 1000)
        let reply =
            switch generator.next() % 9 {
            case 0: try control.ask("INCR", "count:\(number)")
            case 1: try control.ask("APPEND", key, number)
            case 2: try control.ask("DEL", key)
            case 3: try control.ask("SET", key, number, "PX", "50")
            case 4: try control.ask("GETSET", key, number)
            case 5: try control.ask("MSET", key, number, "mix:\(number)", number)
            case 6: try control.ask("EXPIRE", key, "1")
            case 7: try control.ask("SETRANGE", key, "5", number)
            default: try control.ask("INCRBYFLOAT", "float:\(number)", "0.5")
            }
        if case .error(let text) = reply { throw HarnessError(.targetFailed, "a mixed command was refused: \(text)") }
    }
}
