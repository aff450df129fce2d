package import Primitives

/// What a primary says of one of its streams; enough to answer a handshake.
package struct StreamSummary: Equatable, Sendable {
    package var history: History
    /// Everything up to here has been numbered.
    package var tip: Position
    /// The oldest position from which the backlog can resume.
    package var oldest: Position

    package init(history: History, tip: Position, oldest: Position) {
        self.history = history
        self.tip = tip
        self.oldest = oldest
    }
}

/// Why a position cannot be resumed. A snapshot will be the answer to each once there are snapshots.
package enum Refusal: Error, Equatable, Sendable {
    case foreignHistory
    case beyondTip(tip: Position)
    case tooOld(oldest: Position)

    package var message: String {
        switch self {
        case .foreignHistory:
            "ERR this primary has another history: start the replica empty, from position 0 and a history of forty zeros"
        case .beyondTip(let tip):
            "ERR the position is beyond this primary's tip \(tip): start the replica empty, from position 0"
        case .tooOld(let oldest):
            "ERR the backlog reaches back to position \(oldest) only, and a snapshot cannot be sent yet:"
                + " attach replicas earlier or raise --backlog-size"
        }
    }
}

/// Where the stream of a replica comes from.
package enum ResumeSource: String, CaseIterable, Sendable {
    /// It is caught up already.
    case tip
    case memory
}

package enum ResumePlanner {
    /// Decides for a request, in the order that the protocol gives: history, tip, memory.
    package static func plan(
        _ request: HandshakeRequest,
        _ stream: StreamSummary
    ) -> Result<ResumeSource, Refusal> {
        if let history = request.history, history != stream.history {
            // Somebody who has nothing yet has no history either.
            guard history == .none, request.position == 0 else { return .failure(.foreignHistory) }
        }
        guard request.position <= stream.tip else { return .failure(.beyondTip(tip: stream.tip)) }
        if request.position == stream.tip { return .success(.tip) }
        guard request.position >= stream.oldest else { return .failure(.tooOld(oldest: stream.oldest)) }
        return .success(.memory)
    }
}
