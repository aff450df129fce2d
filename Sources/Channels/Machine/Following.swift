/// What a replica knows of the leader that it believes in, and what it wants from it.
struct Following: Sendable {
    enum Phase: Equatable, Sendable {
        /// It may ask.
        case ready
        /// The mark of the record before a seq is being read, to ask the leader about it.
        case readingProbe(UInt64, since: Seq)
        /// The same for the record before the place where the log will be cut.
        case readingCut(UInt64)
        case fetching(UInt64)
        /// Not before the next tick.
        case waitingForTick
    }

    var leader: NodeID?
    /// When the leader was heard last, or since when there has been none.
    var waitsSince: Microseconds
    /// How much longer than the limit silence is borne. Random, so that not everybody wants to lead at once.
    var patience: Microseconds = 0
    var outstanding = OutstandingRequests()
    /// The request that is open; others may still be answered.
    var open: OutstandingRequests.Request?
    /// The own log is the leader's up to here; 0 before it said so.
    var verified: Seq = 0
    var empty = EmptyAnswers()
    var phase = Phase.ready
    /// Under way since the leader said that the logs differ.
    var search: CommonRecordSearch?
    /// A snapshot that ends before this is of no use.
    var snapshotFloor: Seq = 0
    /// Records that the snapshot which is being fetched replaces and the leader does not have.
    var discards: UInt64 = 0

    /// Whether nothing is under way that changes the log, or looks at it.
    var mayAppend: Bool {
        switch self.phase {
        case .ready, .waitingForTick: true
        case .readingProbe, .readingCut, .fetching: false
        }
    }

    init(now: Microseconds) { self.waitsSince = now }

    /// What was asked for, and found out so far, is about a log that is no more.
    mutating func logReplaced() {
        self.outstanding.removeAll()
        self.open = nil
        self.search = nil
        switch self.phase {
        case .readingProbe, .readingCut: self.phase = .ready
        case .ready, .fetching, .waitingForTick: break
        }
    }

    mutating func believe(_ node: NodeID?, now: Microseconds) {
        let (patience, before) = (self.patience, self.waitsSince)
        self = Following(now: node == nil ? before : now)
        self.patience = patience
        self.leader = node
    }
}
