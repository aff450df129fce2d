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

    package init(
        history: History,
        ancestors: [Ancestor] = [],
        tip: Position,
        oldest: Position,
        oldestOnDisk: Position? = nil
    ) {
        self.history = history
        self.ancestors = ancestors
        self.tip = tip
        self.oldest = oldest
        self.oldestOnDisk = oldestOnDisk
    }
}

/// Why a position cannot be resumed. A snapshot will be the answer to each once there are snapshots.
package enum Refusal: Error, Equatable, Sendable {
    case foreignHistory
    /// The history claimed is one that we left, but before the position claimed.
    case leftHistory(at: Position)
    case beyondTip(tip: Position)
    case slotInvalidated
    /// There is no log, and the backlog does not reach back so far.
    case tooOld(oldest: Position)
    /// Neither the log nor the backlog reaches back so far.
    case logRemoved(oldest: Position)

    /// The cause under which the snapshot is counted that this position needs.
    package var cause: SnapshotCause {
        switch self {
        case .foreignHistory, .leftHistory: .foreignHistory
        case .beyondTip: .beyondTip
        case .slotInvalidated: .slotInvalidated
        case .tooOld: .tooOld
        case .logRemoved: .logRemoved
        }
    }

    package var message: String {
        switch self {
        case .foreignHistory:
            "ERR this primary has another history: start the replica empty, from position 0 and a history of forty zeros"
        case .leftHistory(let position):
            "ERR this primary left that history at position \(position), before the position asked:"
                + " start the replica empty, from position 0 and a history of forty zeros"
        case .beyondTip(let tip):
            "ERR the position is beyond this primary's tip \(tip): start the replica empty, from position 0"
        case .slotInvalidated:
            "ERR the slot of this replica was invalidated, and a snapshot cannot be sent yet:"
                + " drop the slot, or attach the replica under another id, and start it empty, from position 0"
        case .tooOld(let oldest):
            "ERR the backlog reaches back to position \(oldest) only, and a snapshot cannot be sent yet:"
                + " attach replicas earlier or raise --backlog-size"
        case .logRemoved(let oldest):
            "ERR the log reaches back to position \(oldest) only, and a snapshot cannot be sent yet:"
                + " attach replicas earlier or raise --slot-max-retained"
        }
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
}

/// Where the stream of a replica comes from.
package enum ResumeSource: String, CaseIterable, Sendable {
    /// It is caught up already.
    case tip
    case memory
    case disk
}

package enum ResumePlanner {
    /// Decides for a request, in the order that the protocol gives: history, tip, slot, memory, disk.
    /// - Parameter isSlotInvalidated: whether the primary has given up keeping the log for this replica.
    package static func plan(
        _ request: HandshakeRequest,
        _ stream: StreamSummary,
        isSlotInvalidated: Bool = false
    ) -> Result<ResumeSource, Refusal> {
        let position = request.position
        if let history = request.history, history != stream.history {
            if let shared = stream.ancestors.sharedEnd(with: history) {
                guard position <= shared else { return .failure(.leftHistory(at: shared)) }
            } else {
                // Somebody who has nothing yet has no history either.
                guard history == .none, position == 0 else { return .failure(.foreignHistory) }
            }
        }
        guard position <= stream.tip else { return .failure(.beyondTip(tip: stream.tip)) }
        if isSlotInvalidated { return .failure(.slotInvalidated) }
        if position == stream.tip { return .success(.tip) }
        if position >= stream.oldest { return .success(.memory) }
        guard let oldestOnDisk = stream.oldestOnDisk else { return .failure(.tooOld(oldest: stream.oldest)) }
        guard position >= oldestOnDisk else {
            return .failure(.logRemoved(oldest: min(oldestOnDisk, stream.oldest)))
        }
        return .success(.disk)
    }
}
