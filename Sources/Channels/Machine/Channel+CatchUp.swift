// The replica keeps one request open at its leader. Where it begins is what the replica has on disk; far behind, it asks for the
// next chunk while its disk still takes the ones before, and tells how much is on disk besides.

internal import Primitives

extension Channel {
    /// Sends a request, if this is the time for one.
    mutating func ask(_ now: Microseconds) {
        guard self.role == .replica, self.following.leader != nil, self.following.phase == .ready else { return }
        guard self.isLogAtRest || self.mayAskAhead else { return }
        if let open = self.following.open {
            // Lost, most likely. It may still be answered.
            guard now - open.sentAt >= self.options.silenceLimit else { return }
            self.following.open = nil
        }
        guard self.following.empty.mayAsk(now: now) else { return }
        if let search = self.following.search {
            self.advance(search, now: now)
        } else {
            self.request(since: self.log.tail, previous: self.log.last, isProbe: false, now: now)
        }
    }

    /// Bytes that may be on their way to the disk while more is asked for: a sync of much costs hardly more than one of little.
    private static let bytesAhead = 2 << 20
    /// The same in chunks; three of any size, so that the disk need not wait for the leader.
    private var mostChunksAhead: Int {
        let chunk = self.options.chunkBytes == 0 ? MessageLayout.largestChunk : Int(self.options.chunkBytes)
        return max(3, Self.bytesAhead / max(256 << 10, chunk) - 1)
    }

    /// Whether nothing is on its way to the disk that changes the log.
    private var isLogAtRest: Bool {
        self.options.mutant == .acknowledgesBeforeSync || self.jobs.allSatisfy { !$0.changesLog }
    }

    /// Whether it is worth while, and safe, to ask for a chunk before the ones before it are stored: the leader has said that it has
    /// more, and nothing but chunks is on its way. A replica that is nearly current waits for its disk: where the request begins
    /// is all that its leader must hear then. Background traffic is in no hurry.
    private var mayAskAhead: Bool {
        guard self.options.traffic != .background, self.following.search == nil, let leader = self.following.leader,
            let peer = self.tracker[leader],
            peer.tail > self.log.tail
        else { return false }
        let changes = self.jobs.filter(\.changesLog)
        return changes.count <= self.mostChunksAhead && changes.allSatisfy(\.isAppend)
    }

    /// Everything before it is on disk here.
    private var acknowledged: Seq {
        self.options.mutant == .acknowledgesBeforeSync ? self.log.tail : min(self.durable, self.log.tail)
    }

    /// Tells the leader what is on disk by now, where the request that is open at it said less. Where none is open the next one
    /// will tell.
    mutating func acknowledgeAhead() {
        guard self.role == .replica, let leader = self.following.leader, let open = self.following.open else { return }
        let seq = min(self.acknowledged, self.following.verified)
        guard seq > open.durable, !open.isProbe, !open.restarts else { return }
        self.following.open?.durable = seq
        self.send(.stored(before: seq), to: leader)
    }

    mutating func request(
        since: Seq,
        previous: RecordMark,
        isProbe: Bool,
        restarts: Bool = false,
        now: Microseconds
    ) {
        guard let leader = self.following.leader else { return }
        let id = self.generator.next()
        // Ids must differ; without one there is no request this time.
        guard !self.following.outstanding.contains(id) else { return }
        let durable = min(since, self.acknowledged)
        var request = OutstandingRequests.Request(
            id: id,
            since: since,
            durable: durable,
            sentAt: now,
            isProbe: isProbe
        )
        request.restarts = restarts
        self.following.outstanding.insert(request, now: now)
        self.following.open = request
        let body = SyncRequest(
            since: since,
            durable: durable,
            previous: previous,
            // One record is enough to learn that the one before is the same.
            chunkBytes: isProbe ? 1 : self.options.chunkBytes,
            id: id,
            traffic: self.options.traffic
        )
        self.send(.syncRequest(body), to: leader)
    }

    // MARK: Answers

    mutating func received(_ response: SyncResponse, term: Term, from node: NodeID, now: Microseconds) {
        // The id is used up whatever the role is, so that a change of role leaves none behind.
        guard let request = self.takeRequest(response.id, from: node, term: term, now: now) else { return }
        guard self.isWhole(response, request) else {
            self.counters.brokenChunks += 1
            return
        }
        if request.isProbe {
            self.following.search?.agreed(before: request.since)
            self.ask(now)
            return
        }
        if request.restarts {
            self.receivedRestart(response, now: now)
            return
        }
        guard !response.records.isEmpty else {
            self.receivedNothing(response, request, from: node, now: now)
            return
        }
        self.following.empty.progressed()
        let before = self.actions.count
        self.apply(response, now: now)
        let after = self.actions.count
        self.ask(now)
        // A request ahead says that nothing of this chunk is stored, and leaves before it is: the leader reads meanwhile.
        if self.actions.count == after + 1, let open = self.following.open, open.durable < open.since {
            self.actions.insert(self.actions.removeLast(), at: before)
        }
    }

    /// Finds the request that an answer belongs to, and whether it still matters.
    private mutating func takeRequest(
        _ id: UInt64,
        from node: NodeID,
        term: Term,
        now: Microseconds
    ) -> OutstandingRequests.Request? {
        let request = self.following.outstanding.take(id, now: now)
        if self.following.open?.id == id { self.following.open = nil }
        if self.options.election == .quorum, !self.accept(term, now: now) { return nil }
        guard let request else {
            self.counters.unknownIDs += 1
            return nil
        }
        guard self.role == .replica, self.following.leader == node else {
            self.counters.unwantedAnswers += 1
            return nil
        }
        return request
    }

    /// Whether a chunk is what it says: every record follows the last, and no term goes back or lies ahead.
    private func isWhole(_ response: SyncResponse, _ request: OutstandingRequests.Request) -> Bool {
        guard response.first >= request.since, response.first <= .max - UInt64(response.records.count) else {
            return false
        }
        var seq = response.first
        var term: Term = 0
        for record in response.records {
            guard record.seq == seq, record.term >= term else { return false }
            guard self.options.election == .nearest || record.term <= self.term else { return false }
            seq += 1
            term = record.term
        }
        return true
    }

    private mutating func receivedNothing(
        _ response: SyncResponse,
        _ request: OutstandingRequests.Request,
        from node: NodeID,
        now: Microseconds
    ) {
        self.counters.emptyAnswers += 1
        if request.since == self.log.tail {
            self.following.verified = self.log.tail
            self.learnCommit(response.commit)
        }
        let peer = self.tracker[node]
        let isFresh = peer?.seenAt.map { now - $0 < self.options.silenceLimit } ?? false
        let claimsMore = isFresh && (peer?.tail ?? 0) > request.since
        self.following.empty.answered(claimsMore: claimsMore, now: now)
        self.ask(now)
    }

    private mutating func apply(_ response: SyncResponse, now: Microseconds) {
        guard response.first >= self.log.tail else {
            self.counters.staleChunks += 1
            return
        }
        let isFree = self.isLogAtRest || self.jobs.allSatisfy { !$0.changesLog || $0.isAppend }
        guard isFree, self.following.search == nil, self.following.mayAppend else {
            // Something else is on its way to the log; what it makes of the tail is asked for then.
            self.counters.staleChunks += 1
            return
        }
        if response.first > self.log.tail {
            // What is left behind by a gap must be on disk, or not come to be.
            guard self.isLogAtRest else {
                self.counters.staleChunks += 1
                return
            }
            let isRetained = response.firstRetained <= self.log.tail
            if isRetained { self.counters.suspectedDivergences += 1 }
            guard self.skip(to: response.first, now: now) else { return }
        }
        self.log.append(response.records)
        self.counters.recordsPulled += UInt64(response.records.count)
        self.following.verified = self.log.tail
        self.store(.append(response.records), then: .nothing)
        self.learnCommit(response.commit)
    }

    /// What the leader has decided is decided here, as far as this log is known to be the leader's.
    mutating func learnCommit(_ commit: Seq) {
        self.commit = max(self.commit, min(commit, self.following.verified))
    }

    /// Passes over what is no longer to be had. A data set cannot do that: it is fetched anew.
    /// - Returns: whether the log goes on there.
    private mutating func skip(to seq: Seq, now: Microseconds) -> Bool {
        switch self.options.content {
        case .keyspace:
            self.fetchSnapshot(.trimmed, discarding: 0, floor: self.log.tail)
            return false
        case .log:
            self.counters.gaps += 1
            self.counters.recordsSkipped += seq - self.log.tail
            // What is on disk until then may not be what was decided.
            let decided = self.commit
            self.durable = min(self.durable, decided)
            self.log.skip(to: seq)
            if self.options.mutant == .appliesAcrossGap { return true }
            self.store(.skip(to: seq), then: .nothing, decidedBefore: decided)
            return true
        }
    }

    // MARK: Nacks

    mutating func received(_ nack: Nack, term: Term, from node: NodeID, now: Microseconds) {
        guard let request = self.takeRequest(nack.id, from: node, term: term, now: now) else { return }
        self.counters.nacksReceived += 1
        switch nack.code {
        case .notLeader: self.believe(nil, now: now)
        case .backPressure: self.following.phase = .waitingForTick
        case .closed: self.move(to: .idle, on: .closed, now: now)
        case .badRange: self.receivedBadRange(nack, request, now: now)
        case .diverged: self.receivedDiverged(request, now: now)
        }
    }

    private mutating func receivedBadRange(_ nack: Nack, _ request: OutstandingRequests.Request, now: Microseconds) {
        if request.isProbe || request.restarts {
            self.following.search?.trimmed(before: nack.firstRetained, asked: request.since)
        } else if request.since == self.log.tail {
            let (next, overflows) = request.since.addingReportingOverflow(1)
            guard !overflows else { return }
            let first = nack.firstRetained == 0 ? next : nack.firstRetained
            // Where it begins just here it does not know the record before, and cannot compare.
            guard first >= self.log.tail, self.isLogAtRest, self.skip(to: first, now: now) else { return }
        }
        self.ask(now)
    }

    private mutating func receivedDiverged(_ request: OutstandingRequests.Request, now: Microseconds) {
        if self.following.search != nil {
            if request.isProbe { self.following.search?.differed(before: request.since) }
        } else if request.since == self.log.tail {
            self.counters.divergences += 1
            // What is decided is shared, under the quorum policy.
            let common = self.options.election == .quorum ? max(self.log.first, self.commit) : self.log.first
            if common < self.log.tail {
                self.following.search = CommonRecordSearch(common: common, different: self.log.tail)
            } else if self.options.election == .nearest {
                // The logs parted before what is retained here.
                self.following.search = CommonRecordSearch(lostBefore: self.log.tail)
            } else {
                self.following.phase = .waitingForTick
            }
        }
        self.ask(now)
    }
}
