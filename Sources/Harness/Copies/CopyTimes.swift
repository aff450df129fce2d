import Sockets
package import Workload

/// The steps of one replica's full copy, in monotonic nanoseconds.
package struct CopyTimes: Sendable {
    /// Whether the content's checksum is checked.
    var checksum: Bool
    /// Connecting began.
    package var began: UInt64 = 0
    /// The primary had said that a copy comes: Redis forks before it does.
    package var begun: UInt64?
    /// The whole copy lay on the primary's disk before its first byte was sent.
    package var isFromFile = false
    /// The first bytes of the copy were read.
    package var firstByte: UInt64?
    /// The last ones were.
    package var lastByte: UInt64?
    /// The replica had all that the primary had acknowledged when its copy was complete.
    package var current: UInt64?
    /// Bytes of the copy, envelope excluded.
    package var bytes: UInt64 = 0
    package var chunks = 0

    init(checksum: Bool) { self.checksum = checksum }

    /// What a copy spends its time on, in seconds; nil for what has not come to its end.
    package var phases: CopyPhases {
        func seconds(_ from: UInt64?, _ to: UInt64?) -> Double? {
            from.flatMap { from in to.map { Double($0 - from) / 1e9 } }
        }
        return CopyPhases(
            wait: seconds(self.began, self.begun),
            produce: seconds(self.begun, self.isFromFile ? self.firstByte : self.lastByte),
            transfer: seconds(self.firstByte, self.lastByte),
            catchUp: seconds(self.lastByte, self.current)
        )
    }
}

/// Seconds that each step of a copy took.
package struct CopyPhases: Equatable, Sendable {
    /// Until the primary began: it waits for others, or for a child at work.
    package var wait: Double?
    /// Until the copy was whole on the primary's side. Through a file that is over when the transfer begins; a streamed copy
    /// is produced while it is transferred.
    package var produce: Double?
    package var transfer: Double?
    package var catchUp: Double?
}

extension SyntheticReplica {
    /// Notes which steps a read has completed.
    /// - Parameter goal: the position at which it counts as current, once that is known.
    func noteCopy(_ now: UInt64, goal: UInt64?) {
        guard var copy = self.copy, copy.current == nil else { return }
        if copy.begun == nil, self.wasFull { copy.begun = now }
        if copy.bytes > 0, copy.firstByte == nil { copy.firstByte = now }
        if let reader = self.reader, self.wasFull {
            if copy.lastByte == nil { copy.lastByte = now }
            if let goal, reader.position >= goal { copy.current = now }
        }
        self.copy = copy
    }
}

extension FleetBody {
    /// Connects replicas that hold nothing and throw their copies away.
    /// - Parameter verifier: checks the stream behind the copy.
    func attachCopies(_ count: Int, checksum: Bool, _ behaviour: ReplicaBehaviour, _ verifier: StreamVerifier) {
        self.copyGoal = nil
        self.isHurried = false
        let now = Clocks.monotonicNanoseconds
        for _ in 0..<count {
            let token = self.nextToken
            self.nextToken += 1
            let replica = SyntheticReplica(
                id: ReplicaFleet.id(self.replicas.count),
                behaviour: behaviour,
                joinedAt: 0,
                start: .nothing,
                verifier: verifier,
                phase: .away(until: 0)
            )
            replica.copy = CopyTimes(checksum: checksum)
            self.replicas[token] = replica
            if case .late(let seconds) = behaviour {
                let joins = now + UInt64(seconds * 1e9)
                replica.copy?.began = joins
                replica.phase = .away(until: joins)
            } else {
                replica.copy?.began = Clocks.monotonicNanoseconds
                self.connect(replica, token)
            }
        }
    }

    /// From this position on a replica counts as current.
    func setCopyGoal(_ position: UInt64) {
        self.copyGoal = position
        let now = Clocks.monotonicNanoseconds
        for replica in self.replicas.values { replica.noteCopy(now, goal: position) }
    }
}

extension ReplicaFleet {
    /// Connects `count` replicas that hold nothing and throw their copies away; `copies` tells how far they are.
    /// - Parameters:
    ///   - checksum: whether each computes its copy's checksum.
    ///   - verifier: checks the stream behind the copy.
    package func attachCopies(
        _ count: Int,
        checksum: Bool,
        _ behaviour: ReplicaBehaviour = .fast,
        _ verifier: StreamVerifier
    ) {
        self.reactor.call { $0.attachCopies(count, checksum: checksum, behaviour, verifier) }
    }

    /// The steps of each replica that takes a copy.
    package var copies: [CopyTimes] { self.reactor.call { $0.replicas.values.compactMap(\.copy) } }

    /// A replica counts as current from this position on.
    package func setCopyGoal(_ position: UInt64) { self.reactor.call { $0.setCopyGoal(position) } }

    /// Replicas that lack something which the load, at rest, has sent.
    package func laggards(behind ledger: Ledger) -> Int { self.reactor.call { $0.laggards(behind: ledger) } }
}
