// One connected replica, seen from the primary:
//
//     handshake → acknowledged ┬────────────────────────→ streaming → closing(cause) → ended
//                              └→ waiting → sending ──────↗    (closing from every state)
//
// The first two belong to whoever accepts connections (`HandshakeParser`, `ResumePlanner`); a `Link` begins when the
// acknowledgement is out. It is a place in the stream and a few numbers: a slow link falls behind in position, not in
// memory, and nothing waits for it. Where its position cannot be resumed it waits for a pass over the data, is sent the
// snapshot, and goes on after the snapshot's position (`SnapshotPasses`).

package import Primitives

package struct Link {
    package enum State: Equatable, Sendable {
        /// For a snapshot.
        case waiting
        /// It is sent a snapshot.
        case sending
        case streaming
        /// The shell is to end the connection (`Stream.takeClosing`); nothing of the stream is sent any more.
        case closing(LinkCloseCause)
        /// The shell has been told; the connection's end is still to come.
        case ended
    }

    /// Numbers the links of a process; never used twice.
    package let number: UInt64
    /// The shell's descriptor of the connection. The core carries it and never looks at it.
    package let transport: Int32
    package let request: HandshakeRequest
    package let connectedAt: Milliseconds

    package internal(set) var state: State
    /// A snapshot was begun on it and has not ended: nothing else may be sent.
    var isInsideSnapshot = false
    /// The position of the snapshot that it was sent. Less than that it cannot have: a lower acknowledgement was on its way
    /// before, and may be counted in another history.
    var copiedPosition: Position = 0
    /// Where the next frame comes from; nil before the first one after a hand-over or while caught up with an empty backlog.
    var cursor: Backlog.Cursor?
    /// The position that the stream goes on after, while there is no cursor.
    var position: Position
    /// The backlog does not reach back to where the link stands: what comes next is read from the log.
    var diskRead: DiskRead? {
        didSet { if self.diskRead != nil { self.hasReadLog = true } }
    }
    /// Whether somebody may still keep a file open for it.
    package private(set) var hasReadLog = false
    /// `Backlog.appendedBytes` at its turn before.
    var appendedBefore: Int?
    /// The transport took no more; nothing is tried until it says that it can.
    package internal(set) var isBlocked = false
    /// A heartbeat, or what is left of one. It goes between frames.
    var control: [UInt8] = []
    var isHeartbeatDue = false
    /// With `--fan-out copy`: bytes of this link alone.
    var copies: PrivateCopies?

    package internal(set) var acknowledged: Position?
    package internal(set) var durable: Position?
    package internal(set) var acknowledgedAt: Milliseconds
    package internal(set) var progressAt: Milliseconds
    package internal(set) var sentBytes: UInt64 = 0
    package internal(set) var applyErrors: UInt64 = 0
    package internal(set) var divergences: UInt64 = 0
    package internal(set) var isRebootstrapping = false

    init(
        number: UInt64,
        transport: Int32,
        request: HandshakeRequest,
        state: State = .streaming,
        now: Milliseconds,
        copies: PrivateCopies?
    ) {
        self.state = state
        self.number = number
        self.transport = transport
        self.request = request
        self.connectedAt = now
        self.acknowledgedAt = now
        self.progressAt = now
        self.position = request.position
        self.copies = copies
    }

    /// Whether the stream stands between two frames, where alone a line of text may go.
    var isBetweenFrames: Bool {
        guard !self.isBlocked, self.control.isEmpty, self.copies.map({ $0.count == 0 }) ?? true else { return false }
        guard !self.isInsideSnapshot else { return false }
        return self.cursor.map { $0.offset == 0 || $0.offset == $0.chunk.used } ?? true
    }

    /// Whether an acknowledgement tells of this stream. What a replica has that is to be copied anew may be counted in another
    /// history.
    func counts(_ applied: Position) -> Bool { self.state == .streaming && applied >= self.copiedPosition }

    /// - Parameter tip: nobody can have applied more; whoever sums positions relies on that.
    mutating func received(_ report: LinkReport, tip: Position, now: Milliseconds) {
        switch report {
        case .acknowledged(let applied, _) where !self.counts(applied): self.acknowledgedAt = now
        case .acknowledged(let applied, let durable):
            // Only forward: a lower report refreshes the time and changes nothing else.
            self.acknowledged = max(self.acknowledged ?? 0, min(applied, tip))
            if let durable { self.durable = max(self.durable ?? 0, min(durable, tip)) }
            self.acknowledgedAt = now
        case .state(let applyErrors, let divergences, let isRebootstrapping):
            self.applyErrors = applyErrors
            self.divergences = divergences
            self.isRebootstrapping = isRebootstrapping
        }
    }
}

/// Why the primary ends a link.
package enum LinkCloseCause: String, CaseIterable, Sendable {
    /// The same replica id has connected again.
    case replaced
    /// Its position left backlog and log. It comes back, and gets a snapshot.
    case fellBehind = "fell-behind"
    /// The log could not be read where it stood. It comes back, and gets a snapshot.
    case logUnreadable = "log-unreadable"
    /// It was too far behind the other links of its snapshot's pass. It comes back, and gets another one.
    case snapshotLag = "snapshot-lag"
    /// It took no byte for the whole time-out although bytes were waiting.
    case noProgress = "no-progress"
    /// A long-form link that acknowledged nothing for the whole time-out.
    case noAcknowledgement = "no-acknowledgement"
    /// It sent more than a link may send without making sense.
    case excessInput = "excess-input"
    /// With `--fan-out copy`: its private bytes passed the size of the backlog.
    case copyLimit = "copy-limit"
    /// All slots are taken.
    case noSlot = "no-slot"
    /// This node goes on with another history, or with other data.
    case historyChanged = "history-changed"
    /// An operator asked for it.
    case killed

    /// The last line to the replica, which may be sent between frames only.
    package var message: String {
        switch self {
        case .replaced: "-ERR another replica connected with this id\r\n"
        case .fellBehind: "-ERR the position left the backlog and the log: connect again for a snapshot\r\n"
        case .logUnreadable: "-ERR the log could not be read: connect again for a snapshot\r\n"
        case .snapshotLag: "-ERR too far behind the snapshot: connect again for another one\r\n"
        case .noProgress: "-ERR no progress within the link time-out\r\n"
        case .noAcknowledgement: "-ERR no acknowledgement within the link time-out\r\n"
        case .excessInput: "-ERR too much input\r\n"
        case .copyLimit: "-ERR the private output passed its limit\r\n"
        case .noSlot: "-ERR all slots are taken: drop those of replicas that are gone, or raise --max-slots\r\n"
        case .historyChanged: "-ERR the history of this node has changed: connect again\r\n"
        case .killed: "-ERR closed by the operator\r\n"
        }
    }
}
