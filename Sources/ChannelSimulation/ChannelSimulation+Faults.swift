internal import Channels
internal import Primitives

extension ChannelSimulation {
    private var someone: Int { .random(in: self.nodes.indices, using: &self.generator) }

    /// The leader, if there is one and luck will have it.
    private var victim: Int {
        let other = self.someone
        guard Bool.random(using: &self.generator) else { return other }
        return self.nodes.firstIndex { $0.role == .leader && $0.isUp } ?? other
    }

    func faultHappens() throws(Violation) {
        guard self.calmAt == nil else { return }
        let index = self.victim
        let lasts = Microseconds.random(in: 50_000...1_500_000, using: &self.generator)
        switch Int.random(in: 0..<20, using: &self.generator) {
        case 0..<4: try self.crash(index, restartsAt: self.now + lasts)
        case 4:
            // The power of the whole house.
            for index in self.nodes.indices { try self.crash(index, restartsAt: self.now + lasts) }
        case 5..<8: self.pause(index, until: self.now + lasts)
        case 8..<11: self.split(healsAt: self.now + lasts)
        case 11..<14: self.isolate(index, healsAt: self.now + lasts)
        case 14..<16:
            let other = self.someone
            self.note("nothing gets from \(self.nodes[index].id) to \(self.nodes[other].id)")
            self.report.partitions += 1
            self.isCut[index][other] = true
            self.agenda.enter(.linksHealed, at: self.now + lasts)
        case 16:
            self.note("the disk of \(self.nodes[index].id) fills up")
            self.nodes[index].disk.isFull = true
            self.agenda.enter(.diskHealed(index), at: self.now + lasts)
        case 17, 18:
            let jump = Int64.random(in: -86_400_000...86_400_000, using: &self.generator)
            self.note("the wall clock of \(self.nodes[index].id) jumps by \(jump) ms")
            self.nodes[index].wallOffset += jump
        default:
            guard self.nodes[index].isUp, self.now >= self.nodes[index].pausedUntil else { break }
            self.note("\(self.nodes[index].id) is told to give up its lead")
            try self.handle(.relinquished, index)
            self.agenda.enter(.reopened(index, life: self.nodes[index].life), at: self.now + lasts)
        }
        let next = Microseconds.random(in: 1...(2 * self.weather.faultInterval), using: &self.generator)
        self.agenda.enter(.faultHappens, at: self.now + next)
    }

    func crash(_ index: Int, restartsAt: Microseconds) throws(Violation) {
        guard let member = self.nodes[index].member else { return }
        let waiting = self.nodes[index].disk.queue.count
        let kept = Int.random(in: 0...waiting, using: &self.generator)
        let records = Int.random(in: 0...3, using: &self.generator)
        self.note("\(self.nodes[index].id) crashes; \(kept) of \(waiting) jobs were made")
        self.report.crashes += 1
        self.nodes[index].member = nil
        self.nodes[index].past.add(member.channel.counters)
        self.nodes[index].life += 1
        self.nodes[index].role = .idle
        self.nodes[index].pausedUntil = 0
        try self.nodes[index].disk.crash(kept: kept, records: records)
        self.agenda.enter(.restarted(index), at: restartsAt)
    }

    private func pause(_ index: Int, until: Microseconds) {
        self.note("\(self.nodes[index].id) stands still")
        self.report.pauses += 1
        self.nodes[index].pausedUntil = max(self.nodes[index].pausedUntil, until)
    }

    private func split(healsAt: Microseconds) {
        let isLeft = self.nodes.map { _ in Bool.random(using: &self.generator) }
        self.note("the network splits: \(isLeft)")
        self.report.partitions += 1
        for from in self.nodes.indices {
            for to in self.nodes.indices where isLeft[from] != isLeft[to] { self.isCut[from][to] = true }
        }
        self.agenda.enter(.linksHealed, at: healsAt)
    }

    /// Nothing gets in, or nothing gets out, or both.
    private func isolate(_ index: Int, healsAt: Microseconds) {
        let ways = Int.random(in: 0..<3, using: &self.generator)
        self.note("\(self.nodes[index].id) is cut off\(["", ", inwards only", ", outwards only"][ways])")
        self.report.partitions += 1
        for other in self.nodes.indices where other != index {
            if ways != 2 { self.isCut[other][index] = true }
            if ways != 1 { self.isCut[index][other] = true }
        }
        self.agenda.enter(.linksHealed, at: healsAt)
    }

    func healLinks() {
        self.note("the network is whole")
        for from in self.nodes.indices {
            for to in self.nodes.indices { self.isCut[from][to] = false }
        }
    }

    // MARK: Clients and retention

    func clientWrites() throws(Violation) {
        if let calmAt = self.calmAt, self.now - calmAt > Self.calmWrites { return }
        let next = Microseconds.random(in: 1...(2 * self.weather.writeInterval), using: &self.generator)
        self.agenda.enter(.clientWrites, at: self.now + next)
        // Clients mostly know the leader, and sometimes an old one.
        let leaders = self.nodes.indices.filter { self.nodes[$0].role == .leader }
        let isLost = Int.random(in: 0..<10, using: &self.generator) == 0
        let index = isLost ? self.someone : leaders.randomElement(using: &self.generator) ?? self.someone
        guard self.nodes[index].isUp, self.now >= self.nodes[index].pausedUntil else { return }
        self.lastToken += 1
        let payloads = (0..<Int.random(in: 1...4, using: &self.generator)).map { number in
            let length = Int.random(in: 0...120, using: &self.generator)
            return Array("\(self.lastToken).\(number) ".utf8) + [UInt8](repeating: 0x61, count: length)
        }
        self.report.proposed += 1
        self.note("a client writes \(payloads.count) records to \(self.nodes[index].id)")
        guard let tail = self.nodes[index].member?.channel.log.tail else { return }
        let term = self.nodes[index].member?.channel.recordTerm
        if let term {
            let records = payloads.enumerated().map { offset, payload in
                ChannelRecord(seq: tail + Seq(offset), term: term, payload: payload)
            }
            self.writes[self.lastToken] = Judge.Write(records: records, leader: self.nodes[index].id)
        }
        try self.handle(.proposed(token: self.lastToken, payloads: payloads), index)
    }

    func prune() throws(Violation) {
        guard self.calmAt == nil else { return }
        self.agenda.enter(.pruned, at: self.now + .random(in: 100_000...1_500_000, using: &self.generator))
        let index = self.someone
        guard let limit = self.nodes[index].member?.channel.retentionLimit else { return }
        let first = self.nodes[index].disk.first
        guard limit > first, self.now >= self.nodes[index].pausedUntil else { return }
        try self.prune(index, to: .random(in: first...limit, using: &self.generator))
    }

    func prune(_ index: Int, to seq: Seq) throws(Violation) {
        self.judge.prune(self.nodes[index], to: seq)
        self.nodes[index].disk.prune(to: seq)
        self.note("\(self.nodes[index].id) keeps its log from \(self.nodes[index].disk.first) on")
        try self.handle(.pruned(first: self.nodes[index].disk.first), index)
    }

    // MARK: The end

    /// Everything is well from now on.
    func calm() throws(Violation) {
        self.note("the faults are over")
        self.calmAt = self.now
        self.weather.clear()
        self.healLinks()
        for index in self.nodes.indices {
            self.nodes[index].pausedUntil = 0
            self.nodes[index].disk.isFull = false
            if !self.nodes[index].isUp { try self.start(index) }
        }
        self.agenda.enter(.checked, at: self.now + Weather.heartbeat)
    }

    /// Do they agree? Then they are closed; else there is a little time left.
    func check() throws(Violation) {
        guard let calmAt = self.calmAt else { return }
        for index in self.nodes.indices { self.mix(self.nodes[index].disk.tail) }
        let reason = self.disagreement
        guard let reason else {
            self.report.heartbeatsToAgree = Int((self.now - calmAt) / Weather.heartbeat)
            self.note("they agree")
            let first = self.nodes.map(\.disk.first).max() ?? 0
            try self.judge.settle(self.nodes[0], firstRetained: first)
            guard self.acknowledgedInCalm > 0 else { throw Violation("no write was acknowledged after the faults") }
            for index in self.nodes.indices { try self.handle(.closed(forEverybody: false), index) }
            return
        }
        guard self.now - calmAt < Self.patience else {
            throw Violation("no agreement \(Self.patience / 1_000_000) s after the faults: \(reason)")
        }
        self.agenda.enter(.checked, at: self.now + Weather.heartbeat)
    }

    /// What keeps the nodes from being one; nil when nothing does.
    private var disagreement: String? {
        if let calmAt = self.calmAt, self.now - calmAt <= Self.calmWrites { return "clients write" }
        let leaders = self.nodes.filter { $0.role == .leader }
        guard let leader = leaders.first, leaders.count == 1 else { return "\(leaders.count) leaders" }
        let first = self.nodes.map(\.disk.first).max() ?? 0
        for node in self.nodes {
            guard let channel = node.member?.channel else { return "\(node.id) is down" }
            guard channel.leader == leader.id else { return "\(node.id), \(node.role), does not follow \(leader.id)" }
            guard node.disk.queue.isEmpty, node.disk.tail == leader.disk.tail else {
                return "\(node.id) ends before \(node.disk.tail), and the leader before \(leader.disk.tail)"
            }
            guard channel.commit == node.disk.tail else { return "\(node.id) has decided \(channel.commit)" }
            for seq in first..<max(first, leader.disk.tail) where node.disk[seq] != leader.disk[seq] {
                return "\(node.id) has another record \(seq)"
            }
        }
        return nil
    }
}
