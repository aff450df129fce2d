// One node's part in a replicated channel: a log that the members of a replica set keep together. The leader among them
// appends; the others pull.
//
//     idle ──→ replica ──→ candidate ──→ leader        (RoleMachine has every change and its signals)
//
// A value: an event and the time go in, actions come out, in the order in which they must be carried out. It reads no clock,
// draws numbers from a seeded generator alone, and touches neither the network nor a disk: whoever holds it does that, and
// reports back with events. So the same code runs in a server and under the simulator.
//
// The quorum policy is Raft (Ongaro, Ousterhout 2014; pre-vote and leader stickiness from Ongaro's thesis) turned around:
// followers pull, and where a request begins is the acknowledgement. The nearest policy has no votes.

internal import Primitives

package struct Channel: Sendable {
    package let options: ChannelOptions
    package internal(set) var counters = ChannelCounters()
    package internal(set) var tracker: PeerTracker
    package internal(set) var budget: BandwidthBudget

    var roles = RoleMachine()
    /// Under the nearest policy always 1.
    package internal(set) var term: Term
    var votedFor: NodeID?

    /// What was given to the storage. Less may be durable.
    package internal(set) var log: LogTip
    /// Records before this seq are on disk.
    package internal(set) var durable: Seq
    /// Records before this seq are decided.
    package internal(set) var commit: Seq = 0
    /// What the data had when this node last stopped leading: some of it may not be decided.
    var applied: Seq = 0

    var generator: SeededGenerator
    /// What the present event leads to.
    var actions: [ChannelAction] = []
    var jobs: [PendingJob] = []
    var reads: [PendingRead] = []
    private var lastNumber: UInt64 = 0

    var following: Following
    var election: Election?
    var leading: Leading?

    /// When the next heartbeat is due.
    var heartbeatAt: Microseconds
    /// When the disk is tried next, while the node is idle because it took no more.
    var probeAt: Microseconds?
    private var announced: Announcement?
    private var reportedCommit: Seq = 0
    private var closing = Closing.open

    enum Closing: Sendable {
        case open
        case closing(tellsOthers: Bool)
        case stopped(tellsOthers: Bool)
    }

    /// - Parameters:
    ///   - log: what storage has, all of it durable.
    ///   - ballot: as it was stored last.
    ///   - seed: of everything that is random: patience, ids, terms under the nearest policy.
    package init(_ options: ChannelOptions, log: LogTip, ballot: Ballot, seed: UInt64, now: Microseconds) {
        self.options = options
        self.tracker = PeerTracker(options.others)
        self.budget = BandwidthBudget(options.budget, now: now)
        self.generator = SeededGenerator(seed: seed)
        self.log = log
        self.durable = log.tail
        self.heartbeatAt = now
        self.following = Following(now: now)
        switch options.election {
        case .quorum:
            // A log can be of a term that the ballot has not seen: hearing from a leader stores nothing.
            self.term = max(ballot.term, log.lastTerm)
            self.votedFor = ballot.term == self.term && options.mutant != .forgetsVote ? ballot.votedFor : nil
        case .nearest: self.term = 1
        }
    }

    // MARK: What others see

    package var role: Role { self.roles.role }

    /// Whom the node takes for the leader; itself while it leads.
    package var leader: NodeID? { self.role == .leader ? self.options.node : self.following.leader }

    /// The term that a leader's records carry; nil while the node does not lead.
    package var recordTerm: Term? { self.leading?.recordTerm }

    /// Records that somebody lacks: a leader tells of its stalest peer, a replica of itself. Nil where nobody was heard of who
    /// could be compared; peers that were never heard do not count.
    package var lag: UInt64? {
        switch self.role {
        case .leader:
            guard let lowest = self.tracker.lowestTail else { return nil }
            return self.log.tail - min(self.log.tail, lowest)
        case .replica:
            guard let leader = self.following.leader, let peer = self.tracker[leader], peer.seenAt != nil else {
                return nil
            }
            return peer.tail - min(peer.tail, self.log.tail)
        case .candidate, .idle: return nil
        }
    }

    /// Whether everything has ended.
    package var isStopped: Bool {
        if case .stopped = self.closing { return true }
        return false
    }

    package var isClosing: Bool {
        if case .open = self.closing { return false }
        return true
    }

    /// Whether those who still ask are told that the channel is closed.
    package var answersAfterStop: Bool {
        switch self.closing {
        case .open: false
        case .closing(let tellsOthers), .stopped(let tellsOthers): tellsOthers
        }
    }

    /// Records before this seq may be removed: they are decided, and on disk.
    package var retentionLimit: Seq { min(self.commit, self.durable) }

    /// When `ticked` should come at the latest; nil while nothing is due.
    package var deadline: Microseconds? {
        guard !self.isClosing else { return nil }
        return switch self.role {
        case .idle: self.probeAt
        case .replica: min(self.heartbeatAt, self.candidacyAt)
        case .candidate: self.election?.endsAt ?? self.heartbeatAt
        case .leader: min(self.heartbeatAt, self.leading?.nextHeldAt ?? .max)
        }
    }

    // MARK: Events

    /// Takes an event, and gives what follows from it.
    package mutating func step(_ event: ChannelEvent, at time: ChannelTime) -> [ChannelAction] {
        assert(self.actions.isEmpty)
        self.take(event, at: time)
        self.reportCommit()
        self.finishClosing()
        let actions = self.actions
        self.actions.removeAll(keepingCapacity: true)
        return actions
    }

    private mutating func take(_ event: ChannelEvent, at time: ChannelTime) {
        let now = time.now
        switch event {
        case .opened: self.open(now)
        case .received(let message, let node): self.received(message, from: node, now: now)
        case .ticked: self.tick(time)
        case .proposed(let token, let payloads): self.propose(token, payloads, now: now)
        case .numbered(let payloads):
            precondition(self.role == .leader, "only a leader numbers")
            self.append(payloads)
        case .applied(let seq): self.applied = seq
        case .stored(let number): self.stored(number, now: now)
        case .storageFailed(let log): self.storageFailed(log, now: now)
        case .read(let number, let outcome): self.readCompleted(number, outcome, now: now)
        case .pruned(let first): self.log.first = min(max(self.log.first, first), self.log.tail)
        case .probed(let isWritable): self.probed(isWritable, now: now)
        case .snapshotFetched(let number, let tail, let last): self.snapshotFetched(number, tail: tail, last: last)
        case .snapshotFailed(let number): self.snapshotFailed(number)
        case .roundTripMeasured(let roundTrip, let node): self.tracker.measured(roundTrip, to: node)
        case .sendFailed(let charge): self.refund(charge)
        case .announcementFailed:
            self.counters.announcementsFailed += 1
            self.believe(nil, now: now)
        case .relinquished: if self.role == .leader { self.move(to: .idle, on: .relinquished, now: now) }
        case .closed(let forEverybody): self.close(forEverybody: forEverybody, now: now)
        }
    }

    private mutating func received(_ message: ChannelMessage, from node: NodeID, now: Microseconds) {
        if self.answersClosed(message, to: node) { return }
        guard self.role != .idle, !self.isClosing else { return }
        switch message.body {
        case .heartbeat(let heartbeat): self.received(heartbeat, term: message.term, from: node, now: now)
        case .syncRequest(let request): self.received(request, term: message.term, from: node, now: now)
        case .syncResponse(let response): self.received(response, term: message.term, from: node, now: now)
        case .nack(let nack): self.received(nack, term: message.term, from: node, now: now)
        case .voteRequest(let request): self.received(request, term: message.term, from: node, now: now)
        case .voteReply(let isGranted):
            self.receivedVote(isGranted: isGranted, term: message.term, from: node, now: now)
        case .stored(let seq): self.receivedStored(before: seq, term: message.term, from: node, now: now)
        }
    }

    private mutating func open(_ now: Microseconds) {
        guard !self.isClosing, self.role == .idle else { return }
        self.probeAt = nil
        self.move(to: .replica, on: .selected, now: now)
        self.heartbeatAt = now
    }

    // MARK: Closing

    private mutating func close(forEverybody: Bool, now: Microseconds) {
        guard !self.isClosing else { return }
        let tellsOthers = forEverybody && self.role == .leader
        if tellsOthers, let leading = self.leading {
            for peer in leading.peers {
                guard let request = peer.held?.request ?? peer.answer?.request else { continue }
                self.nack(request, .closed, to: peer.node, "the channel is closed")
            }
        }
        self.probeAt = nil
        self.closing = .closing(tellsOthers: tellsOthers)
        self.move(to: .idle, on: .closed, now: now)
    }

    /// A leader that closed the channel for everybody goes on saying so to those who ask.
    private mutating func answersClosed(_ message: ChannelMessage, to node: NodeID) -> Bool {
        switch self.closing {
        case .open: return false
        case .closing(let tellsOthers), .stopped(let tellsOthers):
            if tellsOthers, case .syncRequest(let request) = message.body {
                self.nack(request, .closed, to: node, "the channel is closed")
            }
            return true
        }
    }

    private mutating func finishClosing() {
        guard case .closing(let tellsOthers) = self.closing, self.jobs.isEmpty, self.reads.isEmpty else { return }
        self.closing = .stopped(tellsOthers: tellsOthers)
        self.actions.append(.stopped)
    }

    // MARK: What the parts share

    mutating func nextNumber() -> UInt64 {
        self.lastNumber += 1
        return self.lastNumber
    }

    mutating func send(_ body: ChannelMessage.Body, to node: NodeID, charge: Int = 0) {
        let message = ChannelMessage(channel: self.options.channel, term: self.term, body: body)
        self.actions.append(.send(message, to: node, charge: charge))
    }

    mutating func refund(_ charge: Int) {
        guard charge > 0 else { return }
        self.counters.refunds += 1
        self.budget.refund(charge)
    }

    /// Tells discovery what changed; with `always` also when nothing did.
    mutating func announce(always: Bool = false) {
        let confirmed = max(self.tracker.highestTail ?? 0, self.leading?.highestMatch ?? 0)
        let tail = self.tracker.highestTail == nil ? self.log.tail : min(self.log.tail, confirmed)
        let announcement = Announcement(role: self.role, term: self.term, tail: tail, leader: self.leader)
        guard always || announcement != self.announced else { return }
        self.announced = announcement
        self.actions.append(.announce(announcement))
    }

    /// What is decided can be used where it is durable, too.
    private mutating func reportCommit() {
        let usable = min(self.commit, self.durable)
        if usable > self.reportedCommit {
            self.reportedCommit = usable
            self.actions.append(.committed(usable))
        } else if self.options.election == .nearest {
            // What counted as decided can be discarded.
            self.reportedCommit = usable
        }
    }
}
