// The leader's answers. A request at the tail is held until there is something to send, or one heartbeat has passed.

extension Channel {
    mutating func received(_ request: SyncRequest, term: Term, from node: NodeID, now: Microseconds) {
        if self.options.election == .quorum, !self.accept(term, now: now) {
            self.nack(request, .notLeader, to: node, "the term is over")
            return
        }
        guard self.role == .leader, let index = self.leading?.index(of: node) else {
            self.nack(request, .notLeader, to: node, "this node does not lead")
            return
        }
        self.leading?.peers[index].forgetRequest()
        self.contacted(node, now: now)
        if request.since > self.log.tail {
            self.nack(request, .diverged, to: node, "the log ends before")
        } else if request.since < self.log.first {
            self.nack(request, .badRange, to: node, "trimmed")
        } else if request.since < self.log.tail || self.log.last == .none {
            self.read(for: request, of: node)
        } else if !self.log.last.agrees(with: request.previous) {
            self.nack(request, .diverged, to: node, "another record before")
        } else {
            self.matched(node, request.matched, now: now)
            self.hold(request, of: node, now: now)
        }
    }

    /// What a replica tells that has asked ahead: these records are the leader's, and on its disk.
    mutating func receivedStored(before seq: Seq, term: Term, from node: NodeID, now: Microseconds) {
        if self.options.election == .quorum, !self.accept(term, now: now) { return }
        guard self.role == .leader, seq <= self.log.tail else { return }
        self.contacted(node, now: now)
        self.matched(node, seq, now: now)
    }

    private mutating func hold(_ request: SyncRequest, of node: NodeID, now: Microseconds) {
        guard let index = self.leading?.index(of: node) else { return }
        self.leading?.peers[index].held = Leading.Held(request: request, endsAt: now + self.options.heartbeat)
        self.answerHeld(now)
    }

    mutating func tickLeader(_ now: Microseconds) {
        self.answerHeld(now)
        self.pay(now)
    }

    /// Answers requests that have waited long enough, or for which there is something now.
    mutating func answerHeld(_ now: Microseconds) {
        guard self.role == .leader, let peers = self.leading?.peers else { return }
        for (index, peer) in peers.enumerated() {
            guard let held = peer.held else { continue }
            if held.request.since < self.durable {
                self.leading?.peers[index].held = nil
                self.read(for: held.request, of: peer.node)
            } else if now >= held.endsAt || peer.toldCommit < self.commit {
                // What was decided in the meantime can be used over there at once.
                self.leading?.peers[index].held = nil
                self.respond(to: held.request, of: peer.node, [], now: now)
            }
        }
    }

    private mutating func read(for request: SyncRequest, of node: NodeID) {
        guard let index = self.leading?.index(of: node), let term = self.leading?.recordTerm else { return }
        let asked = request.chunkBytes == 0 ? MessageLayout.largestChunk : Int(request.chunkBytes)
        // One that takes longer than a heartbeat to pay would be refused, and be overtaken by smaller ones for ever.
        let overhead = MessageLayout.headerBytes + MessageLayout.responseHeaderBytes
        let allowed = max(1, self.budget.allowance(request.traffic, within: self.options.heartbeat) - overhead)
        let number = self.nextNumber()
        self.leading?.peers[index].reading = number
        self.read(
            ReadJob(number: number, from: request.since, byteLimit: min(asked, allowed, MessageLayout.largestChunk)),
            then: .serve(request, node, leadership: term)
        )
    }

    /// What a replica asked for has been read.
    mutating func served(
        _ request: SyncRequest,
        of node: NodeID,
        leadership: Term,
        _ number: UInt64,
        _ outcome: ReadOutcome,
        now: Microseconds
    ) {
        if self.options.mutant == .skipsRoleCheck, self.leading?.recordTerm != leadership {
            if case .found(_, let records, _) = outcome, !records.isEmpty {
                self.respond(to: request, of: node, records, now: now)
            }
            return
        }
        // Much can have happened while it was read.
        guard self.role == .leader, let leading = self.leading, leading.recordTerm == leadership else {
            self.counters.abandonedAnswers += 1
            if self.role != .idle { self.nack(request, .notLeader, to: node, "this node no longer leads") }
            return
        }
        guard let index = leading.index(of: node), leading.peers[index].reading == number else { return }
        self.leading?.peers[index].reading = nil
        switch outcome {
        case .failed: self.nack(request, .backPressure, to: node, "the log cannot be read")
        case .trimmed(let first):
            self.log.first = min(max(self.log.first, first), self.log.tail)
            self.nack(request, .badRange, to: node, "trimmed")
        case .found(let previous, let records, _):
            // What is not known cannot be compared, and must not pass for the same.
            guard previous != .none || request.previous == .none else {
                self.nack(request, .badRange, to: node, "the record before is not known")
                return
            }
            guard previous.agrees(with: request.previous) else {
                self.nack(request, .diverged, to: node, "another record before")
                return
            }
            guard request.since <= self.durable else {
                // Its place is not on disk yet, and what was compared may be what is cut away there.
                self.nack(request, .backPressure, to: node, "the log is not yet written")
                return
            }
            self.matched(node, request.matched, now: now)
            // The disk may still have what this node has cut away before it led.
            let own = records.prefix { $0.seq < self.durable }
            if own.isEmpty, request.since < self.durable {
                self.nack(request, .backPressure, to: node, "the log cannot be read")
            } else if own.isEmpty {
                self.hold(request, of: node, now: now)
            } else {
                self.respond(to: request, of: node, own.count == records.count ? records : Array(own), now: now)
            }
        }
    }

    mutating func nack(_ request: SyncRequest, _ code: Nack.Code, to node: NodeID, _ detail: String) {
        let nack = Nack(
            since: request.since,
            code: code,
            firstRetained: self.log.first,
            id: request.id,
            detail: detail
        )
        self.send(.nack(nack), to: node)
    }
}

extension SyncRequest {
    /// What is known to be the same and durable over there, once the record before `since` is the same.
    fileprivate var matched: Seq { min(self.durable, self.since) }
}
