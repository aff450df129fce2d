internal import Channels
internal import Primitives

extension ChannelSimulation {
    func perform(_ actions: [ChannelAction], _ index: Int) throws(Violation) {
        for action in actions { try self.perform(action, index) }
    }

    private func perform(_ action: ChannelAction, _ index: Int) throws(Violation) {
        let node = self.nodes[index]
        switch action {
        case .send(let message, let receiver, let charge):
            if case .syncResponse(let response) = message.body {
                try self.judge.answered(node, response, message.term)
            }
            try self.send(message, from: index, to: Int(receiver.number) - 1, charge: charge)
        case .store(let job): try self.store(job, index)
        case .read(let job):
            let delay = Microseconds.random(in: 10...self.weather.longestSync, using: &self.generator)
            self.agenda.enter(.read(index, life: node.life, job), at: self.now + delay)
        case .acknowledge(let tokens): try self.acknowledge(tokens, index)
        case .refuse(let tokens, let refusal):
            self.note("\(node.id) refuses \(tokens.count) writes: \(refusal)")
            self.report.refused += tokens.count
            for token in tokens { self.writes[token] = nil }
        case .committed(let seq):
            self.note("\(node.id) decided \(seq)")
            try self.judge.decide(node, seq)
        case .roleChanged(let role, let signal): try self.roleChanged(role, signal, index)
        case .announce:
            if self.calmAt == nil, Int.random(in: 0..<200, using: &self.generator) == 0 {
                self.agenda.enter(.announcementFailed(index, life: node.life), at: self.now)
            }
        case .sweep:
            self.note("\(node.id) sweeps")
            try self.prune(index, to: node.member?.channel.retentionLimit ?? 0)
            self.agenda.enter(.diskHealed(index), at: self.now + 300_000)
        case .probe: self.agenda.enter(.probed(index, life: node.life), at: self.now + 1_000)
        case .fetchSnapshot(let number, let source, let cause):
            self.note("\(node.id) fetches a snapshot from \(source): \(cause)")
            let delay = Microseconds.random(in: 1_000...300_000, using: &self.generator)
            let happening = Happening.snapshotDone(index, life: node.life, number, from: Int(source.number) - 1)
            self.agenda.enter(happening, at: self.now + delay)
        case .cancelSnapshot: self.note("\(node.id) wants no snapshot any more")
        case .stopped:
            self.note("\(node.id) has stopped")
            self.stopped += 1
        }
    }

    private func roleChanged(_ role: Role, _ signal: RoleSignal, _ index: Int) throws(Violation) {
        self.nodes[index].role = role
        let term = self.nodes[index].member?.channel.term ?? 0
        self.note("\(self.nodes[index].id) is \(role) in term \(term): \(signal)")
        self.mix(UInt64(role.rawValue) << 8 | UInt64(index))
        guard role == .leader else { return }
        self.report.leaderships += 1
        try self.judge.led(self.nodes[index], term)
    }

    private func acknowledge(_ tokens: [UInt64], _ index: Int) throws(Violation) {
        let node = self.nodes[index]
        let limit = Microseconds(3) * Weather.heartbeat
        let heard = 1 + node.heardAt.count { self.now - $0 < limit }
        for token in tokens {
            guard let write = self.writes.removeValue(forKey: token) else {
                throw Violation("an unknown write \(token)")
            }
            self.note("\(node.id) acknowledges up to \((write.records.last?.seq ?? 0) + 1)")
            self.report.acknowledged += 1
            if self.calmAt != nil { self.acknowledgedInCalm += 1 }
            try self.judge.acknowledge(write, by: node, self.nodes, heard: heard)
        }
    }

    // MARK: The network

    private func send(_ message: ChannelMessage, from: Int, to: Int, charge: Int) throws(Violation) {
        self.note("\(self.nodes[from].id) → \(self.nodes[to].id) \(message.summary)")
        self.mix(UInt64(message.code.rawValue) << 16 | UInt64(from) << 8 | UInt64(to))
        guard !self.isCut[from][to], Int.random(in: 0..<1000, using: &self.generator) >= self.weather.lost else {
            self.report.messagesLost += 1
            self.note("lost")
            if charge > 0, Bool.random(using: &self.generator) { try self.handle(.sendFailed(charge: charge), from) }
            return
        }
        let bytes = message.encoded
        let isDoubled = Int.random(in: 0..<1000, using: &self.generator) < self.weather.doubled
        for _ in 0...(isDoubled ? 1 : 0) {
            let isLate = Int.random(in: 0..<1000, using: &self.generator) < self.weather.late
            let longest = isLate ? 1_000_000 : self.weather.longestDelay
            let delay = Microseconds.random(in: 20...longest, using: &self.generator)
            self.agenda.enter(.delivered(bytes, from: from, to: to), at: self.now + delay)
        }
    }

    func deliver(_ bytes: [UInt8], from: Int, to: Int) throws(Violation) {
        guard self.nodes[to].isUp, !self.isCut[from][to] else { return }
        guard self.now >= self.nodes[to].pausedUntil else {
            self.agenda.enter(.delivered(bytes, from: from, to: to), at: self.nodes[to].pausedUntil)
            return
        }
        self.nodes[to].heardAt[from] = self.now
        let sender = self.nodes[from].id
        let reception = bytes.withUnsafeBytes { self.nodes[to].member?.receive($0, from: sender) }
        if case .malformed(let error) = reception { throw Violation("a message cannot be decoded: \(error)") }
        try self.turn(to)
    }

    // MARK: The disk

    private func store(_ job: StorageJob, _ index: Int) throws(Violation) {
        self.note("\(self.nodes[index].id) stores \(job.summary)")
        switch job.work {
        case .append, .vote: break
        // What lies before it cannot be compared with what the leader has trimmed.
        case .skip: self.judge.prune(self.nodes[index], to: .max)
        case .truncate(let seq):
            let node = self.nodes[index]
            self.nodes[index].cut += node.disk.tail - min(seq, node.disk.tail)
            try self.judge.discard(node, from: seq, leader: self.leader(of: node))
            try self.compareCounts(index)
        case .restart:
            self.judge.replaced(self.nodes[index], by: self.leader(of: self.nodes[index]))
            let replaced = self.counted(index) - self.nodes[index].cut
            self.nodes[index].replaced = replaced
        case .install:
            let replaced = self.counted(index) - self.nodes[index].cut
            self.nodes[index].replaced = replaced
        }
        self.nodes[index].disk.enqueue(job)
        self.startSync(index)
    }

    private func leader(of node: SimulatedNode) -> SimulatedNode? {
        node.member?.channel.leader.map { self.nodes[Int($0.number) - 1] }
    }

    private func counted(_ index: Int) -> UInt64 {
        let node = self.nodes[index]
        return node.past.recordsDiscarded + (node.member?.channel.counters.recordsDiscarded ?? 0)
    }

    private func compareCounts(_ index: Int) throws(Violation) {
        let (node, counted) = (self.nodes[index], self.counted(index))
        guard counted == node.cut + node.replaced else {
            throw Violation("\(node.id) counts \(counted) discarded records, and \(node.cut + node.replaced) it is")
        }
    }

    private func startSync(_ index: Int) {
        guard self.nodes[index].disk.syncing == 0, !self.nodes[index].disk.queue.isEmpty else { return }
        self.nodes[index].disk.syncing = self.nodes[index].disk.queue.count
        let delay = Microseconds.random(in: 50...self.weather.longestSync, using: &self.generator)
        self.agenda.enter(.synced(index, life: self.nodes[index].life), at: self.now + delay)
    }

    func synced(_ index: Int) throws(Violation) {
        let count = self.nodes[index].disk.syncing
        guard count > 0, let last = self.nodes[index].disk.queue.prefix(count).last?.number else { return }
        if self.nodes[index].disk.isFull {
            self.note("\(self.nodes[index].id): the disk is full")
            self.report.diskFaults += 1
            self.nodes[index].disk.drop()
            let tip = self.nodes[index].disk.tip
            try self.handle(.storageFailed(tip), index)
        } else {
            let isVote = self.nodes[index].disk.queue.prefix(count).contains { $0.isVote }
            try self.nodes[index].disk.sync(count)
            self.nodes[index].disk.syncing = 0
            try self.handle(.stored(last), index)
            // A bad moment: the vote is given, and the next candidate will ask soon.
            if isVote, self.calmAt == nil, Int.random(in: 0..<12, using: &self.generator) == 0 {
                try self.crash(index, restartsAt: self.now + .random(in: 100...20_000, using: &self.generator))
                return
            }
        }
        self.startSync(index)
    }

    // MARK: Snapshots

    func snapshotDone(_ index: Int, _ number: UInt64, from source: Int) throws(Violation) {
        let leader = self.nodes[source]
        let isReachable = !self.isCut[source][index] && !self.isCut[index][source] && leader.role == .leader
        guard let channel = leader.member?.channel, isReachable, self.now >= leader.pausedUntil else {
            try self.handle(.snapshotFailed(number), index)
            return
        }
        let tail = channel.retentionLimit
        guard tail >= leader.disk.first, tail <= leader.disk.tail else {
            try self.handle(.snapshotFailed(number), index)
            return
        }
        if self.scenario.election == .nearest {
            self.judge.replaced(self.nodes[index], by: leader)
        }
        try self.handle(.snapshotFetched(number, tail: tail, last: leader.disk.mark(before: tail)), index)
    }
}
