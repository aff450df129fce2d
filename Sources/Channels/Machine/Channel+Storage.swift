extension Channel {
    /// A job that is not yet durable.
    struct PendingJob: Sendable {
        enum Sequel: Sendable {
            case nothing
            case candidacy(term: Term)
            case vote(Ballot)
        }

        let number: UInt64
        /// What is durable once it is.
        let durable: Seq?
        /// It only adds records at the tail.
        let isAppend: Bool
        let sequel: Sequel
        /// What was decided here before the log was replaced. If that fails, the old log says nothing about more.
        let decidedBefore: Seq?

        var changesLog: Bool { self.durable != nil }
    }

    struct PendingRead: Sendable {
        enum Purpose: Sendable {
            case serve(SyncRequest, NodeID, leadership: Term)
            case mark
        }

        let number: UInt64
        let purpose: Purpose
    }

    /// - Parameter decidedBefore: with a job that replaces the log.
    mutating func store(
        _ work: StorageJob.Work,
        then sequel: PendingJob.Sequel,
        decidedBefore: Seq? = nil
    ) {
        let durable: Seq?
        var isAppend = false
        switch work {
        case .append:
            durable = self.log.tail
            isAppend = true
        case .truncate, .skip, .restart, .install:
            durable = self.log.tail
            self.following.logReplaced()
        case .vote: durable = nil
        }
        let number = self.nextNumber()
        self.jobs.append(
            PendingJob(
                number: number,
                durable: durable,
                isAppend: isAppend,
                sequel: sequel,
                decidedBefore: decidedBefore
            )
        )
        self.actions.append(.store(StorageJob(number: number, work: work)))
        // Records that are cut away count no longer, even before the disk has forgotten them.
        self.durable = min(self.durable, self.log.tail)
    }

    mutating func stored(_ number: UInt64, now: Microseconds) {
        while let job = self.jobs.first, job.number <= number {
            self.jobs.removeFirst()
            if let durable = job.durable { self.durable = durable }
            switch job.sequel {
            case .nothing: break
            case .candidacy(let term): self.candidacyStored(term, now: now)
            case .vote(let ballot): self.voteStored(ballot)
            }
        }
        guard !self.isClosing else { return }
        self.advance(now)
        self.answerHeld(now)
        self.ask(now)
        self.acknowledgeAhead()
    }

    mutating func read(_ job: ReadJob, then purpose: PendingRead.Purpose) {
        self.reads.append(PendingRead(number: job.number, purpose: purpose))
        self.actions.append(.read(job))
    }

    mutating func readCompleted(_ number: UInt64, _ outcome: ReadOutcome, now: Microseconds) {
        guard let index = self.reads.firstIndex(where: { $0.number == number }) else { return }
        let read = self.reads.remove(at: index)
        guard !self.isClosing else { return }
        switch read.purpose {
        case .serve(let request, let node, let leadership):
            self.served(request, of: node, leadership: leadership, number, outcome, now: now)
        case .mark: self.markRead(number, outcome, now: now)
        }
    }

    // MARK: Disk pressure

    /// The storage took no more, and has dropped what it was given since.
    mutating func storageFailed(_ log: LogTip, now: Microseconds) {
        for job in self.jobs { self.commit = min(self.commit, job.decidedBefore ?? self.commit) }
        self.jobs.removeAll(keepingCapacity: true)
        self.log = log
        self.durable = log.tail
        if self.options.election == .nearest { self.commit = min(self.commit, log.tail) }
        // What is left may not be what the leader had spoken of, and what was asked for does not follow it.
        self.following.verified = 0
        self.following.outstanding.removeAll()
        self.following.open = nil
        self.refuseDropped()
        switch self.role {
        case .leader: self.counters.diskPressuresOnLeader += 1
        case .replica: self.counters.diskPressuresOnReplica += 1
        case .candidate: self.counters.diskPressuresOnCandidate += 1
        case .idle: self.counters.diskPressuresOnIdle += 1
        }
        guard !self.isClosing else { return }
        switch self.options.diskPressure {
        case .withdraw: self.withdraw(now)
        case .evictOldest:
            self.actions.append(.sweep)
            // No hurry: the sweep must make room first.
            guard self.role == .replica else { return }
            if case .fetching(let number) = self.following.phase { self.actions.append(.cancelSnapshot(number)) }
            self.following.search = nil
            self.following.phase = .waitingForTick
        }
    }

    private mutating func refuseDropped() {
        guard let leading = self.leading else { return }
        // Seqs are given out again. What was dropped has been shown to nobody, because only what is durable is sent.
        self.leading?.begin = min(leading.begin, self.log.tail)
        let kept = leading.writes.prefix { $0.end <= self.log.tail }
        let dropped = leading.writes.dropFirst(kept.count)
        guard !dropped.isEmpty else { return }
        self.leading?.writes = Array(kept)
        self.leading?.writeBytes -= dropped.reduce(0) { $0 + $1.bytes }
        self.refuse(dropped.map(\.token), .storageFailed)
    }

    private mutating func withdraw(_ now: Microseconds) {
        switch self.role {
        case .leader: self.move(to: .idle, on: .diskPressureOnLeader, now: now)
        case .replica: self.move(to: .idle, on: .diskPressureOnReplica, now: now)
        case .candidate: self.move(to: .idle, on: .diskPressureOnCandidate, now: now)
        // For an idle node counting is all.
        case .idle: return
        }
        self.probeAt = now + self.options.heartbeat
    }

    mutating func probed(_ isWritable: Bool, now: Microseconds) {
        guard isWritable, self.probeAt != nil, self.role == .idle, !self.isClosing else { return }
        self.probeAt = nil
        self.move(to: .replica, on: .selected, now: now)
        self.heartbeatAt = now
    }
}
