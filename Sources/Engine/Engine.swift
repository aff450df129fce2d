// One shard as one value: its data, its log, its stream, and the order between them. A command goes through the keyspace, what
// it did is numbered and given to the log and the backlog, and only then does its reply leave; links are served once per turn.
// The shell (or a simulator) brings events and time, and carries out what comes back; it cannot get the order wrong, because
// a reply waits for `mayReply`, and under `--log-sync always` links cannot see what the backlog does not have yet.

package import Keyspace
package import Primitives
package import RESP
package import Replication
package import ReplicationLog

package struct Engine: ~Copyable {
    package var keyspace: Keyspace
    package var stream: Stream
    /// nil without a data directory. It stays when the log's files are replaced (`reset`).
    package let log: ShardLog?
    /// `log`'s, where the path of a command finds it without following a reference.
    private let sync: LogSync?
    /// The last LSN that was given out. Links may see less of it (`stream.tip`).
    package internal(set) var tip: Position
    /// Where the log's files reach; nil without a data directory.
    var logMap: LogMap?
    package var replicas: Replicas
    /// Snapshots that are being written for links.
    package internal(set) var productions: [SnapshotProduction] = []
    package internal(set) var commandCount = 0
    let transaction = TransactionRecord()
    /// nil outside of a group.
    package internal(set) var group: GroupNumbering?
    /// The same, where the path of a command finds it without following a reference.
    var isInGroup = false

    /// - Parameters:
    ///   - seed: secret; of the key hash and of random choices.
    ///   - history: of the stream.
    ///   - ancestors: of the history.
    ///   - tip: the position at which it begins.
    ///   - log, logMap: nil without a data directory.
    ///   - slots: those of the last run; nil for none.
    package init(
        seed: UInt64,
        history: History,
        tip: Position = 0,
        log: ShardLog? = nil,
        logMap: LogMap? = nil,
        slots: SlotTable? = nil,
        options: StreamOptions = StreamOptions(),
        events: BackgroundEvents = BackgroundEvents()
    ) {
        precondition(log.map { $0.last == tip } ?? true, "the stream begins where the log ends")
        self.keyspace = Keyspace(seed: seed, events: events)
        self.stream = Stream(history: history, tip: tip, options: options, events: events)
        self.stream.canReadLog = log != nil
        self.log = log
        self.sync = log?.sync
        self.tip = tip
        self.logMap = logMap
        self.replicas = Replicas(slots: slots ?? SlotTable(history: history, loadedAt: 0))
    }

    /// Carries out a keyspace command whose arity has been checked: appends one reply, and numbers what it did.
    package mutating func execute(_ id: CommandID, _ command: Command, now: Milliseconds, _ reply: Writer) {
        self.keyspace.now = now
        self.commandCount += 1
        self.keyspace.execute(id, command, reply)
        self.numberMutations(of: command)
    }

    /// Runs `body` on the keyspace and numbers what it did; for work that is not one command of one shard.
    package mutating func update<Result>(now: Milliseconds, _ body: (inout Keyspace) -> Result) -> Result {
        self.keyspace.now = now
        let result = body(&self.keyspace)
        self.numberWrittenOutMutations()
        return result
    }

    private mutating func numberMutations(of command: Command) {
        let mutations = self.keyspace.mutations
        if mutations.count == 0 {
            guard mutations.isVerbatim else { return }
            self.number(command.encoded)
            return mutations.removeAll()
        }
        let isVerbatim = mutations.isVerbatim
        self.numberWrittenOutMutations()
        if isVerbatim { self.number(command.encoded) }
    }

    private mutating func numberWrittenOutMutations() {
        let mutations = self.keyspace.mutations
        for index in 0..<mutations.count { self.number(mutations[index]) }
        mutations.removeAll()
    }

    /// Gives a mutation the next LSN, and keeps it under that.
    mutating func number(_ mutation: Bytes) {
        self.tip += 1
        if self.isInGroup { return self.numberInGroup(mutation) }
        // Under `always` links are shown a write once it is durable.
        if self.sync != .always { self.stream.backlog.append(mutation) }
        if self.sync != nil { self.log?.append(mutation, now: self.keyspace.now) }
    }

    // MARK: The log

    /// Whether a reply to what was numbered up to a position may leave now.
    package func mayReply(to position: Position, now: Milliseconds) -> Bool {
        if let group = self.group { return group.decided >= position }
        return self.log?.mayReply(to: position, now: now) ?? true
    }

    /// What the log's thread is to do next; nil when there is nothing, or it has something to do.
    package mutating func takeLogJob(now: Milliseconds, isLast: Bool = false) -> LogJob? {
        self.log?.takeJob(now: now, isLast: isLast)
    }

    /// A job of the log's is done or has failed. Replies that waited may leave now (`mayReply`).
    package mutating func logCompleted(_ outcome: LogOutcome, now: Milliseconds) {
        guard let log = self.log else { return }
        let before = log.durable
        let isInGroup = self.isInGroup
        // In a group links are shown what is decided.
        log.completed(outcome, now: now) { if !isInGroup { self.stream.backlog.append($0) } }
        if log.durable != before { self.replicas.hasProgressed = true }
        self.stream.logAdvanced()
    }

    // MARK: Time

    /// Work that no command asked for, about ten times a second.
    /// - Returns: whether more of it is due at once, and the slots that were lost.
    package mutating func tick(now: Milliseconds) -> (isMoreDue: Bool, lost: [SlotLoss]) {
        // While the disk is full nothing should be written that can wait.
        let expiresMore = self.log?.failure == nil && self.update(now: now) { $0.expireSlice() }
        self.stream.tick(now: now)
        let lost = self.tickReplicas(now: now)
        return (self.keyspace.releaseSlice() || expiresMore, lost)
    }
}
