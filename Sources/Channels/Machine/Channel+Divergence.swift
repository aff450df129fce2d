// When the logs differ, the replica looks for the last common record by halving, and gives up what lies behind it.

extension Channel {
    /// Goes on with a search: asks the next question, or cuts the log.
    mutating func advance(_ search: CommonRecordSearch, now: Microseconds) {
        if search.isLost {
            self.restart(search, now: now)
            return
        }
        let number = self.nextNumber()
        if let probe = search.probe {
            self.following.phase = .readingProbe(number, since: probe)
            self.read(ReadJob(number: number, from: probe, byteLimit: 0), then: .mark)
        } else {
            self.following.phase = .readingCut(number)
            self.read(ReadJob(number: number, from: search.common, byteLimit: 0), then: .mark)
        }
    }

    /// The mark of a record of the own log has been read.
    mutating func markRead(_ number: UInt64, _ outcome: ReadOutcome, now: Microseconds) {
        guard self.role == .replica, let search = self.following.search else { return }
        switch (self.following.phase, outcome) {
        case (.readingProbe(number, let since), .found(let previous, _, _)):
            self.following.phase = .ready
            self.request(since: since, previous: previous, isProbe: true, now: now)
        case (.readingCut(number), .found(let previous, _, _)):
            self.following.phase = .ready
            self.cut(at: search.common, last: previous, now: now)
        case (.readingProbe(number, _), .trimmed), (.readingCut(number), .trimmed),
            (.readingProbe(number, _), .failed), (.readingCut(number), .failed):
            // Retention came in between, or the disk did. The search starts over.
            self.following.search = nil
            self.following.phase = .waitingForTick
        case (.ready, _), (.fetching, _), (.waitingForTick, _), (.readingProbe, _), (.readingCut, _): break
        }
    }

    private mutating func cut(at seq: Seq, last: RecordMark, now: Microseconds) {
        self.following.search = nil
        guard seq >= self.log.first, seq <= self.log.tail else { return }
        // Nothing that is decided is ever cut.
        guard self.options.election == .nearest || seq >= self.commit else { return }
        let discarded = self.log.tail - seq
        // What was applied to the data cannot be taken back.
        if self.options.content == .keyspace, seq < self.applied {
            return self.fetchSnapshot(.diverged, discarding: discarded, floor: seq)
        }
        switch (self.options.content, self.options.election) {
        case (.log, _), (.keyspace, .quorum):
            self.counters.recordsDiscarded += discarded
            self.log.truncate(to: seq, last: last)
            self.commit = min(self.commit, seq)
            self.following.verified = min(self.following.verified, seq)
            self.store(.truncate(to: seq), then: .nothing)
        // What was applied to the data cannot be taken back.
        case (.keyspace, .nearest): self.fetchSnapshot(.diverged, discarding: discarded, floor: 0)
        }
    }

    // MARK: Starting over

    /// The leader has trimmed the place where the logs part, so that nobody can tell what is shared. Everything before its first
    /// retained record is decided: the log begins anew there. Not by a cut and then a skip: in between this node would vote as one
    /// that lacks what it has acknowledged.
    private mutating func restart(_ search: CommonRecordSearch, now: Microseconds) {
        switch self.options.content {
        case .keyspace:
            self.following.search = nil
            self.fetchSnapshot(.diverged, discarding: self.log.tail - search.common, floor: search.different)
        case .log: self.request(since: search.retained, previous: .none, isProbe: false, restarts: true, now: now)
        }
    }

    mutating func receivedRestart(_ response: SyncResponse, now: Microseconds) {
        guard let search = self.following.search, response.first >= search.retained else { return }
        guard self.jobs.allSatisfy({ !$0.changesLog }) else { return }
        self.following.search = nil
        self.counters.gaps += 1
        self.counters.recordsDiscarded += self.log.tail - search.common
        self.counters.recordsPulled += UInt64(response.records.count)
        let decided = self.commit
        self.durable = min(self.durable, decided)
        // The last record of a leader under the quorum policy is of its own term.
        let lastTerm = response.records.first?.term ?? self.term
        self.log = LogTip(first: response.first, tail: response.first, lastTerm: lastTerm)
        self.log.append(response.records)
        self.following.verified = self.log.tail
        if self.options.election == .nearest { self.commit = min(self.commit, self.log.tail) }
        let work = StorageJob.Work.restart(at: response.first, lastTerm: lastTerm, response.records)
        self.store(work, then: .nothing, decidedBefore: decided)
        self.learnCommit(response.commit)
    }

    // MARK: Snapshots

    /// - floor: what may be decided, and is on disk here, lies before it.
    mutating func fetchSnapshot(_ cause: SnapshotCause, discarding discards: UInt64, floor: Seq) {
        guard let leader = self.following.leader else { return }
        let number = self.nextNumber()
        self.following.phase = .fetching(number)
        self.following.discards = discards
        self.following.snapshotFloor = floor
        self.actions.append(.fetchSnapshot(number, from: leader, cause))
    }

    mutating func snapshotFetched(_ number: UInt64, tail: Seq, last: RecordMark) {
        guard self.role == .replica, self.following.phase == .fetching(number) else { return }
        self.following.phase = .waitingForTick
        // One that is older than what is on disk here is of no use: that has been acknowledged.
        let floor = max(self.commit, self.following.snapshotFloor)
        guard self.options.election == .nearest || tail >= floor else { return }
        self.applied = 0
        self.counters.snapshots += 1
        self.counters.recordsDiscarded += self.following.discards
        let discarded = self.log.tail - min(self.following.discards, self.log.tail)..<self.log.tail
        let decided = self.commit
        self.durable = min(self.durable, decided)
        self.log = LogTip(first: tail, tail: tail, last: last, lastTerm: last.term)
        self.commit = self.options.election == .quorum ? max(self.commit, tail) : tail
        self.following.verified = tail
        let work = StorageJob.Work.install(snapshot: number, tail: tail, last: last, discarding: discarded)
        self.store(work, then: .nothing, decidedBefore: decided)
    }

    mutating func snapshotFailed(_ number: UInt64) {
        guard self.following.phase == .fetching(number) else { return }
        self.following.phase = .waitingForTick
    }
}
