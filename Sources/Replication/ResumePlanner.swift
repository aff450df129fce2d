package import Primitives

/// What a primary says of one of its streams; enough to answer a handshake.
package struct StreamSummary: Equatable, Sendable {
    package var history: History
    /// Histories that this one grew out of.
    package var ancestors: [Ancestor]
    /// Everything up to here has been numbered.
    package var tip: Position
    /// The oldest position from which the backlog can resume.
    package var oldest: Position
    /// The oldest position from which the log can resume; nil without a log.
    package var oldestOnDisk: Position?
    /// From here, and from anywhere before, the log cannot be read on; nil where nothing is known to be wrong with it.
    package var unreadable: Position?

    package init(
        history: History,
        ancestors: [Ancestor] = [],
        tip: Position,
        oldest: Position,
        oldestOnDisk: Position? = nil,
        unreadable: Position? = nil
    ) {
        self.history = history
        self.ancestors = ancestors
        self.tip = tip
        self.oldest = oldest
        self.oldestOnDisk = oldestOnDisk
        self.unreadable = unreadable
    }
}

/// Why a replica needs a snapshot. The names are part of what operators see.
package enum SnapshotCause: String, CaseIterable, Sendable {
    case foreignHistory = "foreign-history"
    case beyondTip = "beyond-tip"
    case slotInvalidated = "slot-invalidated"
    /// Only the backlog could have helped, and it does not reach back so far.
    case tooOld = "too-old"
    case logRemoved = "log-removed"
    /// The log was damaged, or could not be read for another reason, after the position.
    case logUnreadable = "log-unreadable"
    /// The log could serve it, but the data is much smaller than what would be replayed.
    case cheaper
}

/// Where the stream of a replica comes from.
package enum ResumeSource: String, CaseIterable, Sendable {
    /// It is caught up already.
    case tip
    case memory
    case disk
}

/// How a replica is served.
package enum ResumePlan: Equatable, Sendable {
    case resume(ResumeSource)
    case snapshot(SnapshotCause)

    package var isSnapshot: Bool {
        switch self {
        case .snapshot: true
        case .resume: false
        }
    }
}

package enum ResumePlanner {
    /// Decides for a request, in the order that the protocol gives: history, tip, slot, memory, disk.
    /// - Parameter isSlotInvalidated: whether the primary has given up keeping the log for this replica.
    package static func plan(
        _ request: HandshakeRequest,
        _ stream: StreamSummary,
        isSlotInvalidated: Bool = false
    ) -> ResumePlan {
        let position = request.position
        if let history = request.history, history != stream.history {
            if let shared = stream.ancestors.sharedEnd(with: history) {
                guard position <= shared else { return .snapshot(.foreignHistory) }
            } else {
                // Somebody who has nothing yet has no history either.
                guard history == .none, position == 0 else { return .snapshot(.foreignHistory) }
            }
        }
        guard position <= stream.tip else { return .snapshot(.beyondTip) }
        if isSlotInvalidated { return .snapshot(.slotInvalidated) }
        if position == stream.tip { return .resume(.tip) }
        if position >= stream.oldest { return .resume(.memory) }
        guard let oldestOnDisk = stream.oldestOnDisk else { return .snapshot(.tooOld) }
        guard position >= oldestOnDisk else { return .snapshot(.logRemoved) }
        if let unreadable = stream.unreadable, position <= unreadable { return .snapshot(.logUnreadable) }
        return .resume(.disk)
    }

    /// Replaying fewer bytes than these is quick, whatever the data.
    package static let shortReplay = 16 << 20

    /// Whether a replica that could be served from the log is better served with a snapshot, so that a newcomer does not
    /// replay a year of log. One whose slot is valid has the log kept for it, and gets it.
    /// - Parameters:
    ///   - replayBytes: bytes of the log after the position.
    ///   - dataBytes: what the shard's data takes.
    package static func isSnapshotCheaper(
        position: Position,
        hasValidSlot: Bool,
        replayBytes: Int,
        dataBytes: Int
    ) -> Bool {
        guard position == 0 || !hasValidSlot, replayBytes > Self.shortReplay else { return false }
        return replayBytes / 2 > dataBytes
    }
}
