// The leader's writes: appended at once, acknowledged when they are decided. Under the quorum policy that is when a majority has
// them on disk, under the nearest policy when this node has.

extension Channel {
    mutating func propose(_ token: UInt64, _ payloads: [[UInt8]], now: Microseconds) {
        if let refusal = self.refusal(of: payloads, now: now) {
            self.refuse([token], refusal)
            return
        }
        let bytes = payloads.reduce(0) { $0 + $1.count }
        self.append(payloads)
        self.leading?.writes.append(Leading.Write(token: token, end: self.log.tail, bytes: bytes))
        self.leading?.writeBytes += bytes
        if self.options.mutant == .acknowledgesBeforeSync { self.advance(now) }
    }

    private func refusal(of payloads: [[UInt8]], now: Microseconds) -> WriteRefusal? {
        if self.isClosing { return .closed }
        guard let leading = self.leading else { return .notLeader(self.leader) }
        if !self.hasMajority(now) { return .noMajority }
        let isGood = payloads.allSatisfy { !$0.isEmpty && $0.count <= ChannelRecord.largestPayload }
        if payloads.isEmpty || !isGood { return .badPayload }
        let isFull = leading.writes.count >= Leading.mostWrites || leading.writeBytes >= Leading.mostWriteBytes
        return isFull ? .overloaded : nil
    }

    /// Numbers payloads and gives them to the log.
    mutating func append(_ payloads: [[UInt8]]) {
        guard let term = self.leading?.recordTerm else { return }
        var records: [ChannelRecord] = []
        records.reserveCapacity(payloads.count)
        for payload in payloads {
            let seq = self.log.tail + Seq(records.count)
            records.append(ChannelRecord(seq: seq, term: term, payload: payload))
        }
        self.log.append(records)
        self.store(.append(records), then: .nothing)
    }

    // MARK: Deciding

    /// Whether a majority was heard lately. A leader without one may have been replaced, and decides nothing.
    package func hasMajority(_ now: Microseconds) -> Bool {
        switch self.options.election {
        case .nearest: return self.leading != nil
        case .quorum:
            guard let leading = self.leading else { return false }
            return leading.contacts(age: self.options.silenceLimit, now: now) >= self.options.majority
        }
    }

    mutating func contacted(_ node: NodeID, now: Microseconds) {
        guard let index = self.leading?.index(of: node) else { return }
        self.leading?.peers[index].contactAt = now
        self.advance(now)
    }

    /// A replica has everything before a seq on disk, and it is the same as here.
    mutating func matched(_ node: NodeID, _ seq: Seq, now: Microseconds) {
        guard let index = self.leading?.index(of: node), let before = self.leading?.peers[index].match else { return }
        guard seq > before else { return }
        self.leading?.peers[index].match = seq
        self.advance(now)
    }

    /// Decides what can be decided, and acknowledges it.
    mutating func advance(_ now: Microseconds) {
        guard let leading = self.leading, self.hasMajority(now) else { return }
        let own = self.options.mutant == .acknowledgesBeforeSync ? self.log.tail : self.durable
        switch self.options.election {
        case .nearest: self.commit = max(self.commit, own)
        case .quorum:
            let decided = leading.decided(by: self.options.majority, own: own)
            guard decided > self.commit, decided > leading.begin else { return }
            self.commit = decided
        }
        guard let tokens = self.leading?.takeWrites(before: self.commit) else { return }
        if !tokens.isEmpty {
            self.counters.writesAcknowledged += UInt64(tokens.count)
            self.actions.append(.acknowledge(tokens))
        }
        self.answerHeld(now)
    }
}
