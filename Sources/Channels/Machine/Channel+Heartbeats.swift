extension Channel {
    mutating func tick(_ time: ChannelTime) {
        let now = time.now
        guard !self.isClosing else { return }
        switch self.role {
        case .idle:
            if let probeAt = self.probeAt, now >= probeAt {
                self.probeAt = now + self.options.heartbeat
                self.actions.append(.probe)
            }
            return
        case .candidate: self.tickElection(now)
        case .replica: self.tickReplica(now)
        case .leader: self.tickLeader(now)
        }
        guard now >= self.heartbeatAt else { return }
        // Ticks that were missed are skipped.
        let missed = (now - self.heartbeatAt) / self.options.heartbeat
        self.heartbeatAt += (missed + 1) * self.options.heartbeat
        self.sendHeartbeats(time)
        self.announce()
    }

    /// Candidates and idle nodes are silent.
    mutating func sendHeartbeats(_ time: ChannelTime) {
        guard self.role == .leader || self.role == .replica else { return }
        let heartbeat = Heartbeat(
            tail: self.log.tail,
            commit: self.commit,
            role: self.role,
            wallClock: time.wallClock
        )
        for node in self.options.others { self.send(.heartbeat(heartbeat), to: node) }
    }

    private mutating func tickReplica(_ now: Microseconds) {
        // Somebody who never heard of a leader waits as long as somebody whose leader fell silent.
        if now >= self.candidacyAt {
            self.move(to: .candidate, on: .missedHeartbeats, now: now)
            self.startRound(now)
            return
        }
        self.following.outstanding.expire(now: now)
        if now >= self.heartbeatAt, self.following.phase == .waitingForTick { self.following.phase = .ready }
        self.ask(now)
    }

    /// When a replica that hears from no leader becomes a candidate.
    var candidacyAt: Microseconds { self.following.waitsSince + self.options.silenceLimit + self.following.patience }

    mutating func received(_ heartbeat: Heartbeat, term: Term, from node: NodeID, now: Microseconds) {
        switch self.options.election {
        case .quorum:
            guard self.accept(term, now: now) else {
                // A leader that nobody told: without this, a node that was in a later term and lost would stay out for ever.
                if heartbeat.role == .leader { self.send(.voteReply(isGranted: false), to: node) }
                return
            }
        case .nearest: break
        }
        self.tracker.heard(heartbeat, term: term, from: node, now: now)
        self.contacted(node, now: now)
        switch heartbeat.role {
        case .leader: self.heardLeader(heartbeat, term: term, from: node, now: now)
        case .replica, .candidate, .idle:
            // It leads no more.
            if self.role == .replica, self.following.leader == node { self.believe(nil, now: now) }
        }
    }

    /// Looks at the term of a message under the quorum policy; one of a term that is over changes nothing.
    mutating func accept(_ term: Term, now: Microseconds) -> Bool {
        if term > self.term { self.adopt(term, now: now) }
        if term < self.term { self.counters.staleTerms += 1 }
        return term == self.term
    }

    private mutating func heardLeader(_ heartbeat: Heartbeat, term: Term, from node: NodeID, now: Microseconds) {
        switch self.role {
        case .idle: return
        case .leader:
            let own = PeerTracker.Claim(term: self.term, tail: self.log.tail, node: self.options.node)
            let other = PeerTracker.Claim(term: term, tail: heartbeat.tail, node: node)
            guard other > own else { return }
            // Under the quorum policy there are no two leaders of one term.
            guard self.options.election == .nearest else { return }
            self.counters.concessions += 1
            self.move(to: .replica, on: .betterClaim, now: now)
        case .candidate: self.move(to: .replica, on: .lost, now: now)
        case .replica: break
        }
        let best = self.tracker.bestClaim(age: self.options.silenceLimit, now: now)
        self.believe(best?.node ?? node, now: now)
        guard self.following.leader == node else { return }
        self.following.waitsSince = now
        self.learnCommit(heartbeat.commit)
        self.ask(now)
    }
}
