extension Channel {
    /// Changes the role, and everything that hangs on it.
    mutating func move(to role: Role, on signal: RoleSignal, now: Microseconds) {
        let before = self.role
        do throws(RoleError) {
            try self.roles.move(to: role, on: signal)
        } catch {
            // Another change came first. The next tick starts clean.
            self.counters.refusedTransitions += 1
            self.believe(nil, now: now)
            return
        }
        self.leave(before, for: role)
        switch role {
        case .idle: self.believe(nil, now: now)
        case .replica:
            // Who becomes a replica waits for a leader as long as anybody.
            self.believe(nil, now: now)
            self.following.waitsSince = now
            self.drawPatience()
        case .candidate:
            self.believe(nil, now: now)
            if before != .candidate { self.counters.candidacies += 1 }
        case .leader: self.counters.leaderships += 1
        }
        guard before != role else { return }
        self.actions.append(.roleChanged(role, signal))
        self.announce(always: true)
    }

    private mutating func leave(_ before: Role, for role: Role) {
        guard before != role else { return }
        if before == .candidate { self.election = nil }
        if before == .leader, let leading = self.leading {
            self.leading = nil
            let tokens = leading.writes.map(\.token)
            if !tokens.isEmpty { self.refuse(tokens, self.isClosing ? .closed : .outcomeUnknown) }
        }
    }

    mutating func refuse(_ tokens: [UInt64], _ refusal: WriteRefusal) {
        self.counters.writesRefused += UInt64(tokens.count)
        self.actions.append(.refuse(tokens, refusal))
    }

    /// Takes a higher term. Whoever led or wanted to is a replica then, and nobody is believed in yet.
    ///
    /// It need not be on disk: a node that forgets it at a crash has promised nothing in it (`Ballot`), and records that it took
    /// in it tell of it.
    mutating func adopt(_ term: Term, now: Microseconds) {
        precondition(term > self.term && self.options.election == .quorum, "term \(term) after \(self.term)")
        self.term = term
        self.votedFor = nil
        switch self.role {
        case .leader, .candidate: self.move(to: .replica, on: .higherTerm, now: now)
        case .replica: self.believe(nil, now: now)
        case .idle: break
        }
    }

    /// Changes whom the node takes for the leader. Requests to the old one are forgotten.
    mutating func believe(_ node: NodeID?, now: Microseconds) {
        guard self.following.leader != node else { return }
        if case .fetching(let number) = self.following.phase { self.actions.append(.cancelSnapshot(number)) }
        self.following.believe(node, now: now)
        self.drawPatience()
    }

    private mutating func drawPatience() {
        self.following.patience = .random(in: 0..<self.options.heartbeat, using: &self.generator)
    }
}
