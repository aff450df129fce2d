// What catching up may take of the leader's link. An answer that the budget does not cover yet is held until it does, so that a
// replica far behind gets its chunks evenly; only where that would take longer than a heartbeat it is told to ask again. What a
// replica gets that is nearly current is not catching up, and is sent at once: clients wait for it.

extension Channel {
    mutating func respond(to request: SyncRequest, of node: NodeID, _ records: [ChannelRecord], now: Microseconds) {
        let answer = Leading.Answer(request: request, records: records, endsAt: now + self.options.heartbeat)
        if self.isLive(answer) {
            self.send(answer, to: node, charge: 0)
        } else if let index = self.leading?.index(of: node) {
            self.leading?.peers[index].answer = answer
            self.pay(now)
            if self.leading?.peers[index].answer != nil { self.counters.answersPaced += 1 }
        }
    }

    /// Sends what has waited for the budget, as far as it goes: in each class what has waited longest.
    mutating func pay(_ now: Microseconds) {
        var next: Microseconds?
        for traffic in TrafficClass.allCases {
            while let index = self.leading?.longestWaiting(traffic), let peer = self.leading?.peers[index],
                let answer = peer.answer
            {
                let charge = MessageLayout.headerBytes + self.response(answer).encodedBytes
                if self.budget.admit(charge, traffic, now: now) {
                    self.leading?.peers[index].answer = nil
                    self.send(answer, to: peer.node, charge: charge)
                    continue
                }
                let payableAt = self.budget.admittedAt(charge, traffic, now: now)
                guard payableAt > answer.endsAt else {
                    // Nobody of its class overtakes it.
                    next = min(payableAt, next ?? .max)
                    break
                }
                self.leading?.peers[index].answer = nil
                self.counters.backPressures += 1
                self.nack(answer.request, .backPressure, to: peer.node, "the budget is spent")
            }
        }
        self.leading?.payableAt = next
    }

    /// Whether this is replication of what is written now: clients wait for what is not decided, and the replica lacks little of
    /// what is. By the size of the records at hand, because the log's tip knows no others.
    private func isLive(_ answer: Leading.Answer) -> Bool {
        guard !answer.records.isEmpty, answer.request.since < self.commit else { return true }
        let bytes = answer.records.reduce(0) { $0 + $1.encodedBytes }
        let lacking = Double(self.commit - answer.request.since) * Double(bytes) / Double(answer.records.count)
        return lacking <= Double(self.budget.liveBytes)
    }

    private mutating func send(_ answer: Leading.Answer, to node: NodeID, charge: Int) {
        self.counters.chunksServed += answer.records.isEmpty ? 0 : 1
        self.counters.recordsServed += UInt64(answer.records.count)
        if let index = self.leading?.index(of: node) { self.leading?.peers[index].toldCommit = self.commit }
        self.send(.syncResponse(self.response(answer)), to: node, charge: charge)
    }

    private func response(_ answer: Leading.Answer) -> SyncResponse {
        SyncResponse(
            first: answer.request.since,
            firstRetained: self.log.first,
            commit: self.commit,
            id: answer.request.id,
            records: answer.records
        )
    }
}
