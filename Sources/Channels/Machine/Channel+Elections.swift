// Under the quorum policy an election has two parts: would a majority vote for this node (nothing changes yet, so that a node
// which was cut off does not disturb the others when it comes back), and then the vote itself, in a new term. Each vote is on
// disk before it is told, the candidate's own included.

extension Channel {
    mutating func tickElection(_ now: Microseconds) {
        guard let election = self.election, now >= election.endsAt else { return }
        self.move(to: .candidate, on: .anotherRound, now: now)
        self.startRound(now)
    }

    mutating func startRound(_ now: Microseconds) {
        self.counters.rounds += 1
        let rounds = (self.election?.rounds ?? 0) + 1
        let wait = self.roundLength(rounds)
        self.election = Election(granted: [self.options.node], endsAt: now + wait, rounds: rounds)
        switch self.options.election {
        case .nearest: self.decideNearest(now)
        case .quorum:
            // Whoever leads must not lose what it showed the voters: the log is on disk first.
            guard self.jobs.allSatisfy({ !$0.changesLog }) else { return }
            self.requestVotes(isPreVote: true)
            self.countVotes(now)
        }
    }

    /// A random 1 to 2 intervals. After some rounds in vain more and more: votes may take longer than that to reach the disks.
    private mutating func roundLength(_ rounds: Int) -> Microseconds {
        let doublings = min(max(0, rounds - Self.quickRounds), Self.mostDoublings)
        let wait = Microseconds.random(
            in: self.options.heartbeat...(2 * self.options.heartbeat),
            using: &self.generator
        )
        return wait << Microseconds(doublings)
    }

    private static let quickRounds = 3
    private static let mostDoublings = 3
    /// Intervals that the own vote may take to be stored before the round counts as lost.
    private static let storingIntervals: Microseconds = 8

    /// No messages: the node looks at what it knows, and is usually the nearest to itself.
    private mutating func decideNearest(_ now: Microseconds) {
        let ranking = self.tracker.nearest(to: self.options.node, age: self.options.silenceLimit, now: now)
        guard let first = ranking.first else {
            self.move(to: .replica, on: .nobodyEligible, now: now)
            return
        }
        if first == self.options.node { self.lead(now) } else { self.move(to: .replica, on: .lost, now: now) }
    }

    private mutating func requestVotes(isPreVote: Bool) {
        let request = VoteRequest(lastTerm: self.log.lastTerm, tail: self.log.tail, isPreVote: isPreVote)
        for node in self.options.others { self.send(.voteRequest(request), to: node) }
    }

    private mutating func countVotes(_ now: Microseconds) {
        guard let election = self.election, election.granted.count >= self.options.majority else { return }
        switch election.phase {
        case .asking:
            self.term += 1
            self.votedFor = self.options.node
            self.election?.phase = .storing
            // The others have the whole round for theirs once the own vote is safe.
            self.election?.endsAt = now + Self.storingIntervals * self.options.heartbeat
            self.store(.vote(Ballot(term: self.term, votedFor: self.votedFor)), then: .candidacy(term: self.term))
        case .storing: break
        case .voting: self.lead(now)
        }
    }

    /// The own vote is on disk.
    mutating func candidacyStored(_ term: Term, now: Microseconds) {
        guard self.role == .candidate, self.term == term, self.election?.phase == .storing else { return }
        self.election?.phase = .voting
        let wait = self.roundLength(self.election?.rounds ?? 1)
        self.election?.endsAt = now + wait
        self.election?.granted = [self.options.node]
        self.requestVotes(isPreVote: false)
        self.countVotes(now)
    }

    // MARK: The voter

    mutating func received(_ request: VoteRequest, term: Term, from node: NodeID, now: Microseconds) {
        guard self.options.election == .quorum else { return }
        // Who hears from a leader helps nobody to replace it.
        let isComplete = (request.lastTerm, request.tail) >= (self.log.lastTerm, self.log.tail)
        if request.isPreVote {
            let wouldVote = term >= self.term && isComplete && !self.hasLiveLeader(now)
            self.send(.voteReply(isGranted: wouldVote), to: node)
            return
        }
        if term > self.term, self.hasLiveLeader(now) {
            self.send(.voteReply(isGranted: false), to: node)
            return
        }
        guard self.accept(term, now: now) else {
            self.send(.voteReply(isGranted: false), to: node)
            return
        }
        let isFree = self.votedFor == nil || self.votedFor == node || self.options.mutant == .votesTwice
        guard isFree, isComplete, self.role == .replica else {
            self.send(.voteReply(isGranted: false), to: node)
            return
        }
        self.votedFor = node
        // Whoever it is gets the time to win.
        self.following.waitsSince = max(self.following.waitsSince, now - self.options.heartbeat)
        let ballot = Ballot(term: self.term, votedFor: node)
        self.store(.vote(ballot), then: .vote(ballot))
    }

    /// The vote is on disk, and may be told.
    mutating func voteStored(_ ballot: Ballot) {
        guard self.role != .idle, self.term == ballot.term, let node = ballot.votedFor else { return }
        self.send(.voteReply(isGranted: true), to: node)
    }

    private func hasLiveLeader(_ now: Microseconds) -> Bool {
        switch self.role {
        case .leader: self.hasMajority(now)
        case .replica: self.following.leader != nil && now - self.following.waitsSince < self.options.silenceLimit
        case .candidate, .idle: false
        }
    }

    mutating func receivedVote(isGranted: Bool, term: Term, from node: NodeID, now: Microseconds) {
        guard self.options.election == .quorum else { return }
        if term > self.term {
            self.adopt(term, now: now)
            return
        }
        guard isGranted, let election = self.election, !election.granted.contains(node) else { return }
        switch election.phase {
        // A voter's own term stands in its answer, which may be an older one here, and not there.
        case .asking: break
        case .storing: return
        case .voting: guard term == self.term else { return }
        }
        self.election?.granted.append(node)
        self.countVotes(now)
    }

    // MARK: The winner

    private mutating func lead(_ now: Microseconds) {
        let recordTerm: Term =
            switch self.options.election {
            case .quorum: self.term
            // Never used by anybody else, and above that of the last record.
            case .nearest: ((self.log.lastTerm >> 32) + 1) << 32 | .random(in: 0...0xffff_ffff, using: &self.generator)
            }
        self.move(to: .leader, on: .won, now: now)
        self.leading = Leading(
            recordTerm: recordTerm,
            begin: self.log.tail,
            others: self.options.others,
            now: now
        )
        // Everybody is to know at once.
        self.heartbeatAt = now
        switch self.options.election {
        // Nothing of an earlier term is decided before something of this one is.
        case .quorum: self.append([[]])
        case .nearest: self.advance(now)
        }
    }
}
